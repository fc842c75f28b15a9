#include "agent/platform/recorded_answers.h"

#include <array>
#include <limits>
#include <utility>

#include "base/text.h"

#include "boost/json.hpp"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, std::string SystemName::*>, 6> kNameFields = {{
    {"sysname", &SystemName::sysname},
    {"nodename", &SystemName::nodename},
    {"release", &SystemName::release},
    {"version", &SystemName::version},
    {"machine", &SystemName::machine},
    {"domainname", &SystemName::domainname},
}};

constexpr std::array<std::pair<std::string_view, std::uint64_t FileSystemStats::*>, 6> kStatsFields = {{
    {"block_size", &FileSystemStats::block_size},
    {"blocks", &FileSystemStats::blocks},
    {"blocks_free", &FileSystemStats::blocks_free},
    {"blocks_available", &FileSystemStats::blocks_available},
    {"files", &FileSystemStats::files},
    {"files_free", &FileSystemStats::files_free},
}};

constexpr std::array<std::pair<std::string_view, std::int64_t ClockDiscipline::*>, 17> kDisciplineFields = {{
    {"state", &ClockDiscipline::state},
    {"offset", &ClockDiscipline::offset},
    {"frequency", &ClockDiscipline::frequency},
    {"max_error_us", &ClockDiscipline::max_error_us},
    {"estimated_error_us", &ClockDiscipline::estimated_error_us},
    {"status", &ClockDiscipline::status},
    {"time_constant", &ClockDiscipline::time_constant},
    {"tick_us", &ClockDiscipline::tick_us},
    {"pps_frequency", &ClockDiscipline::pps_frequency},
    {"pps_jitter", &ClockDiscipline::pps_jitter},
    {"pps_shift", &ClockDiscipline::pps_shift},
    {"pps_stability", &ClockDiscipline::pps_stability},
    {"pps_jitter_count", &ClockDiscipline::pps_jitter_count},
    {"pps_calibration_count", &ClockDiscipline::pps_calibration_count},
    {"pps_error_count", &ClockDiscipline::pps_error_count},
    {"pps_stability_count", &ClockDiscipline::pps_stability_count},
    {"tai_offset", &ClockDiscipline::tai_offset},
}};

json::object AttributesToJson(const FileAttributes& file) {
  return {{"kind", static_cast<int>(file.kind)}, {"mode", file.mode},   {"user", file.user},
          {"group", file.group},                 {"bytes", file.bytes}, {"modified_ns", absl::ToUnixNanos(file.modified)}};
}

FileAttributes AttributesFromJson(const json::object& object) {
  FileAttributes file;
  const auto kind = object.at("kind").to_number<int>();
  file.kind = kind == 0 ? FileAttributes::Kind::kFile
                        : (kind == 1 ? FileAttributes::Kind::kDirectory : FileAttributes::Kind::kOther);
  file.mode = object.at("mode").to_number<std::uint32_t>();
  file.user = object.at("user").to_number<std::int64_t>();
  file.group = object.at("group").to_number<std::int64_t>();
  file.bytes = object.at("bytes").to_number<std::uint64_t>();
  file.modified = absl::FromUnixNanos(object.at("modified_ns").to_number<std::int64_t>());
  return file;
}

json::object CheckToJson(const CheckResult& check) {
  return {{"exit_code", check.exit_code}, {"output", check.output}};
}

CheckResult CheckFromJson(const json::object& object) {
  return {object.at("exit_code").to_number<int>(), std::string(object.at("output").as_string())};
}

// An error as {"error": "DEADLINE_EXCEEDED", "message": "..."}.
json::object ErrorToJson(const absl::Status& status) {
  return {{"error", absl::StatusCodeToString(status.code())}, {"message", std::string(status.message())}};
}

