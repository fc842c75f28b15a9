#include "collector/config/read_remote_write.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "absl/strings/match.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr double kSamplesPerRequestMin = 100;
constexpr double kSamplesPerRequestMax = 50'000;  // some 15 MB before compression

// host:port of an address, user and path left out.
std::string HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  const std::size_t begin = scheme + 3;
  return std::string(url.substr(begin, url.find_first_of("/?#", begin) - begin));
}

void ReadUrl(TableReader& reader, RemoteWriteConfig& target) {
  const auto url = reader.HttpUrl("url", true);
  if (!url) return;
  target.url = *url;
  if (HostOf(*url).find('@') != std::string::npos) {
    reader.Error("url",
                 "the url holds a user or password; write username = \"...\" and password_file = \"...\" instead");
  }
}

void ReadName(TableReader& reader, const std::vector<RemoteWriteConfig>& others, RemoteWriteConfig& target) {
  target.name = reader.Has("name") ? reader.RequiredString("name").value_or("") : HostOf(target.url);
  for (const RemoteWriteConfig& other : others) {
    if (target.name.empty() || other.name != target.name) continue;
    reader.Error("name",
                 StrCat("a second [[remote_write]] is called \"", target.name, "\"; give each a name of its own"));
  }
}

void ReadHeaders(TableReader& reader, RemoteWriteConfig& target) {
  reader.Table("headers", [&](TableReader& headers) {
    for (const auto& [key, node] : headers.table()) {
      const std::string name(key.str());
      const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '_';
      });
      if (!good) headers.Error(name, "a header's name has letters, digits and - only");
      if (absl::EqualsIgnoreCase(name, "authorization")) {
        headers.Error(name,
                      "secrets do not belong in this file; write bearer_token_file or username and password_file");
      }
      if (const auto value = headers.String(name)) target.headers[name] = *value;
    }
  });
}

void ReadAuthorization(TableReader& reader, RemoteWriteConfig& target) {
  target.bearer_token_file = reader.String("bearer_token_file").value_or("");
  target.username = reader.String("username").value_or("");
  target.password_file = reader.String("password_file").value_or("");
  target.ca_file = reader.String("ca_file").value_or("");
  if (target.username.empty() != target.password_file.empty()) {
    reader.Error(target.username.empty() ? "password_file" : "username",
                 "username and password_file belong together; set both, or none");
  }
  if (!target.bearer_token_file.empty() && !target.username.empty()) {
    reader.Error("username", "bearer_token_file and username are both set; keep one of them");
  }
}

void ReadPatterns(TableReader& reader, std::string_view key, std::vector<std::string>& patterns) {
  const auto read = reader.Strings(key);
  if (!read) return;
  for (const std::string& pattern : *read) {
    const bool good = std::all_of(pattern.begin(), pattern.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '_' || c == ':' || c == '*' || c == '?';
    });
    if (!good)
      reader.Error(key,
                   StrCat("\"", pattern,
                          "\" is no pattern for metric names; write letters, digits, _, * and ?, such as \"node_*\""));
  }
  patterns = *read;
}

}  // namespace

void ReadRemoteWrite(TableReader& reader, std::vector<RemoteWriteConfig>& targets) {
  RemoteWriteConfig target;
  ReadUrl(reader, target);
  ReadName(reader, targets, target);
  ReadHeaders(reader, target);
  ReadAuthorization(reader, target);
  ReadPatterns(reader, "keep", target.keep);
  ReadPatterns(reader, "drop", target.drop);
  target.timeout = reader.Duration("timeout", absl::Seconds(1), absl::Minutes(10)).value_or(target.timeout);
  if (const auto samples = reader.Number("samples_per_request")) {
    if (*samples < kSamplesPerRequestMin || *samples > kSamplesPerRequestMax) {
      reader.Error("samples_per_request",
                   StrCat("samples_per_request must be from ", kSamplesPerRequestMin, " to ", kSamplesPerRequestMax));
    } else {
      target.samples_per_request = static_cast<std::size_t>(*samples);
    }
  }
  targets.push_back(std::move(target));
}

}  // namespace steward::collector
