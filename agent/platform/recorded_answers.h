// The system calls of a recorded machine: what steward/syscalls.json holds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/platform/platform.h"

namespace steward::agent {

// Where the answers are, below the root.
inline constexpr std::string_view kAnswersPath = "/steward/syscalls.json";

// What is absent was not recorded. A map's value may be an error in place of an answer.
struct RecordedAnswers {
  std::map<std::string, absl::StatusOr<FileSystemStats>> file_systems;  // by mount point
  std::map<std::string, absl::Status> file_errors;                      // by path: exists, but could not be read
  std::map<std::string, absl::StatusOr<std::string>> tools;             // by ToolName
  std::map<std::string, absl::StatusOr<FileAttributes>> attributes;     // by path
  std::map<std::string, absl::StatusOr<CheckResult>> checks;            // by path
  std::optional<SystemName> name;
  std::optional<ClockDiscipline> discipline;
  std::optional<std::int64_t> clock_ticks_per_second;
  std::optional<std::int64_t> page_size_bytes;
  std::optional<absl::Time> wall_time;
  std::optional<TimeZone> time_zone;
  std::optional<std::vector<NetworkAddress>> addresses;
};

// Readable JSON, keys in a fixed order; bytes that are not UTF-8 stay as they are.
std::string AnswersToJson(const RecordedAnswers& answers);
// InvalidArgument says which key and what it should hold.
absl::StatusOr<RecordedAnswers> AnswersFromJson(std::string_view text);

}  // namespace steward::agent
