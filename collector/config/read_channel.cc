#include "collector/config/read_channel.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/match.h"
#include "base/text.h"
#include "collector/config/day_time.h"
#include "collector/config/weekdays.h"
#include "collector/config/words.h"

namespace steward::collector {
namespace {

const std::vector<std::string> kSecurities = {"starttls", "tls", "none"};
const std::vector<std::string> kDigests = {"by-severity", "morning", "weekly"};
constexpr double kMessagesPerHourMax = 10'000;

bool HasSecret(const ChannelConfig& channel) { return !channel.secret_file.empty() || !channel.secret_env.empty(); }

void ReadSecretReference(TableReader& reader, ChannelConfig& channel) {
  Set(reader.String("secret_file"), channel.secret_file);
  Set(reader.String("secret_env"), channel.secret_env);
  if (!channel.secret_file.empty() && !channel.secret_env.empty()) {
    reader.Error("secret_env", "secret_file and secret_env are both set; keep one of them");
  }
}

// One address that can stand in a header and in SMTP as it is.
bool IsMailAddress(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool clean = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7F && std::string_view("<>()[],;:\\\"").find(static_cast<char>(c)) == std::string_view::npos;
  });
  return clean && at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos &&
         text.size() <= 254;
}

void CheckMailAddress(TableReader& reader, std::string_view key, const std::string& address) {
  if (IsMailAddress(address)) return;
  reader.Error(key, StrCat("\"", address, "\" is not a mail address; write it bare, such as \"it@company.example\""));
}

void ReadOauth(TableReader& reader, ChannelConfig& channel) {
  EmailConfig& email = channel.email;
  reader.Table("oauth", [&](TableReader& oauth) {
    Set(oauth.HttpUrl("token_url", true), email.oauth_token_url);
    Set(oauth.RequiredString("client_id"), email.oauth_client_id);
    Set(oauth.String("scope"), email.oauth_scope);
    if (email.user.empty()) oauth.Error("client_id", "oauth needs user = \"...\" beside it: the mailbox that sends");
  });
}

void CheckMailLogin(TableReader& reader, const ChannelConfig& channel) {
  const EmailConfig& email = channel.email;
  const bool oauth = !email.oauth_token_url.empty();
  if (!email.user.empty() && !HasSecret(channel)) {
    reader.Error("user", StrCat("user needs secret_file or secret_env with ", oauth ? "the client's secret" : "the password"));
  }
  if (email.user.empty() && HasSecret(channel)) {
    reader.Error("secret_file", "a secret without user = \"...\"; add the user, or take the secret out for a relay without login");
  }
  const absl::StatusOr<HostPort> server = ParseHostPort(email.server);
  if (email.security == "none" && !email.user.empty() && server.ok() && !server->IsLoopback()) {
    reader.Error("security", "with security = \"none\" the password would be readable on the network; write \"starttls\" or \"tls\"");
  }
}

void ReadEmail(TableReader& reader, ChannelConfig& channel) {
  EmailConfig& email = channel.email;
  Set(reader.RequiredString("server"), email.server);
  const absl::StatusOr<HostPort> server = ParseHostPort(email.server);
  if (!email.server.empty() && (!server.ok() || server->port == 0)) {
    reader.Error("server", StrCat("server = \"", email.server, "\" is not host:port; write \"mail.company.example:587\", or with port 465 and security = \"tls\""));
  }
  Set(reader.Word("security", kSecurities), email.security);
  Set(reader.RequiredString("from"), email.from);
  if (!email.from.empty()) CheckMailAddress(reader, "from", email.from);
  Set(reader.Strings("to"), email.to);
  if (email.to.empty()) reader.Error("to", "[[channel]] needs to = [\"it@company.example\"]: who gets the mail");
  for (const std::string& address : email.to) CheckMailAddress(reader, "to", address);
  Set(reader.String("user"), email.user);
  Set(reader.String("ca_file"), channel.ca_file);
  ReadSecretReference(reader, channel);
  ReadOauth(reader, channel);
  CheckMailLogin(reader, channel);
}