std::optional<absl::Status> ErrorFromJson(const json::object& object) {
  const json::value* code = object.if_contains("error");
  if (code == nullptr) return std::nullopt;
  const std::string wanted(code->as_string());
  const json::value* message = object.if_contains("message");
  const std::string text = message != nullptr ? std::string(message->as_string()) : std::string();
  for (int candidate = 1; candidate <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++candidate) {
    const auto status_code = static_cast<absl::StatusCode>(candidate);
    if (absl::StatusCodeToString(status_code) == wanted) return absl::Status(status_code, text);
  }
  return absl::UnknownError(StrCat(wanted, ": ", text));
}

// A map of answers or errors, by what was asked for.
template <typename Value, typename FromJson>
void AnswerMap(const json::object& object, json::string_view key, FromJson from_json,
               std::map<std::string, absl::StatusOr<Value>>& into) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return;
  for (const auto& entry : value->as_object()) {
    if (auto error = ErrorFromJson(entry.value().as_object())) {
      into.emplace(entry.key(), *error);
    } else {
      into.emplace(entry.key(), from_json(entry.value().as_object()));
    }
  }
}

template <typename Value, typename ToJson>
void PutAnswerMap(const std::map<std::string, absl::StatusOr<Value>>& answers, json::string_view key, ToJson to_json,
                  json::object& object) {
  if (answers.empty()) return;
  json::object& entries = object[key].emplace_object();
  for (const auto& [asked, answer] : answers) {
    entries[asked] = answer.ok() ? to_json(*answer) : ErrorToJson(answer.status());
  }
}

template <typename Struct, typename Field, std::size_t kCount>
json::object StructToJson(const Struct& value, const std::array<std::pair<std::string_view, Field>, kCount>& fields) {
  json::object object;
  for (const auto& [key, member] : fields) object[json::string_view(key.data(), key.size())] = value.*member;
  return object;
}

void Assign(const json::value& value, std::string& into) { into = std::string(value.as_string()); }
void Assign(const json::value& value, std::int64_t& into) { into = value.to_number<std::int64_t>(); }
void Assign(const json::value& value, std::uint64_t& into) { into = value.to_number<std::uint64_t>(); }

template <typename Struct, typename Field, std::size_t kCount>
Struct StructFromJson(const json::value& value, const std::array<std::pair<std::string_view, Field>, kCount>& fields) {
  Struct result;
  const json::object& object = value.as_object();
  for (const auto& [key, member] : fields) {
    const json::value* field = object.if_contains(json::string_view(key.data(), key.size()));
    if (field != nullptr) Assign(*field, result.*member);
  }
  return result;
}

RecordedAnswers FromObject(const json::object& object) {
  RecordedAnswers answers;
  if (const auto* value = object.if_contains("uname")) answers.name = StructFromJson<SystemName>(*value, kNameFields);
  if (const auto* value = object.if_contains("adjtimex")) {
    answers.discipline = StructFromJson<ClockDiscipline>(*value, kDisciplineFields);
  }
  const auto integer = [&](json::string_view key, std::optional<std::int64_t>& into) {
    if (const auto* value = object.if_contains(key)) into = value->to_number<std::int64_t>();
  };
  integer("clock_ticks_per_second", answers.clock_ticks_per_second);
  integer("page_size_bytes", answers.page_size_bytes);
  std::optional<std::int64_t> wall_ns;
  integer("wall_time_ns", wall_ns);
  if (wall_ns.has_value()) answers.wall_time = absl::FromUnixNanos(*wall_ns);
  if (const auto* value = object.if_contains("time_zone")) {
    TimeZone& zone = answers.time_zone.emplace();
    Assign(value->at("name"), zone.name);
    Assign(value->at("offset_seconds"), zone.offset_seconds);
  }
  AnswerMap(object, "statfs", [](const json::object& stats) { return StructFromJson<FileSystemStats>(stats, kStatsFields); },
            answers.file_systems);
  if (const auto* value = object.if_contains("file_errors")) {
    for (const auto& entry : value->as_object()) {
      if (auto error = ErrorFromJson(entry.value().as_object())) answers.file_errors.emplace(entry.key(), *error);
    }
  }
  AnswerMap(object, "tools", [](const json::object& tool) { return std::string(tool.at("output").as_string()); },
            answers.tools);
  AnswerMap(object, "attributes", AttributesFromJson, answers.attributes);
  AnswerMap(object, "checks", CheckFromJson, answers.checks);
  if (const auto* value = object.if_contains("addresses")) {
    auto& addresses = answers.addresses.emplace();
    for (const json::value& entry : value->as_array()) {
      NetworkAddress& address = addresses.emplace_back();
      Assign(entry.at("device"), address.device);
      Assign(entry.at("address"), address.address);
    }
  }
  return answers;
}

