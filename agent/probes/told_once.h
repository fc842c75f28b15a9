// What is wrong with parts of a source goes to the log once, until it changes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "spdlog/spdlog.h"

namespace steward::agent {

class ToldOnce {
 public:
  explicit ToldOnce(std::string_view source) : source_(source) {}

  // All that is wrong now, by its part. What is not in it any more would be told again.
  void Tell(std::map<std::string, std::string> troubles) {
    for (const auto& [part, trouble] : troubles) {
      const auto told = told_.find(part);
      if (told == told_.end() || told->second != trouble) spdlog::warn("{}: {}: {}", source_, part, trouble);
    }
    told_ = std::move(troubles);
  }

 private:
  const std::string source_;
  std::map<std::string, std::string> told_;
};

}  // namespace steward::agent
