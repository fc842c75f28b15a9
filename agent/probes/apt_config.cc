#include "agent/probes/apt_config.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kParts = "/etc/apt/apt.conf.d";
constexpr std::size_t kDepthMax = 32;

class Parser {
 public:
  Parser(std::string_view text, AptSettings& settings) : rest_(text), settings_(settings) {}

  void Run() {
    while (!rest_.empty()) Step();
  }

 private:
  void Step() {
    if (rest_.starts_with("//") || rest_.starts_with('#')) {
      Skip(rest_.find('\n'));
    } else if (rest_.starts_with("/*")) {
      const std::size_t end = rest_.find("*/", 2);
      Skip(end == std::string_view::npos ? end : end + 2);
    } else if (rest_.front() == '{') {
      if (scopes_.size() < kDepthMax) scopes_.push_back(std::exchange(key_, {}));
      Skip(1);
    } else if (rest_.front() == '}') {
      if (!scopes_.empty()) scopes_.pop_back();
      Skip(1);
    } else if (rest_.front() == ';') {
      key_ = {};
      Skip(1);
    } else if (rest_.front() == '"') {
      TakeValue();
    } else {
      TakeWord();
    }
  }

  void TakeValue() {
    const std::size_t end = rest_.find('"', 1);
    if (end != std::string_view::npos) Set(rest_.substr(1, end - 1));
    Skip(end == std::string_view::npos ? end : end + 1);
  }

  // A name, or a value without quotes.
  void TakeWord() {
    const std::size_t end = rest_.find_first_of(" \t\r\n{};\"");
    const std::string_view word = rest_.substr(0, end);
    if (!word.empty() && key_.empty()) {
      key_ = word;
    } else if (!word.empty()) {
      Set(word);
    }
    Skip(word.empty() ? 1 : end);
  }

  void Set(std::string_view value) {
    if (key_.empty()) return;
    std::string name;
    for (const std::string_view scope : scopes_) StrAppend(&name, scope, "::");
    name += key_;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    settings_[std::move(name)] = std::string(value);
  }

  void Skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }

  std::string_view rest_;
  AptSettings& settings_;
  std::vector<std::string_view> scopes_;
  std::string_view key_;
};

// As apt chooses: no suffix, or .conf.
bool IsRead(std::string_view name) {
  return !name.starts_with('.') && (name.find('.') == std::string_view::npos || name.ends_with(".conf"));
}

}  // namespace

void ParseAptConfig(std::string_view text, AptSettings& settings) { Parser(text, settings).Run(); }

AptSettings ReadAptConfig(Platform& platform) {
  AptSettings settings;
  std::vector<std::string> names;
  std::string text;
  (void)platform.ListDirectory(kParts, names);
  for (const std::string& name : names) {
    if (IsRead(name) && platform.ReadFile(StrCat(kParts, "/", name), text).ok()) ParseAptConfig(text, settings);
  }
  if (platform.ReadFile("/etc/apt/apt.conf", text).ok()) ParseAptConfig(text, settings);
  return settings;
}

}  // namespace steward::agent