// One key a line at the top level and in the maps, so that a recording can be read and reviewed.
void AppendPretty(std::string& out, const json::object& object, int depth) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  out += "{";
  bool first = true;
  for (const auto& entry : object) {
    StrAppend(&out, first ? "\n" : ",\n", indent, "  ", json::serialize(json::string(entry.key())), ": ");
    first = false;
    const bool nested = depth == 0 && entry.value().is_object() && !entry.value().as_object().empty() &&
                        entry.value().as_object().begin()->value().is_object();
    if (nested) {
      AppendPretty(out, entry.value().as_object(), depth + 1);
    } else {
      out += json::serialize(entry.value());
    }
  }
  StrAppend(&out, first ? "" : "\n", first ? "" : indent, "}");
}

}  // namespace

std::string AnswersToJson(const RecordedAnswers& answers) {
  json::object object;
  if (answers.name.has_value()) object["uname"] = StructToJson(*answers.name, kNameFields);
  if (answers.wall_time.has_value()) object["wall_time_ns"] = absl::ToUnixNanos(*answers.wall_time);
  if (answers.time_zone.has_value()) {
    object["time_zone"] =
        json::object{{"name", answers.time_zone->name}, {"offset_seconds", answers.time_zone->offset_seconds}};
  }
  if (answers.clock_ticks_per_second.has_value()) object["clock_ticks_per_second"] = *answers.clock_ticks_per_second;
  if (answers.page_size_bytes.has_value()) object["page_size_bytes"] = *answers.page_size_bytes;
  if (answers.discipline.has_value()) object["adjtimex"] = StructToJson(*answers.discipline, kDisciplineFields);
  PutAnswerMap(answers.file_systems, "statfs",
               [](const FileSystemStats& stats) { return StructToJson(stats, kStatsFields); }, object);
  if (answers.addresses.has_value()) {
    json::array& entries = object["addresses"].emplace_array();
    for (const NetworkAddress& address : *answers.addresses) {
      entries.push_back(json::object{{"device", address.device}, {"address", address.address}});
    }
  }
  PutAnswerMap(answers.tools, "tools", [](const std::string& output) { return json::object{{"output", output}}; }, object);
  PutAnswerMap(answers.attributes, "attributes", AttributesToJson, object);
  PutAnswerMap(answers.checks, "checks", CheckToJson, object);
  if (!answers.file_errors.empty()) {
    json::object& entries = object["file_errors"].emplace_object();
    for (const auto& [path, error] : answers.file_errors) entries[path] = ErrorToJson(error);
  }
  std::string out;
  AppendPretty(out, object, 0);
  out += "\n";
  return out;
}

absl::StatusOr<RecordedAnswers> AnswersFromJson(std::string_view text) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return absl::InvalidArgumentError(StrCat("is not JSON: ", error.message()));
  if (!value.is_object()) return absl::InvalidArgumentError("must be one JSON object");
  try {
    return FromObject(value.get_object());
  } catch (const std::exception& exception) {
    return absl::InvalidArgumentError(StrCat("has a key with an unexpected kind of value: ", exception.what(),
                                             "; compare it with a fresh recording (probe --record DIR)"));
  }
}

}  // namespace steward::agent