void ReadWebhook(TableReader& reader, ChannelConfig& channel) {
  Set(reader.HttpUrl("url", true), channel.url);
  Set(reader.String("ca_file"), channel.ca_file);
  ReadSecretReference(reader, channel);
}

// Whoever knows the address may post: it can be kept where secrets are.
void ReadHook(TableReader& reader, ChannelConfig& channel) {
  Set(reader.HttpUrl("url", false), channel.url);
  Set(reader.String("ca_file"), channel.ca_file);
  ReadSecretReference(reader, channel);
  if (!reader.Has("url") && !HasSecret(channel)) {
    reader.Error("url", "[[channel]] needs url = \"https://...\", or secret_file = \"...\" that holds this address: whoever has it may post");
  }
  if (reader.Has("url") && HasSecret(channel)) {
    reader.Error("url", "url and a secret are both set; the secret is the address itself here, keep one of them");
  }
}

void ReadTeams(TableReader& reader, ChannelConfig& channel) {
  ReadHook(reader, channel);
  if (absl::StrContains(channel.url, "webhook.office.com") || absl::StrContains(channel.url, "outlook.office.com")) {
    reader.Error("url",
                 "this is a connector of Office 365, which Microsoft has retired; in Teams choose Workflows, \"Post to a channel when a "
                 "webhook request is received\", and write the address that it shows");
  }
}

void ReadNtfy(TableReader& reader, ChannelConfig& channel) {
  ReadWebhook(reader, channel);
  Set(reader.RequiredString("topic"), channel.topic);
  const bool good = std::all_of(channel.topic.begin(), channel.topic.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
  if (!good || channel.topic.size() > 64) reader.Error("topic", "topic has up to 64 letters, digits, - and _");
}

struct TypeReader {
  std::string_view type;
  void (*read)(TableReader& reader, ChannelConfig& channel);
  bool is_read_by_people;  // else by programs, which get each message by itself and at once
};
constexpr TypeReader kTypes[] = {
    {"webhook", &ReadWebhook, false}, {"alertmanager", &ReadWebhook, false}, {"email", &ReadEmail, true}, {"slack", &ReadHook, true},
    {"mattermost", &ReadHook, true},  {"teams", &ReadTeams, true},           {"ntfy", &ReadNtfy, true},
};

const TypeReader& ReaderOf(std::string_view type) {
  const auto found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeReader& t) { return t.type == type; });
  return found == std::end(kTypes) ? kTypes[0] : *found;
}

void ReadCalm(TableReader& reader, ChannelConfig& channel) {
  const auto hours = reader.String("quiet_hours");
  if (const auto parsed = hours ? ParseDayHours(*hours) : std::nullopt) {
    channel.quiet_hours = *parsed;
  } else if (hours) {
    reader.Error("quiet_hours", StrCat("\"", *hours, "\" is not a part of the day; write \"22:00-06:00\""));
  }
  const auto limit = reader.Number("messages_per_hour");
  if (!limit) return;
  channel.messages_per_hour = static_cast<int>(*limit);
  if (*limit < 1 || *limit > kMessagesPerHourMax || channel.messages_per_hour != *limit) {
    reader.Error("messages_per_hour", StrCat("messages_per_hour must be a whole number from 1 to ", kMessagesPerHourMax));
  }
}

}  // namespace

