#include "agent/config.h"

#include <array>
#include <sstream>
#include <utility>

#include "agent/config_reader.h"
#include "agent/identity/whole_file.h"
#include "agent/read_probe_settings.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 13> kAnswerKeys = {
    "backup_need", "contract", "holder",       "key_services", "note",         "planned_replacement", "price",
    "purchase_date", "role",   "room",         "site",         "supplier",     "warranty_end"};

absl::StatusOr<toml::table> Parse(std::string_view text, std::string_view file_name) {
  try {
    return toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(StrCat(file_name, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
}

void ReadCollector(const toml::table& table, ConfigReader& reader, AgentConfig& config) {
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

void ReadSpool(const toml::table& table, ConfigReader& reader, AgentConfig& config) {
  static const ConfigReader::Units kSizes = {{"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}};
  static const ConfigReader::Units kTimes = {{"h", 3600.0}, {"d", 86400.0}, {"w", 604800.0}};
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
  ConfigReader reader(file_name);
  AgentConfig config;
  reader.CheckKeys(*document, "", {"certificate", "check", "checks", "collector", "log", "scrape", "space", "spool"});
  if (const toml::table* table = reader.Table(*document, "collector")) ReadCollector(*table, reader, config);
  if (const toml::table* table = reader.Table(*document, "log")) {
    reader.CheckKeys(*table, "[log]", {"format", "level"});
    config.log_json = reader.Word(*table, "format", {"text", "json"}).value_or("text") == "json";
    config.log_level = reader.Word(*table, "level", {"debug", "info", "warning", "error"}).value_or("info");
  }
  if (const toml::table* table = reader.Table(*document, "spool")) ReadSpool(*table, reader, config);
  ReadProbeSettings(*document, reader, config.probes);
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
  ConfigReader reader(file_name);
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
