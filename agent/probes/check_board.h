// What the company's own checks said last, for the inventory: group "check", key the check's name, value "status: text".
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace steward::agent {

// A text that changes with every run is told again after this.
inline constexpr absl::Duration kCheckTextInterval = absl::Hours(1);

struct CheckLine {
  std::string name;
  int status = 0;  // check_output.h
  std::string text;
  bool operator==(const CheckLine&) const = default;
};

// Thread-safe: the checks fill it, the inventory reads it.
class CheckBoard {
 public:
  static constexpr std::string_view kGroup = "check";

  // All there are, sorted by name; `boot` is a clock that does not step.
  void Set(std::vector<CheckLine> lines, absl::Duration boot);
  std::vector<CheckLine> lines() const;
  // Another number: there is something that the inventory should tell now. That is another status, another set of checks, or,
  // once in kCheckTextInterval, another text.
  std::uint64_t mark() const;

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::vector<CheckLine> lines_;
  std::vector<CheckLine> told_;  // those of the last mark
  absl::Duration told_boot_ = -absl::InfiniteDuration();
  std::uint64_t mark_ = 0;
};

}  // namespace steward::agent
