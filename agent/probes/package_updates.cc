#include "agent/probes/package_updates.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDpkgStatus = "/var/lib/dpkg/status";
// What is installed, what is offered, from where and what of it is wanted. Folders change with the files that are replaced in them.
constexpr std::array<std::string_view, 8> kAptReads = {
    kDpkgStatus,          "/var/lib/apt/extended_states", "/var/lib/apt/lists",   "/etc/apt/sources.list", "/etc/apt/sources.list.d",
    "/etc/apt/preferences", "/etc/apt/preferences.d",       "/etc/apt/apt.conf.d"};

// Takes what is between `open` and `close` off `rest`, which begins with it after blanks.
bool NextBracketed(std::string_view& rest, char open, char close, std::string_view& inside) {
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
  const std::size_t end = rest.find(close);
  if (!rest.starts_with(open) || end == std::string_view::npos) return false;
  inside = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  return true;
}

bool MentionsSecurity(std::string_view origins) {
  constexpr std::string_view kWanted = "security";
  const auto found = std::search(origins.begin(), origins.end(), kWanted.begin(), kWanted.end(), [](char left, char right) {
    return std::tolower(static_cast<unsigned char>(left)) == right;
  });
  // Ubuntu's extended support is for security alone, whatever the archive's name.
  return found != origins.end() || origins.find("UbuntuESM") != std::string_view::npos;
}

// Packages as dnf lists them: three fields each. Long ones go on in the next line, which then begins with a blank.
std::vector<std::vector<std::string_view>> DnfPackages(std::string_view text) {
  std::vector<std::vector<std::string_view>> packages;
  std::string_view line;
  while (NextLine(text, line)) {
    if (line.starts_with("Obsoleting") || line == "security:") break;
    const bool goes_on = line.starts_with(' ') && !packages.empty() && packages.back().size() < 3;
    if (!goes_on) packages.emplace_back();
    std::string_view field;
    while (NextField(line, field)) packages.back().push_back(field);
  }
  std::erase_if(packages, [](const auto& fields) { return fields.size() != 3 || fields[0].find('.') == std::string_view::npos; });
  return packages;
}

// "bash.x86_64" is "bash" where that is the machine's own.
std::string DnfName(std::string_view package, std::string_view own_architecture) {
  const std::size_t dot = package.rfind('.');
  const std::string_view architecture = package.substr(dot + 1);
  const bool is_own = architecture == own_architecture || architecture == "noarch";
  return std::string(is_own ? package.substr(0, dot) : package);
}

}  // namespace

absl::StatusOr<PendingUpdates> ParseAptUpgrades(std::string_view text) {
  PendingUpdates updates;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view word;
    std::string_view name;
    std::string_view installed;
    std::string_view offer;
    std::string_view candidate;
    if (!NextField(rest, word) || word != "Inst") continue;
    const bool is_package = NextField(rest, name);
    const bool is_installed = NextBracketed(rest, '[', ']', installed);
    if (!is_package || !NextBracketed(rest, '(', ')', offer) || !NextField(offer, candidate)) {
      return Malformed("apt-get", line);
    }
    if (is_installed) updates[std::string(name)] = {std::string(installed), std::string(candidate), MentionsSecurity(offer)};
  }
  return updates;
}

PendingUpdates ParseDnfUpdates(std::string_view text, std::string_view own_architecture) {
  PendingUpdates updates;
  for (const auto& fields : DnfPackages(text)) {
    updates[DnfName(fields[0], own_architecture)].candidate = std::string(fields[1]);
  }
  constexpr std::string_view kSecurity = "\nsecurity:\n";
  const std::size_t security = text.find(kSecurity);
  if (security == std::string_view::npos) return updates;
  for (const auto& fields : DnfPackages(text.substr(security + kSecurity.size()))) {
    PendingUpdate& update = updates[DnfName(fields[0], own_architecture)];
    update.is_security = true;
    // The newest that an advisory names may be older than the newest there is.
    if (update.candidate.empty()) update.candidate = std::string(fields[1]);
  }
  return updates;
}

absl::StatusOr<PendingUpdates> PackageUpdates::Ask() {
  const absl::MutexLock lock(&mutex_);
  if (!platform_.Exists(kDpkgStatus)) return AskDnf();
  absl::StatusOr<PendingUpdates> updates = AskApt();
  return absl::IsNotFound(updates.status()) ? AskDnf() : updates;
}

absl::StatusOr<PendingUpdates> PackageUpdates::AskApt() {
  const std::string stamp = AptStamp();
  const absl::Time now = platform_.WallTime().value_or(absl::InfinitePast());
  if (stamp == stamp_ && now >= asked_ && now - asked_ < kKept) return answer_;
  const absl::StatusOr<std::string> text = platform_.RunTool(Tool::kAptUpgrades, kDeadline);
  if (!text.ok()) return text.status();
  absl::StatusOr<PendingUpdates> updates = ParseAptUpgrades(*text);
  if (!updates.ok()) return updates;
  stamp_ = stamp;
  asked_ = now;
  answer_ = *updates;
  return updates;
}

std::string PackageUpdates::AptStamp() {
  std::string stamp = "apt";
  for (const std::string_view path : kAptReads) {
    const absl::StatusOr<FileAttributes> file = platform_.Attributes(path);
    StrAppend(&stamp, " ", file.ok() ? absl::ToUnixNanos(file->modified) : 0, "/", file.ok() ? file->bytes : 0);
  }
  return stamp;
}

absl::StatusOr<PendingUpdates> PackageUpdates::AskDnf() {
  const absl::StatusOr<std::string> text = platform_.RunTool(Tool::kDnfUpdates, kDeadline);
  if (absl::IsNotFound(text.status())) return absl::NotFoundError("neither apt nor dnf: waiting updates are not known");
  if (!text.ok()) return text.status();
  const absl::StatusOr<SystemName> name = platform_.Name();
  return ParseDnfUpdates(*text, name.ok() ? name->machine : "");
}

}  // namespace steward::agent
