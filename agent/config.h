// /etc/steward/agent.toml: only what the agent needs to find its collector and to keep its bounds. How to watch comes from
// the collector.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/probe_settings.h"

namespace steward::agent {

inline constexpr char kDefaultConfigFile[] = "/etc/steward/agent.toml";
inline constexpr char kDefaultStateDirectory[] = "/var/lib/steward-agent";

struct AgentConfig {
  std::vector<std::string> addresses;                       // [collector] addresses; empty: those of the token
  std::string proxy;                                        // [collector] proxy, host:port; empty: none
  bool log_json = false;                                    // [log] format
  std::string log_level = "info";                           // [log] level
  std::uint64_t spool_bytes_max = 64 * 1024 * 1024;         // [spool] size, 1 MiB to 100 GiB
  absl::Duration spool_age_max = absl::Hours(14 * 24);      // [spool] age, 1 h to 400 days
  ProbeSettings probes;                                     // [checks], [[check]], [[scrape]], [[certificate]]
};

// InvalidArgument: every mistake with file, line and what to write instead.
absl::StatusOr<AgentConfig> ParseAgentConfig(std::string_view text, std::string_view file_name);
// NotFound, PermissionDenied, Unavailable: the file.
absl::StatusOr<AgentConfig> LoadAgentConfig(const std::filesystem::path& file);

// `--answers`: what a person knows about the machine and no probe can read, as facts of the group "entered".
struct Answer {
  std::string key;
  std::string value;
};
absl::StatusOr<std::vector<Answer>> ParseAnswers(std::string_view text, std::string_view file_name);
absl::StatusOr<std::vector<Answer>> LoadAnswers(const std::filesystem::path& file);
// As ParseAnswers reads them.
std::string FormatAnswers(const std::vector<Answer>& answers);

}  // namespace steward::agent
