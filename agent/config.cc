#include "agent/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_join.h"
#include "agent/identity/collector_ca.h"
#include "agent/identity/whole_file.h"
#include "base/text.h"
#include "toml++/toml.h"

namespace steward::agent {
namespace {

using Units = std::vector<std::pair<std::string_view, double>>;

constexpr std::array<std::string_view, 13> kAnswerKeys = {
    "backup_need", "contract", "holder",       "key_services", "note",         "planned_replacement", "price",
    "purchase_date", "role",   "room",         "site",         "supplier",     "warranty_end"};

class Reader {
 public:
  explicit Reader(std::string_view file_name) : file_name_(file_name) {}

  void Error(const toml::source_position& at, std::string_view what) {
    errors_.push_back(StrCat(file_name_, ":", at.line, ": ", what));
  }
  absl::Status ToStatus() const {
    return errors_.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
  }

  // Names every key that is not known.
  void CheckKeys(const toml::table& table, std::string_view where, const std::vector<std::string_view>& known) {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      std::string list;
      for (const std::string_view name : known) StrAppend(&list, list.empty() ? "" : ", ", name);
      Error(key.source().begin, StrCat("unknown key \"", key.str(), "\"", where.empty() ? "" : " in ", where, "; known are ", list));
    }
  }

  const toml::table* Table(const toml::table& parent, std::string_view key) {
    const toml::node* node = parent.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) Error(node->source().begin, StrCat(key, " must be a table: write [", key, "]"));
    return node->as_table();
  }

  std::optional<std::string> String(const toml::table& table, std::string_view key, std::string_view example) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* text = node->as_string()) return text->get();
    Error(node->source().begin, StrCat(key, " must be text: ", key, " = \"", example, "\""));
    return std::nullopt;
  }

  std::optional<std::string> Word(const toml::table& table, std::string_view key, const std::vector<std::string_view>& words) {
    auto text = String(table, key, words.front());
    if (!text || std::find(words.begin(), words.end(), *text) != words.end()) return text;
    std::string list;
    for (const std::string_view word : words) StrAppend(&list, list.empty() ? "\"" : ", \"", word, "\"");
    Error(table.get(key)->source().begin, StrCat(key, " = \"", *text, "\" is not known; write one of ", list));
    return std::nullopt;
  }

  // A number with a unit, in the unit's base.
  std::optional<double> Amount(const toml::table& table, std::string_view key, const Units& units, double min, double max,
                               std::string_view example) {
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
    Error(table.get(key)->source().begin, StrCat(key, " = \"", *text, "\" does not fit; write a number with its unit within the bounds: ", example));
    return std::nullopt;
  }

  std::optional<std::string> Address(const toml::node& node, std::string_view key) {
    std::string host;
    std::string port;
    const auto* text = node.as_string();
    if (text != nullptr && SplitAddress(text->get(), host, port)) return text->get();
    Error(node.source().begin, StrCat(key, " must be host and port, like \"collector.example:7443\""));
    return std::nullopt;
  }

 private:
  std::string file_name_;
  std::vector<std::string> errors_;
};

absl::StatusOr<toml::table> Parse(std::string_view text, std::string_view file_name) {
  try {
    return toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(StrCat(file_name, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
}

void ReadCollector(const toml::table& table, Reader& reader, AgentConfig& config) {
  reader.CheckKeys(table, "[collector]", {"addresses", "proxy"});
  if (const toml::node* proxy = table.get("proxy")) config.proxy = reader.Address(*proxy, "proxy").value_or("");
  const toml::node* addresses = table.get("addresses");
  if (addresses == nullptr) return;
  if (!addresses->is_array() || addresses->as_array()->empty()) {
    return reader.Error(addresses->source().begin, "addresses must be a list: addresses = [\"collector.example:7443\"]");
  }
  for (const toml::node& node : *addresses->as_array()) {
    if (auto address = reader.Address(node, "each of addresses")) config.addresses.push_back(*std::move(address));
  }
}

void ReadSpool(const toml::table& table, Reader& reader, AgentConfig& config) {
  static const Units kSizes = {{"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}};
  static const Units kTimes = {{"h", 3600.0}, {"d", 86400.0}, {"w", 604800.0}};
  reader.CheckKeys(table, "[spool]", {"size", "age"});
  if (const auto size = reader.Amount(table, "size", kSizes, 1048576.0, 100 * 1073741824.0, "\"64MiB\" (1MiB to 100GiB)")) {
    config.spool_bytes_max = static_cast<std::uint64_t>(*size);
  }
  if (const auto age = reader.Amount(table, "age", kTimes, 3600.0, 400 * 86400.0, "\"14d\" (1h to 400d)")) {
    config.spool_age_max = absl::Seconds(*age);
  }
}

}  // namespace

absl::StatusOr<AgentConfig> ParseAgentConfig(std::string_view text, std::string_view file_name) {
  const auto document = Parse(text, file_name);
  if (!document.ok()) return document.status();
  Reader reader(file_name);
  AgentConfig config;
  reader.CheckKeys(*document, "", {"collector", "log", "spool"});
  if (const toml::table* table = reader.Table(*document, "collector")) ReadCollector(*table, reader, config);
  if (const toml::table* table = reader.Table(*document, "log")) {
    reader.CheckKeys(*table, "[log]", {"format", "level"});
    config.log_json = reader.Word(*table, "format", {"text", "json"}).value_or("text") == "json";
    config.log_level = reader.Word(*table, "level", {"debug", "info", "warning", "error"}).value_or("info");
  }
  if (const toml::table* table = reader.Table(*document, "spool")) ReadSpool(*table, reader, config);
  if (absl::Status status = reader.ToStatus(); !status.ok()) return status;
  return config;
}

absl::StatusOr<AgentConfig> LoadAgentConfig(const std::filesystem::path& file) {
  const auto text = ReadWholeFile(file);
  if (!text.ok()) return text.status();
  return ParseAgentConfig(*text, file.string());
}

absl::StatusOr<std::vector<Answer>> ParseAnswers(std::string_view text, std::string_view file_name) {
  const auto document = Parse(text, file_name);
  if (!document.ok()) return document.status();
  Reader reader(file_name);
  reader.CheckKeys(*document, "", {kAnswerKeys.begin(), kAnswerKeys.end()});
  std::vector<Answer> answers;
  for (const auto& [key, node] : *document) {
    if (node.is_table() || node.is_array()) {
      reader.Error(node.source().begin, StrCat(key.str(), " must be text: ", key.str(), " = \"...\""));
      continue;
    }
    std::ostringstream value;
    if (const auto* string = node.as_string()) {
      value << string->get();
    } else {
      value << toml::node_view<const toml::node>(node);  // a date or a number, as it stands
    }
    answers.push_back({std::string(key.str()), value.str()});
  }
  if (absl::Status status = reader.ToStatus(); !status.ok()) return status;
  return answers;
}

absl::StatusOr<std::vector<Answer>> LoadAnswers(const std::filesystem::path& file) {
  const auto text = ReadWholeFile(file);
  if (!text.ok()) return text.status();
  return ParseAnswers(*text, file.string());
}

std::string FormatAnswers(const std::vector<Answer>& answers) {
  toml::table table;
  for (const Answer& answer : answers) table.insert(answer.key, answer.value);
  std::ostringstream out;
  out << table << "\n";
  return out.str();
}

}  // namespace steward::agent
