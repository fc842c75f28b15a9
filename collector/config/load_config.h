// Reads collector.toml. Strict: whatever it does not understand is an error, so that a typing mistake is never a default.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/config/config.h"

namespace steward::collector {

// A rule that can be configured, and the names of its levels.
struct KnownRule {
  std::string id;
  std::vector<std::string> levels;
};

class TableReader;

// The words that other parts define.
struct ConfigVocabulary {
  std::vector<KnownRule> rules;
  std::vector<std::string> channel_types = {"webhook"};
  // What is wrong with a channel's secret; empty: not looked at. The mistake is told at the line that names the secret.
  std::function<absl::Status(const ChannelConfig& channel)> check_secret = {};
  // Reads and keeps one [[rule]], a rule of the company's own, which [rules.<type>] may then set. Nothing: it has mistakes.
  std::function<std::optional<KnownRule>(TableReader& reader)> read_rule = {};
};

inline constexpr std::size_t kConfigBytesMax = 1 << 20;

// InvalidArgument: each mistake on a line of its own, "name:line:column: what is wrong; what to write instead".
absl::StatusOr<Config> ParseConfig(std::string_view text, std::string_view name, const ConfigVocabulary& vocabulary);

// Tables of collector.toml are of two kinds: what the process needs to start, and what people decide, which may also stand in a
// policy document that is applied while the collector runs.
bool IsPolicyTable(std::string_view key);

// A policy document: the second kind alone. What is not in it is as in an empty collector.toml. Routes are checked if
// `channels` is not null.
absl::StatusOr<Config> ParsePolicy(std::string_view text, std::string_view name, const ConfigVocabulary& vocabulary,
                                   const std::vector<ChannelConfig>* channels);

// The text of the file. Errors: as LoadConfig's.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path);

// NotFound, PermissionDenied, InvalidArgument (too large, not a file, or as above).
absl::StatusOr<Config> LoadConfig(const std::string& path, const ConfigVocabulary& vocabulary);

// "host:port", "[v6]:port". InvalidArgument says what to write instead.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// The HTTP listener must speak TLS off the loopback: FailedPrecondition says what to do. For command lines too.
absl::Status CheckHttpListener(const ListenConfig& listen);

}  // namespace steward::collector
