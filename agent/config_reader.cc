#include "agent/config_reader.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_join.h"
#include "agent/identity/collector_ca.h"
#include "base/text.h"

namespace steward::agent {

void ConfigReader::Error(const toml::source_position& at, std::string_view what) {
  errors_.push_back(StrCat(file_name_, ":", at.line, ": ", what));
}

absl::Status ConfigReader::ToStatus() const {
  return errors_.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
}

void ConfigReader::CheckKeys(const toml::table& table, std::string_view where, const std::vector<std::string_view>& known) {
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    std::string list;
    for (const std::string_view name : known) StrAppend(&list, list.empty() ? "" : ", ", name);
    Error(key.source().begin, StrCat("unknown key \"", key.str(), "\"", where.empty() ? "" : " in ", where, "; known are ", list));
  }
}

const toml::table* ConfigReader::Table(const toml::table& parent, std::string_view key) {
  const toml::node* node = parent.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) Error(node->source().begin, StrCat(key, " must be a table: write [", key, "]"));
  return node->as_table();
}

std::vector<const toml::table*> ConfigReader::Tables(const toml::table& parent, std::string_view key) {
  std::vector<const toml::table*> tables;
  const toml::node* node = parent.get(key);
  if (node == nullptr) return tables;
  const std::string message = StrCat(key, " must be a table of its own, with two brackets: write [[", key, "]]");
  if (!node->is_array()) {
    Error(node->source().begin, message);
    return tables;
  }
  for (const toml::node& one : *node->as_array()) {
    if (!one.is_table()) {
      Error(one.source().begin, message);
      break;
    }
    tables.push_back(one.as_table());
  }
  return tables;
}

std::optional<std::string> ConfigReader::String(const toml::table& table, std::string_view key, std::string_view example) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) return text->get();
  Error(node->source().begin, StrCat(key, " must be text: ", key, " = \"", example, "\""));
  return std::nullopt;
}

std::optional<std::string> ConfigReader::Word(const toml::table& table, std::string_view key,
                                              const std::vector<std::string_view>& words) {
  auto text = String(table, key, words.front());
  if (!text || std::find(words.begin(), words.end(), *text) != words.end()) return text;
  std::string list;
  for (const std::string_view word : words) StrAppend(&list, list.empty() ? "\"" : ", \"", word, "\"");
  Error(table.get(key)->source().begin, StrCat(key, " = \"", *text, "\" is not known; write one of ", list));
  return std::nullopt;
}

std::optional<bool> ConfigReader::Flag(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* flag = node->as_boolean()) return flag->get();
  Error(node->source().begin, StrCat(key, " must be true or false, without quotes"));
  return std::nullopt;
}

std::optional<double> ConfigReader::Amount(const toml::table& table, std::string_view key, const Units& units, double min,
                                           double max, std::string_view example) {
  const auto text = String(table, key, example);
  if (!text) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text->data() + text->size() - end));
  for (const auto& [name, factor] : units) {
    if (error != std::errc() || unit != name) continue;
    if (number * factor >= min && number * factor <= max) return number * factor;
    break;
  }
  Error(table.get(key)->source().begin,
        StrCat(key, " = \"", *text, "\" does not fit; write a number with its unit within the bounds: ", example));
  return std::nullopt;
}

std::optional<absl::Duration> ConfigReader::Duration(const toml::table& table, std::string_view key, absl::Duration min,
                                                     absl::Duration max, std::string_view example) {
  static const Units kTimes = {{"s", 1.0}, {"m", 60.0}, {"h", 3600.0}};
  const auto seconds = Amount(table, key, kTimes, absl::ToDoubleSeconds(min), absl::ToDoubleSeconds(max), example);
  if (!seconds) return std::nullopt;
  return absl::Seconds(*seconds);
}

std::optional<std::string> ConfigReader::Address(const toml::node& node, std::string_view key) {
  std::string host;
  std::string port;
  const auto* text = node.as_string();
  if (text != nullptr && SplitAddress(text->get(), host, port)) return text->get();
  Error(node.source().begin, StrCat(key, " must be host and port, like \"collector.example:7443\""));
  return std::nullopt;
}

}  // namespace steward::agent
