#include "agent/probes/posture/ssh_server.h"

#include <algorithm>
#include <array>
#include <map>

#include "absl/strings/ascii.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kConfig = "/etc/ssh/sshd_config";
constexpr int kIncludesMax = 8;  // in each other
constexpr std::size_t kSettingsMax = 64;

// OpenSSH's defaults, sshd_config(5).
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kDefaults = {{
    {"kbdinteractiveauthentication", "yes"},
    {"maxauthtries", "6"},
    {"passwordauthentication", "yes"},
    {"permitemptypasswords", "no"},
    {"permitrootlogin", "prohibit-password"},
    {"port", "22"},
    {"pubkeyauthentication", "yes"},
    {"usepam", "no"},
    {"x11forwarding", "no"},
}};

using Settings = std::vector<std::pair<std::string, std::string>>;

bool IsJudged(std::string_view keyword) {
  return std::any_of(kDefaults.begin(), kDefaults.end(), [&](const auto& entry) { return entry.first == keyword; });
}

bool IsSet(const Settings& settings, std::string_view keyword) {
  return std::any_of(settings.begin(), settings.end(), [&](const auto& entry) { return entry.first == keyword; });
}

// Two names of one thing, in the newer form.
std::string Keyword(std::string_view word) {
  std::string keyword = absl::AsciiStrToLower(ToAbsl(word));
  return keyword == "challengeresponseauthentication" ? "kbdinteractiveauthentication" : keyword;
}
std::string Value(std::string_view word) {
  std::string value = absl::AsciiStrToLower(ToAbsl(word));
  return value == "without-password" ? "prohibit-password" : value;
}

// Takes "Keyword value", "Keyword=value" or "Keyword "value"" apart; false for a comment or less than that.
bool SplitLine(std::string_view line, std::string_view& keyword, std::string_view& value) {
  line = Trimmed(line);
  if (line.empty() || line.front() == '#') return false;
  const std::size_t end = line.find_first_of(" \t=");
  if (end == std::string_view::npos) return false;
  keyword = line.substr(0, end);
  const std::size_t begin = line.find_first_not_of(" \t=", end);
  if (begin == std::string_view::npos) return false;
  value = line.substr(begin);
  return true;
}

std::string_view FirstWord(std::string_view value) {
  if (value.starts_with('"')) return value.substr(1, value.find('"', 1) - 1);
  return value.substr(0, value.find_first_of(" \t#"));
}

class ConfigReader {
 public:
  explicit ConfigReader(Platform& platform) : platform_(platform) {}

  absl::Status Read(const std::string& path, int depth) {
    std::string text;
    if (absl::Status status = platform_.ReadFile(path, text); !status.ok()) return status;
    std::string_view rest = text;
    std::string_view line;
    while (NextLine(rest, line)) {
      std::string_view keyword;
      std::string_view value;
      if (!SplitLine(line, keyword, value)) continue;
      const std::string name = Keyword(keyword);
      if (name == "match") return absl::OkStatus();  // to the end of the file: for some people only
      if (name == "include") {
        if (absl::Status status = Include(value, depth); !status.ok()) return status;
      } else {
        Add(name, Value(FirstWord(value)));
      }
    }
    return absl::OkStatus();
  }
  void Add(const std::string& keyword, std::string value) {
    if (!IsJudged(keyword) || value.empty() || settings_.size() >= kSettingsMax) return;
    if (keyword == "port" || !IsSet(settings_, keyword)) settings_.emplace_back(keyword, std::move(value));
  }
  Settings& settings() { return settings_; }

 private:
  // Patterns with a "*" in their last part, as all distributions write them.
  absl::Status Include(std::string_view patterns, int depth) {
    std::string_view pattern;
    while (NextField(patterns, pattern)) {
      std::string path(FirstWord(pattern));
      if (!path.starts_with('/')) path = "/etc/ssh/" + path;
      const std::size_t star = path.find('*');
      const std::size_t slash = path.rfind('/');
      if (depth >= kIncludesMax) continue;
      if (star == std::string::npos) {
        const absl::Status status = Read(path, depth + 1);
        if (!status.ok() && !absl::IsNotFound(status)) return status;
        continue;
      }
      if (star < slash) continue;
      std::vector<std::string> names;
      const absl::Status listed = platform_.ListDirectory(path.substr(0, slash), names);
      if (!listed.ok() && !absl::IsNotFound(listed)) return listed;
      const std::string before = path.substr(slash + 1, star - slash - 1);
      const std::string after = path.substr(star + 1);
      for (const std::string& name : names) {
        if (name.size() < before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after)) continue;
        if (absl::Status status = Read(path.substr(0, slash + 1) + name, depth + 1); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  Platform& platform_;
  Settings settings_;
};

}  // namespace

bool SshServer::AllowsRootPassword() const {
  std::map<std::string_view, std::string_view> found(settings.begin(), settings.end());
  return found["permitrootlogin"] == "yes" &&
         (found["passwordauthentication"] == "yes" || found["kbdinteractiveauthentication"] == "yes");
}

std::vector<std::pair<std::string, std::string>> ParseSshSettings(std::string_view text) {
  Settings settings;
  std::string_view line;
  while (NextLine(text, line) && settings.size() < kSettingsMax) {
    std::string_view keyword;
    std::string_view value;
    if (!NextField(line, keyword) || !NextField(line, value)) continue;
    if (IsJudged(Keyword(keyword))) settings.emplace_back(Keyword(keyword), Value(value));
  }
  std::sort(settings.begin(), settings.end());
  settings.erase(std::unique(settings.begin(), settings.end()), settings.end());
  return settings;
}

SshServer ReadSshServer(Platform& platform, absl::Duration deadline) {
  SshServer server;
  server.installed = platform.Exists(kConfig);
  const absl::StatusOr<std::string> told = platform.RunTool(Tool::kSshSettings, deadline);
  if (told.ok()) {
    server.installed = true;
    server.source = "sshd";
    server.settings = ParseSshSettings(*told);
    return server;
  }
  if (!server.installed) return server;
  ConfigReader reader(platform);
  if (const absl::Status status = reader.Read(std::string(kConfig), 0); !status.ok()) {
    server.note = StrCat("SSH server: ", status.message(), " (root reads it)");
    return server;
  }
  server.source = "file";
  server.note = "SSH server: by the word of its files alone (root can ask it itself)";
  server.settings = std::move(reader.settings());
  for (const auto& [keyword, value] : kDefaults) {
    if (!IsSet(server.settings, keyword)) server.settings.emplace_back(keyword, value);
  }
  std::sort(server.settings.begin(), server.settings.end());
  server.settings.erase(std::unique(server.settings.begin(), server.settings.end()), server.settings.end());
  return server;
}

}  // namespace steward::agent
