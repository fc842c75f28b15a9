// collector.toml as plain values: the first version of the policy document. Reading it is load_config.h's part.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/config/day_time.h"
#include "collector/config/policy_config.h"

namespace steward::collector {

// An address to listen on. Port 0: the system picks one.
struct HostPort {
  std::string host;  // IPv4 or IPv6 address without brackets, or a host name
  std::uint16_t port = 0;

  bool IsLoopback() const;     // 127.0.0.0/8, ::1, "localhost"
  bool IsWildcard() const;     // 0.0.0.0 or ::
  std::string ToString() const;  // host:port, IPv6 in brackets
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct ListenConfig {
  HostPort agents{"0.0.0.0", 7443};
  HostPort http{"127.0.0.1", 7480};
  // PEM files; both or none. With them the HTTP port speaks TLS only. Required off the loopback.
  std::string http_certificate;
  std::string http_key;
};

struct LogConfig {
  bool json = false;
  std::string level = "info";  // trace, debug, info, warning, error
};

inline constexpr absl::Duration kAgentIntervalMin = absl::Seconds(1);
inline constexpr absl::Duration kAgentIntervalMax = absl::Minutes(5);

// What a class of machines does differently; what is not set is taken from AgentsConfig.
struct AgentClassConfig {
  std::optional<absl::Duration> interval;
  std::optional<std::vector<std::string>> disabled_probes;
};
inline const std::array<std::string, 5> kEndpointPurposes = {"service", "internet", "name-server", "link", "gateway"};
// So many hosts outside must be silent before the internet is taken for gone: one of them may be down itself.
inline constexpr std::size_t kInternetHostsMin = 3;

// A service of the company, and which machines look whether it answers.
struct EndpointConfig {
  std::string name;               // unique
  std::string url;                // base/endpoint_url.h
  std::vector<std::string> from = {"class:server"};  // "class:CLASS", "machine:NAME" (host name or id); any of them
  std::string purpose = "service"; // what it is looked at for: one of kEndpointPurposes
  bool vital = false;             // work stops without it; of a service
  std::string contains = {};      // what an http answer must have in it; empty: anything
};

struct AgentsConfig {
  absl::Duration interval = absl::Seconds(15);
  std::vector<std::string> disabled_probes;
  std::map<std::string, AgentClassConfig> by_class;  // server, desktop, laptop
  std::vector<EndpointConfig> endpoints;             // [[endpoint]]
};

struct HeartbeatConfig {
  std::vector<std::string> urls;  // http or https
  absl::Duration interval = absl::Seconds(60);
};

// How a channel's mail leaves.
struct EmailConfig {
  std::string server = {};           // host:port
  std::string security = "starttls";  // starttls, tls (from the first byte), none
  std::string from = {};
  std::vector<std::string> to = {};
  std::string user = {};             // empty: without a login
  std::string oauth_token_url = {};  // not empty: the user logs in by XOAUTH2, with a token that this client fetches there
  std::string oauth_client_id = {};
  std::string oauth_scope = {};
};

// Secrets are references: the file is read, or the environment variable taken, when the channel is made.
struct ChannelConfig {
  std::string name;  // unique
  std::string type;  // webhook, ...
  std::string url;
  std::string secret_file;
  std::string secret_env;  // at most one of the two
  std::string ca_file = {};         // PEM; empty: the system's authorities
  std::string topic = {};           // ntfy's
  EmailConfig email = {};
  bool is_read_by_people = false;   // else by a program, which gets each message by itself and at once
  int messages_per_hour = 0;        // more are collected into one; 0: no limit
  DayHours quiet_hours = {};        // only what is critical leaves then
};

// Sends issues to a channel. A channel without any route gets nothing; without any route at all every channel gets all.
struct RouteConfig {
  std::string channel;
  std::string severity_min = "low";  // low, medium, high, critical
  std::string party;                 // it-manager, partner; empty: both
  std::string site;                  // empty: every site
  std::string machine_class;         // empty: every class
  std::string digest = {};           // morning, weekly, by-severity; empty: each message at once
};

// For all channels.
struct DeliveryConfig {
  std::string public_url;            // where people reach the console: links in messages begin with it; empty: no links
  std::string time_zone;             // of the times in messages and below; empty: this machine's
  absl::Duration morning = absl::Hours(7);  // of a working day, when digests leave
  DayHours working_hours = {absl::Hours(8), absl::Hours(17)};
  std::array<bool, 7> working_days = {true, true, true, true, true, false, false};  // from Monday
};

struct SubjectRuleConfig;

// What is set differently from the rule's own defaults.
struct RuleConfig {
  std::optional<bool> enabled;
  std::optional<absl::Duration> raise;
  std::optional<absl::Duration> clear;
  std::string severity;                  // of all that it raises; empty: as the rule's levels say
  std::map<std::string, double> levels;  // by the level's name, in its unit
  std::vector<SubjectRuleConfig> subjects;  // laid over the rest for some subjects, in this order (rule_scopes.h)
};

struct SubjectRuleConfig {
  std::string subject;  // as the issue names it, or a pattern with * and ?
  RuleConfig rule;
};

// Rules for a part of the machines or of their subjects. What is empty fits all; one is not. Narrower ones win (rule_scopes.h).
struct RuleScopeConfig {
  std::string site = {};
  std::string machine_class = {};
  std::string group = {};    // of [[group]]
  std::string machine = {};  // host name or id
  std::string subject = {};  // as in SubjectRuleConfig
  std::map<std::string, RuleConfig> rules = {};
};

// A receiver of samples. Secrets are references to files, read when the collector starts.
struct RemoteWriteConfig {
  std::string name;  // unique; host:port of the url if not given. The place reached is kept under it
  std::string url;
  std::map<std::string, std::string> headers;  // added to each request
  std::string bearer_token_file;               // at most one of this and username
  std::string username;
  std::string password_file;
  std::string ca_file;                         // PEM; empty: the system's authorities
  std::vector<std::string> keep;               // metric names, with * and ?; empty: all
  std::vector<std::string> drop;               // as above, wins over keep
  std::size_t samples_per_request = 5'000;
  absl::Duration timeout = absl::Seconds(30);  // of one request
};

struct BackupConfig {
  bool enabled = true;
  std::string directory;    // empty: <data>/backups
  std::string key_file;     // empty: made beside the data directory
  absl::Duration time = absl::Hours(2) + absl::Minutes(30);  // of the day, local
  int keep = 7;
};

// How long samples are kept, and what of them is kept for longer.
struct RetentionConfig {
  absl::Duration raw = absl::Hours(24 * 30);           // as they came
  absl::Duration five_minutes = absl::Hours(24 * 60);  // least, greatest, sum, count and last of every five minutes
  absl::Duration hours = absl::Hours(24 * 400);        // and of every hour; never shorter than the one before
};

struct Config {
  ListenConfig listen;
  LogConfig log;
  AgentsConfig agents;
  HeartbeatConfig heartbeat;
  BackupConfig backup;
  RetentionConfig retention;
  std::vector<ChannelConfig> channels;
  std::vector<RouteConfig> routes;
  DeliveryConfig delivery;
  std::map<std::string, RuleConfig> rules;  // by rule id
  std::vector<RuleScopeConfig> rules_for;
  std::vector<RemoteWriteConfig> remote_write;
  PolicyConfig policy;
};

// low 0, medium 1, high 2, critical 3; -1 for another word.
int SeverityRank(std::string_view severity);

}  // namespace steward::collector
