#include "collector/config/load_config.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/duration.h"
#include "base/endpoint_url.h"
#include "base/text.h"
#include "collector/config/day_time.h"
#include "collector/config/read_channel.h"
#include "collector/config/read_policy.h"
#include "collector/config/read_remote_write.h"
#include "collector/config/table_reader.h"
#include "collector/config/words.h"

namespace steward::collector {
namespace {

// "any rule time may be 0s".
constexpr absl::Duration kRuleTimeMax = absl::Hours(24 * 400);
constexpr std::array<std::string_view, 10> kProcessTables = {"listen", "log", "agents", "heartbeat", "backup",
                                                             "retention", "channel", "delivery", "remote_write", "endpoint"};
constexpr int kBackupsKeptMax = 1000;
constexpr absl::Duration kRetentionMin = absl::Hours(24);
constexpr absl::Duration kRetentionMax = absl::Hours(24 * 3650);

void ReadAddress(TableReader& reader, std::string_view key, HostPort& out) {
  const std::optional<std::string> text = reader.String(key);
  if (!text) return;
  absl::StatusOr<HostPort> address = ParseHostPort(*text);
  if (address.ok()) {
    out = *std::move(address);
  } else {
    reader.Error(key, StrCat(key, " = ", address.status().message()));
  }
}

void ReadListen(TableReader& reader, ListenConfig& listen) {
  ReadAddress(reader, "agents", listen.agents);
  ReadAddress(reader, "http", listen.http);
  Set(reader.String("http_certificate"), listen.http_certificate);
  Set(reader.String("http_key"), listen.http_key);
  if (const absl::Status status = CheckHttpListener(listen); !status.ok()) {
    reader.Error(reader.Has("http") ? "http" : "http_key", ToStd(status.message()));
  }
}

void ReadLog(TableReader& reader, LogConfig& log) {
  if (const auto format = reader.Word("format", std::vector<std::string>{"text", "json"})) log.json = *format == "json";
  Set(reader.Word("level", std::vector<std::string>{"trace", "debug", "info", "warning", "error"}), log.level);
}

void ReadAgents(TableReader& reader, AgentsConfig& agents) {
  Set(reader.Duration("interval", kAgentIntervalMin, kAgentIntervalMax), agents.interval);
  Set(reader.Strings("disabled_probes"), agents.disabled_probes);
  reader.Table("class", [&](TableReader& classes) {
    classes.NamedTables("class", kClasses, [&](const std::string& name, TableReader& one) {
      AgentClassConfig& by_class = agents.by_class[name];
      by_class.interval = one.Duration("interval", kAgentIntervalMin, kAgentIntervalMax);
      by_class.disabled_probes = one.Strings("disabled_probes");
    });
  });
}

void ReadHeartbeat(TableReader& reader, HeartbeatConfig& heartbeat) {
  Set(reader.Duration("interval", absl::Seconds(1), absl::Hours(1)), heartbeat.interval);
  const auto urls = reader.Strings("urls");
  if (!urls) return;
  for (const std::string& url : *urls) {
    if (url.starts_with("https://") || url.starts_with("http://")) continue;
    reader.Error("urls", StrCat("\"", url, "\" is not a web address; write \"https://host/path\""));
  }
  heartbeat.urls = *urls;
}

// "HH:MM", since midnight.
std::optional<absl::Duration> ReadTimeOfDay(TableReader& reader, std::string_view key) {
  const std::optional<std::string> text = reader.String(key);
  if (!text) return std::nullopt;
  const std::optional<absl::Duration> time = ParseDayTime(*text);
  if (!time) reader.Error(key, StrCat("\"", *text, "\" is not a time of day; write \"02:30\""));
  return time;
}

void ReadBackup(TableReader& reader, BackupConfig& backup) {
  Set(reader.Bool("enabled"), backup.enabled);
  Set(reader.String("directory"), backup.directory);
  Set(reader.String("key_file"), backup.key_file);
  Set(ReadTimeOfDay(reader, "time"), backup.time);
  for (const auto& [key, value] : {std::pair<std::string_view, const std::string&>("directory", backup.directory), {"key_file", backup.key_file}}) {
    if (!value.empty() && !value.starts_with('/')) reader.Error(key, StrCat("\"", value, "\" must be a whole path, such as \"/srv/backups\""));
  }
  const std::optional<double> keep = reader.Number("keep");
  if (!keep) return;
  backup.keep = static_cast<int>(*keep);
  if (*keep < 1 || *keep > kBackupsKeptMax || backup.keep != *keep) {
    reader.Error("keep", StrCat("keep must be a whole number from 1 to ", kBackupsKeptMax));
  }
}

std::string DaysText(absl::Duration duration) {
  const std::int64_t hours = absl::ToInt64Hours(duration);
  return absl::Hours(hours) == duration && hours % 24 == 0 ? StrCat(hours / 24, "d") : DurationText(duration);
}

// A tier is fed by the one before it, so it cannot end sooner.
void ReadRetention(TableReader& reader, RetentionConfig& retention) {
  Set(reader.Duration("raw", kRetentionMin, kRetentionMax), retention.raw);
  Set(reader.Duration("five_minutes", kRetentionMin, kRetentionMax), retention.five_minutes);
  Set(reader.Duration("hours", kRetentionMin, kRetentionMax), retention.hours);
  const auto check = [&](std::string_view key, absl::Duration longer, std::string_view before, absl::Duration shorter) {
    if (longer >= shorter) return;
    reader.Error(reader.Has(key) ? key : before,
                 StrCat(key, " = \"", DaysText(longer), "\" is shorter than ", before, " = \"", DaysText(shorter),
                        "\"; keep each at least as long as the one before: raw, five_minutes, hours"));
  };
  check("five_minutes", retention.five_minutes, "raw", retention.raw);
  check("hours", retention.hours, "five_minutes", retention.five_minutes);
}

void ReadRule(TableReader& reader, const KnownRule& known, RuleConfig& rule) {
  rule.enabled = reader.Bool("enabled");
  rule.raise = reader.Duration("raise", absl::ZeroDuration(), kRuleTimeMax);
  rule.clear = reader.Duration("clear", absl::ZeroDuration(), kRuleTimeMax);
  Set(reader.Word("severity", kSeverities), rule.severity);
  reader.Table("levels", [&](TableReader& levels) {
    for (const std::string& name : known.levels) {
      if (const auto level = levels.Number(name)) rule.levels[name] = *level;
    }
  });
}

void ReadRules(TableReader& reader, const ConfigVocabulary& vocabulary, std::map<std::string, RuleConfig>& rules) {
  std::vector<std::string> ids;
  for (const KnownRule& rule : vocabulary.rules) ids.push_back(rule.id);
  reader.NamedTables("rule", ids, [&](const std::string& id, TableReader& one) {
    const auto known = std::find_if(vocabulary.rules.begin(), vocabulary.rules.end(), [&](const KnownRule& r) { return r.id == id; });
    ReadRule(one, *known, rules[id]);
  });
}

void ReadScope(TableReader& reader, const ConfigVocabulary& vocabulary, const std::vector<GroupConfig>& groups,
               std::vector<RuleScopeConfig>& scopes) {
  RuleScopeConfig scope;
  Set(reader.String("site"), scope.site);
  Set(reader.Word("class", kClasses), scope.machine_class);
  Set(reader.String("group"), scope.group);
  Set(reader.String("machine"), scope.machine);
  Set(reader.String("subject"), scope.subject);
  if (scope.site.empty() && scope.machine_class.empty() && scope.group.empty() && scope.machine.empty() && scope.subject.empty()) {
    reader.Error("site", "[[rules_for]] needs site, class, group, machine or subject = \"...\"; for all machines write [rules.<id>]");
  }
  const bool known = std::any_of(groups.begin(), groups.end(), [&](const GroupConfig& group) { return group.name == scope.group; });
  if (!scope.group.empty() && !known) {
    reader.Error("group", StrCat("there is no [[group]] called \"", scope.group, "\"; write one with name and machines = [\"srv-*\"]"));
  }
  ReadRules(reader, vocabulary, scope.rules);
  scopes.push_back(std::move(scope));
}

bool IsViewpoint(std::string_view text) {
  constexpr std::string_view kClass = "class:";
  constexpr std::string_view kMachine = "machine:";
  if (text.starts_with(kMachine)) return text.size() > kMachine.size();
  return text.starts_with(kClass) && std::find(kClasses.begin(), kClasses.end(), text.substr(kClass.size())) != kClasses.end();
}

void ReadPurpose(TableReader& reader, EndpointConfig& endpoint) {
  const std::string_view scheme = std::string_view(endpoint.url).substr(0, endpoint.url.find(':'));
  endpoint.purpose = endpoint.url == "icmp://*" ? "gateway" : scheme == "icmp" ? "link" : scheme == "dns" ? "name-server" : "service";
  Set(reader.Word("purpose", kEndpointPurposes), endpoint.purpose);
  Set(reader.Bool("vital"), endpoint.vital);
  if (endpoint.vital && endpoint.purpose != "service") {
    reader.Error("vital", StrCat("is said of a service; this one is looked at as ", endpoint.purpose, ": write purpose = \"service\" or leave vital out"));
  }
  Set(reader.String("contains"), endpoint.contains);
  if (!endpoint.contains.empty() && scheme != "http" && scheme != "https") {
    reader.Error("contains", "is looked for in the answer of http:// and https:// only");
  }
}

void ReadEndpoint(TableReader& reader, std::vector<EndpointConfig>& endpoints) {
  constexpr std::size_t kEndpointsMax = 50;  // what an agent looks at
  EndpointConfig endpoint;
  Set(reader.RequiredString("name"), endpoint.name);
  const bool taken = std::any_of(endpoints.begin(), endpoints.end(), [&](const EndpointConfig& other) { return other.name == endpoint.name; });
  if (taken) reader.Error("name", StrCat("another [[endpoint]] is called \"", endpoint.name, "\"; each needs a name of its own"));
  Set(reader.RequiredString("url"), endpoint.url);
  if (const auto url = ParseEndpointUrl(endpoint.url); !endpoint.url.empty() && !url.ok()) reader.Error("url", ToStd(url.status().message()));
  Set(reader.Strings("from"), endpoint.from);
  if (!std::all_of(endpoint.from.begin(), endpoint.from.end(), IsViewpoint)) {
    reader.Error("from", "says which machines look: from = [\"class:server\", \"machine:srv-file\"]; classes are server, desktop, laptop");
  }
  ReadPurpose(reader, endpoint);
  if (endpoints.size() == kEndpointsMax) reader.Error("name", StrCat("is one more than the ", kEndpointsMax, " [[endpoint]] that there may be"));
  endpoints.push_back(std::move(endpoint));
}

void CheckInternetHosts(TableReader& root, const std::vector<EndpointConfig>& endpoints) {
  const auto hosts = static_cast<std::size_t>(
      std::count_if(endpoints.begin(), endpoints.end(), [](const EndpointConfig& one) { return one.purpose == "internet"; }));
  if (hosts == 0 || hosts >= kInternetHostsMin) return;
  root.Error("endpoint", StrCat("purpose = \"internet\" stands at ", hosts, " of them; name ", kInternetHostsMin,
                                " hosts outside or more, so that one of them may be down without the internet being down"));
}

// The rules that are known once the company's own are read.
ConfigVocabulary WithOwnRules(TableReader& root, ConfigVocabulary vocabulary) {
  root.Tables("rule", [&](TableReader& reader) {
    if (!vocabulary.read_rule) return;
    std::optional<KnownRule> rule = vocabulary.read_rule(reader);
    if (rule) vocabulary.rules.push_back(*std::move(rule));
  });
  return vocabulary;
}

std::vector<std::string> TypesOf(const ConfigVocabulary& vocabulary) {
  std::vector<std::string> types;
  for (const KnownRule& rule : vocabulary.rules) types.push_back(rule.id);
  return types;
}

// What people decide.
void ReadPolicyPart(TableReader& root, const ConfigVocabulary& vocabulary, Config& config) {
  PolicyConfig& policy = config.policy;
  root.Tables("route", [&](TableReader& reader) { ReadRoute(reader, config.routes); });
  const ConfigVocabulary with_own = WithOwnRules(root, vocabulary);
  const std::vector<std::string> types = TypesOf(with_own);
  root.Table("rules", [&](TableReader& reader) { ReadRules(reader, with_own, config.rules); });
  root.Tables("group", [&](TableReader& reader) { ReadGroup(reader, policy.groups); });
  root.Tables("rules_for", [&](TableReader& reader) { ReadScope(reader, with_own, policy.groups, config.rules_for); });
  root.Tables("site", [&](TableReader& reader) { ReadSite(reader, policy.sites); });
  root.Table("service_level", [&](TableReader& reader) { ReadServiceLevels(reader, policy.service_levels); });
  root.Table("first_weeks", [&](TableReader& reader) { ReadFirstWeeks(reader, policy.first_weeks); });
  root.Tables("window", [&](TableReader& reader) { ReadWindow(reader, policy.windows); });
  root.Tables("register", [&](TableReader& reader) { ReadRegister(reader, policy.entries); });
  root.Table("runbooks", [&](TableReader& reader) { ReadRunbooks(reader, types, policy.runbooks); });
  root.Table("remote_link", [&](TableReader& reader) { ReadRemoteLinks(reader, policy.remote_links); });
  root.Tables("person", [&](TableReader& reader) { ReadPerson(reader, policy.people); });
  root.Table("party", [&](TableReader& reader) { ReadParties(reader, policy.parties); });
  root.Tables("responsibility", [&](TableReader& reader) { ReadResponsibility(reader, types, policy.responsibility); });
}

// What the process needs to start.
void ReadProcessPart(TableReader& root, const ConfigVocabulary& vocabulary, Config& config) {
  root.Table("listen", [&](TableReader& reader) { ReadListen(reader, config.listen); });
  root.Table("log", [&](TableReader& reader) { ReadLog(reader, config.log); });
  root.Table("agents", [&](TableReader& reader) { ReadAgents(reader, config.agents); });
  root.Table("heartbeat", [&](TableReader& reader) { ReadHeartbeat(reader, config.heartbeat); });
  root.Table("backup", [&](TableReader& reader) { ReadBackup(reader, config.backup); });
  root.Table("retention", [&](TableReader& reader) { ReadRetention(reader, config.retention); });
  root.Tables("channel", [&](TableReader& reader) { ReadChannel(reader, vocabulary, config.channels); });
  root.Table("delivery", [&](TableReader& reader) { ReadDelivery(reader, config.delivery); });
  root.Tables("remote_write", [&](TableReader& reader) { ReadRemoteWrite(reader, config.remote_write); });
  root.Tables("endpoint", [&](TableReader& reader) { ReadEndpoint(reader, config.agents.endpoints); });
  CheckInternetHosts(root, config.agents.endpoints);
}

// Tells where each table of collector.toml belongs that a policy does not have.
void RefuseProcessPart(TableReader& root) {
  for (const std::string_view key : kProcessTables) {
    if (!root.Has(key)) continue;
    root.Error(key, StrCat("[", key, "] belongs into collector.toml: the collector reads it when it starts, so a change needs a restart"));
    root.Ignore(key);
  }
}

// Calls `read` with the document's root and gives what it has read. InvalidArgument: each mistake on a line.
template <typename Read>
absl::StatusOr<Config> ReadToml(std::string_view text, std::string_view name, Read read) {
  ConfigErrors errors(name);
  if (text.size() > kConfigBytesMax) {
    return absl::InvalidArgumentError(StrCat(name, ": larger than ", kConfigBytesMax, " bytes; this is neither collector.toml nor a policy"));
  }
  try {
    const toml::table table = toml::parse(text, name);
    Config config;
    TableReader root(table, "", errors);
    read(root, config, errors);
    root.Finish();
    if (absl::Status status = errors.ToStatus(); !status.ok()) return status;
    return config;
  } catch (const toml::parse_error& error) {
    errors.Add(error.source().begin, StrCat("this is not TOML: ", std::string_view(error.description())));
    return errors.ToStatus();
  }
}

}  // namespace

bool IsPolicyTable(std::string_view key) {
  return std::find(kProcessTables.begin(), kProcessTables.end(), key) == kProcessTables.end();
}

absl::StatusOr<Config> ParseConfig(std::string_view text, std::string_view name, const ConfigVocabulary& vocabulary) {
  return ReadToml(text, name, [&](TableReader& root, Config& config, ConfigErrors& errors) {
    ReadProcessPart(root, vocabulary, config);
    ReadPolicyPart(root, vocabulary, config);
    CheckRoutes(root, config.channels, errors);
    CheckPeople(root.table(), config.policy, config.channels, errors);
  });
}

absl::StatusOr<Config> ParsePolicy(std::string_view text, std::string_view name, const ConfigVocabulary& vocabulary,
                                   const std::vector<ChannelConfig>* channels) {
  return ReadToml(text, name, [&](TableReader& root, Config& config, ConfigErrors& errors) {
    RefuseProcessPart(root);
    ReadPolicyPart(root, vocabulary, config);
    if (channels == nullptr) return;
    CheckRoutes(root, *channels, errors);
    CheckPeople(root.table(), config.policy, *channels, errors);
  });
}

absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(StrCat(path, ": is a directory; name the configuration file itself"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    const std::string text = StrCat(path, ": cannot be read: ", std::strerror(error));
    return error == ENOENT ? absl::NotFoundError(text) : absl::PermissionDeniedError(text);
  }
  std::string text(kConfigBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

absl::StatusOr<Config> LoadConfig(const std::string& path, const ConfigVocabulary& vocabulary) {
  const absl::StatusOr<std::string> text = ReadConfigFile(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path, vocabulary);
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        StrCat("\"", text.substr(0, 100), "\" ", why, "; write address:port, such as \"0.0.0.0:7443\" or \"[::]:7443\""));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  std::uint32_t number = 0;
  if (port.empty() || port.find_first_not_of("0123456789") != std::string_view::npos || !absl::SimpleAtoi(ToAbsl(port), &number) ||
      number > 65535) {
    return wrong("has no port from 0 to 65535");
  }
  if (host.starts_with("[") != host.ends_with("]")) return wrong("has an unfinished bracket");
  if (host.starts_with("[")) {
    host = host.substr(1, host.size() - 2);
    if (!(host.find(':') != std::string_view::npos)) return wrong("has no IPv6 address in its brackets");
  } else if ((host.find(':') != std::string_view::npos)) {
    return wrong("is an IPv6 address without brackets");
  }
  if (host.empty()) return wrong("has no address");
  const bool clean = std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == ':' || c == '_' || c == '%';
  });
  if (!clean || host.size() > 253) return wrong("is not an address");
  return HostPort{std::string(host), static_cast<std::uint16_t>(number)};
}

absl::Status CheckHttpListener(const ListenConfig& listen) {
  if (listen.http_certificate.empty() != listen.http_key.empty()) {
    return absl::FailedPreconditionError("http_certificate and http_key belong together; set both, or none");
  }
  if (listen.http.IsLoopback() || !listen.http_certificate.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(
      "http = \"", listen.http.ToString(), "\" can be reached from other machines, and there is no TLS for it; ",
      "set http_certificate and http_key (PEM files) in [listen], or listen on \"127.0.0.1:", listen.http.port, "\""));
}

}  // namespace steward::collector
