// Reads keys of agent.toml as what they must be, and collects what is wrong with them: file, line, what to write instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "toml++/toml.h"

namespace steward::agent {

class ConfigReader {
 public:
  using Units = std::vector<std::pair<std::string_view, double>>;

  explicit ConfigReader(std::string_view file_name) : file_name_(file_name) {}

  void Error(const toml::source_position& at, std::string_view what);
  absl::Status ToStatus() const;  // InvalidArgument: a line a mistake

  // Names every key that is not known.
  void CheckKeys(const toml::table& table, std::string_view where, const std::vector<std::string_view>& known);

  // Null: not there, or wrong and said so.
  const toml::table* Table(const toml::table& parent, std::string_view key);
  // Of [[key]]; empty likewise.
  std::vector<const toml::table*> Tables(const toml::table& parent, std::string_view key);

  // nullopt: not there, or wrong and said so.
  std::optional<std::string> String(const toml::table& table, std::string_view key, std::string_view example);
  std::optional<std::string> Word(const toml::table& table, std::string_view key, const std::vector<std::string_view>& words);
  std::optional<bool> Flag(const toml::table& table, std::string_view key);
  // A number with a unit, in the unit's base.
  std::optional<double> Amount(const toml::table& table, std::string_view key, const Units& units, double min, double max,
                               std::string_view example);
  // "30s", "5m", "1h".
  std::optional<absl::Duration> Duration(const toml::table& table, std::string_view key, absl::Duration min, absl::Duration max,
                                         std::string_view example);
  std::optional<std::string> Address(const toml::node& node, std::string_view key);

 private:
  std::string file_name_;
  std::vector<std::string> errors_;
};

}  // namespace steward::agent