void ReadChannel(TableReader& reader, const ConfigVocabulary& vocabulary, std::vector<ChannelConfig>& channels) {
  ChannelConfig channel;
  Set(reader.RequiredString("name"), channel.name);
  if (!reader.Has("type")) {
    reader.Error("type", "[[channel]] needs type = \"webhook\", \"email\" or another; the types: README.md, \"Send issues to people\"");
  }
  Set(reader.Word("type", vocabulary.channel_types), channel.type);
  const TypeReader& type = ReaderOf(channel.type);
  type.read(reader, channel);
  if (type.is_read_by_people) {
    channel.is_read_by_people = true;
    ReadCalm(reader, channel);
  }
  for (const ChannelConfig& other : channels) {
    if (!channel.name.empty() && other.name == channel.name) {
      reader.Error("name", StrCat("a second channel is called \"", channel.name, "\"; give each a name of its own"));
    }
  }
  if (vocabulary.check_secret) {
    const absl::Status secret = vocabulary.check_secret(channel);
    if (!secret.ok()) reader.Error(reader.Has("secret_env") ? "secret_env" : "secret_file", ToStd(secret.message()));
  }
  channels.push_back(std::move(channel));
}

void ReadRoute(TableReader& reader, std::vector<RouteConfig>& routes) {
  RouteConfig route;
  Set(reader.RequiredString("channel"), route.channel);
  Set(reader.Word("severity_min", kSeverities), route.severity_min);
  Set(reader.Word("party", kParties), route.party);
  Set(reader.String("site"), route.site);
  Set(reader.Word("class", kClasses), route.machine_class);
  Set(reader.Word("digest", kDigests), route.digest);
  routes.push_back(std::move(route));
}

void ReadDelivery(TableReader& reader, DeliveryConfig& delivery) {
  Set(reader.HttpUrl("public_url", false), delivery.public_url);
  Set(reader.String("time_zone"), delivery.time_zone);
  absl::TimeZone zone;
  if (!delivery.time_zone.empty() && !absl::LoadTimeZone(delivery.time_zone, &zone)) {
    reader.Error("time_zone", StrCat("this machine knows no time zone \"", delivery.time_zone, "\"; write one such as \"Europe/Tallinn\""));
  }
  if (const auto text = reader.String("morning")) {
    const auto morning = ParseDayTime(*text);
    if (morning) delivery.morning = *morning;
    else reader.Error("morning", StrCat("\"", *text, "\" is not a time of day; write \"07:00\""));
  }
  if (const auto text = reader.String("working_hours")) {
    const auto hours = ParseDayHours(*text);
    if (hours && hours->from < hours->to) delivery.working_hours = *hours;
    else reader.Error("working_hours", StrCat("\"", *text, "\" is not a part of one day; write \"08:00-17:00\""));
  }
  if (const auto days = ReadWeekdays(reader, "working_days")) delivery.working_days = *days;
}

void CheckRoutes(TableReader& root, const std::vector<ChannelConfig>& channels, ConfigErrors& errors) {
  const toml::array* routes = root.table()["route"].as_array();
  if (routes == nullptr) return;
  std::vector<std::string> names;
  for (const ChannelConfig& channel : channels) names.push_back(channel.name);
  for (const toml::node& route : *routes) {
    const toml::table* table = route.as_table();
    const toml::node* node = table == nullptr ? nullptr : table->get("channel");
    const auto* name = node == nullptr ? nullptr : node->as_string();
    if (name == nullptr || name->get().empty()) continue;
    const auto known = std::find(names.begin(), names.end(), name->get());
    if (known != names.end()) {
      const toml::node* digest = table->get("digest");
      if (digest != nullptr && !channels[static_cast<std::size_t>(known - names.begin())].is_read_by_people) {
        errors.Add(digest->source().begin, StrCat("channel \"", name->get(), "\" is read by a program, which gets each message at once; take digest out"));
      }
      continue;
    }
    std::string text = StrCat("there is no channel \"", name->get(), "\"");
    if (const auto nearest = NearestWord(name->get(), names)) StrAppend(&text, "; did you mean \"", *nearest, "\"?");
    else StrAppend(&text, "; add [[channel]] name = \"", name->get(), "\" or take the route out");
    errors.Add(name->source().begin, text);
  }
}

}  // namespace steward::collector
