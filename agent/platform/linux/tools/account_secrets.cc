#include "agent/platform/linux/tools/account_secrets.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 2> kRootKeys = {"/root/.ssh/authorized_keys", "/root/.ssh/authorized_keys2"};
constexpr std::array<std::string_view, 4> kSerials = {"product_uuid", "product_serial", "board_serial", "chassis_serial"};

// Goes from memory when it is no longer needed.
class SecretText {
 public:
  ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
  std::string text;
};

std::string_view StateOf(absl::string_view hash) {
  if (hash.empty()) return "none";
  return hash[0] == '!' || hash[0] == '*' ? "locked" : "set";
}

bool IsNumber(absl::string_view text) {
  return !text.empty() && text.size() <= 9 && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Without comments, lines that end in a backslash joined.
std::vector<std::string> SudoersLines(std::string_view sudoers) {
  std::vector<std::string> lines;
  std::string joined;
  for (absl::string_view line : absl::StrSplit(ToAbsl(sudoers), '\n')) {
    const bool goes_on = absl::EndsWith(line, "\\");
    if (goes_on) line.remove_suffix(1);
    StrAppend(&joined, line, " ");
    if (goes_on) continue;
    // "#1000" at the start is a user's number, and so is no comment.
    const std::size_t comment = joined.find('#', joined.size() > 1 && joined[0] == '#' && absl::ascii_isdigit(joined[1]) ? 1 : 0);
    const absl::string_view text = absl::StripAsciiWhitespace(absl::string_view(joined).substr(0, comment));
    if (!text.empty()) lines.emplace_back(text);
    joined.clear();
  }
  return lines;
}

using Aliases = std::map<std::string, std::string, std::less<>>;  // name to users, comma between

void AppendUsers(absl::string_view list, std::string_view how, const Aliases& aliases, int depth, std::string& out) {
  for (absl::string_view user : absl::StrSplit(list, ',')) {
    user = absl::StripAsciiWhitespace(user);
    if (user.empty() || user[0] == '!') continue;
    const auto alias = aliases.find(ToStd(user));
    if (alias != aliases.end() && depth < 8) {
      AppendUsers(alias->second, how, aliases, depth + 1, out);
    } else {
      StrAppend(&out, "sudo\t", user, "\t", how, "\n");
    }
  }
}

// The words of a rule before its first "=" are users and hosts; lists have blanks after their commas.
absl::string_view UsersOf(absl::string_view rule) {
  std::size_t end = 0;
  while (end < rule.size()) {
    end = rule.find_first_of(" \t", end);
    if (end == absl::string_view::npos) return rule;
    const std::size_t next = rule.find_first_not_of(" \t", end);
    const bool goes_on = rule[end - 1] == ',' || (next != absl::string_view::npos && rule[next] == ',');
    if (!goes_on) return rule.substr(0, end);
    end = next + 1;
  }
  return rule;
}

bool AllowsAll(absl::string_view rule) {
  std::vector<std::string> words = absl::StrSplit(rule.substr(std::min(rule.find('=') + 1, rule.size())), absl::ByAnyChar(" \t,:()"), absl::SkipEmpty());
  return !words.empty() && words.back() == "ALL";
}

std::string Fingerprint(absl::string_view base64) {
  std::string key;
  if (!absl::Base64Unescape(base64, &key) || key.empty()) return "";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  std::string text = absl::Base64Escape({reinterpret_cast<const char*>(digest.data()), digest.size()});
  while (!text.empty() && text.back() == '=') text.pop_back();
  return "SHA256:" + text;
}

bool IsKeyType(absl::string_view word) {
  return absl::StartsWith(word, "ssh-") || absl::StartsWith(word, "ecdsa-") || absl::StartsWith(word, "sk-");
}

}  // namespace

std::string ReduceShadow(std::string_view shadow) {
  std::string reduced;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(shadow), '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    if (fields.size() < 3 || fields[0].empty()) continue;
    StrAppend(&reduced, fields[0], "\t", StateOf(fields[1]), "\t", IsNumber(fields[2]) ? fields[2] : absl::string_view(), "\n");
  }
  return reduced;
}

absl::StatusOr<std::string> AskShadowState(const RootedFiles& files) {
  SecretText shadow;
  if (absl::Status status = files.ReadFile("/etc/shadow", shadow.text); !status.ok()) return status;
  return ReduceShadow(shadow.text);
}

std::string ReduceSudoers(std::string_view sudoers) {
  const std::vector<std::string> lines = SudoersLines(sudoers);
  Aliases aliases;
  for (const std::string& line : lines) {
    if (!absl::StartsWith(line, "User_Alias")) continue;
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(absl::string_view(line).substr(10), absl::MaxSplits('=', 1));
    aliases[std::string(absl::StripAsciiWhitespace(parts.first))] = std::string(parts.second);
  }
  std::string reduced;
  for (const std::string& line : lines) {
    const bool is_rule = line[0] != '@' && line.find('=') != std::string::npos && !absl::StartsWith(line, "Defaults") &&
                         line.substr(0, line.find_first_of(" \t")).find("_Alias") == std::string::npos;
    if (is_rule) AppendUsers(UsersOf(line), AllowsAll(line) ? "all" : "some", aliases, 0, reduced);
  }
  return reduced;
}

std::string ReduceAuthorizedKeys(std::string_view keys) {
  std::string reduced;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(keys), '\n')) {
    if (absl::StartsWith(line, "#")) continue;
    // Options may stand before the kind of key; what is between quotes there has no kind in it.
    const std::vector<absl::string_view> words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipWhitespace());
    const auto type = std::find_if(words.begin(), words.end(), IsKeyType);
    if (type == words.end() || type + 1 == words.end()) continue;
    const std::string fingerprint = Fingerprint(*(type + 1));
    if (fingerprint.empty()) continue;
    std::string comment;
    for (auto word = type + 2; word != words.end(); ++word) StrAppend(&comment, comment.empty() ? "" : " ", *word);
    StrAppend(&reduced, "key\t", fingerprint, "\t", absl::StripAsciiWhitespace(comment), "\n");
  }
  return reduced;
}

absl::StatusOr<std::string> AskPrivileges(const RootedFiles& files) {
  std::string reduced;
  std::string text;
  bool found = files.ReadFile("/etc/sudoers", text).ok();
  if (found) reduced += ReduceSudoers(text);
  std::vector<std::string> names;
  if (files.ListDirectory("/etc/sudoers.d", names).ok()) {
    for (const std::string& name : names) {
      // As sudo itself: no copies of an editor or the package manager.
      if (name.ends_with('~') || name.find('.') != std::string::npos) continue;
      if (files.ReadFile(StrCat("/etc/sudoers.d/", name), text).ok()) reduced += ReduceSudoers(text);
    }
  }
  for (const std::string_view path : kRootKeys) {
    if (!files.ReadFile(path, text).ok()) continue;
    found = true;
    reduced += ReduceAuthorizedKeys(text);
  }
  if (!found) return absl::NotFoundError("neither sudo nor keys of root's");
  return reduced;
}

absl::StatusOr<std::string> AskDmiSerials(const RootedFiles& files) {
  std::string lines;
  std::string text;
  for (const std::string_view name : kSerials) {
    if (!files.ReadFile(StrCat("/sys/class/dmi/id/", name), text).ok()) continue;
    const absl::string_view value = absl::StripAsciiWhitespace(text);
    if (!value.empty()) StrAppend(&lines, name, "\t", value, "\n");
  }
  if (lines.empty()) return absl::NotFoundError("the firmware tells no serial numbers");
  return lines;
}

}  // namespace steward::agent
