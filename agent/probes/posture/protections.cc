#include "agent/probes/posture/protections.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agent/probes/posture/firewall_state.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 6> kDatabases = {
    "/var/lib/clamav/daily.cvd", "/var/lib/clamav/daily.cld",    "/var/lib/clamav/main.cvd",
    "/var/lib/clamav/main.cld",  "/var/lib/clamav/bytecode.cvd", "/var/lib/clamav/bytecode.cld"};
constexpr std::string_view kDconfDirectory = "/etc/dconf/db/local.d";
constexpr std::string_view kSecureBoot = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
constexpr std::size_t kEfiAttributesBytes = 4;  // before a variable's own bytes

bool IsAnyRunning(Platform& platform, std::initializer_list<std::string_view> services) {
  return std::any_of(services.begin(), services.end(),
                     [&](std::string_view service) { return IsServiceRunning(platform, service); });
}

// "uint32 300" or "300".
std::optional<std::uint64_t> DconfNumber(std::string_view value) {
  if (value.starts_with("uint32 ")) value.remove_prefix(7);
  return ParseUnsigned(Trimmed(value));
}

std::optional<bool> DconfBool(std::string_view value) {
  if (value == "true") return true;
  return value == "false" ? std::optional<bool>(false) : std::nullopt;
}

}  // namespace

Antivirus ReadAntivirus(Platform& platform) {
  Antivirus found;
  found.installed = platform.Exists("/usr/sbin/clamd") || platform.Exists("/usr/bin/freshclam");
  if (!found.installed) return found;
  found.scanner_running = IsAnyRunning(platform, {"clamav-daemon.service", "system-clamd.slice", "clamd@scan.service", "clamd.service"});
  found.updater_running = IsAnyRunning(platform, {"clamav-freshclam.service"});
  for (const std::string_view database : kDatabases) {
    const absl::StatusOr<FileAttributes> attributes = platform.Attributes(database);
    if (!attributes.ok()) continue;
    found.signatures = std::max(found.signatures.value_or(absl::InfinitePast()), attributes->modified);
  }
  return found;
}

void ParseDconfLock(std::string_view text, DconfLock& lock) {
  std::string_view section;
  std::string_view line;
  while (NextLine(text, line)) {
    line = Trimmed(line);
    if (line.starts_with('[')) section = line;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.starts_with('#')) continue;
    const std::string_view key = Trimmed(line.substr(0, equals));
    const std::string_view value = Trimmed(line.substr(equals + 1));
    if (section == "[org/gnome/desktop/screensaver]" && key == "lock-enabled") lock.lock_enabled = DconfBool(value);
    if (section == "[org/gnome/desktop/screensaver]" && key == "lock-delay") lock.lock_seconds = DconfNumber(value);
    if (section == "[org/gnome/desktop/session]" && key == "idle-delay") lock.idle_seconds = DconfNumber(value);
  }
}

ScreenLock ReadScreenLock(Platform& platform) {
  std::vector<std::string> names;
  if (!platform.ListDirectory(kDconfDirectory, names).ok()) return {};
  DconfLock lock;
  std::string text;
  for (const std::string& name : names) {
    if (platform.ReadFile(StrCat(kDconfDirectory, "/", name), text).ok()) ParseDconfLock(text, lock);
  }
  ScreenLock result;
  result.enabled = lock.lock_enabled;
  if (lock.idle_seconds == std::uint64_t{0}) result.enabled = false;  // it never gets idle
  if (lock.idle_seconds.value_or(0) > 0) {
    result.delay_seconds = *lock.idle_seconds + std::min(lock.lock_seconds.value_or(0), std::uint64_t{1} << 32);
  }
  return result;
}

std::optional<bool> ReadSecureBoot(Platform& platform) {
  std::string variable;
  if (!platform.ReadFile(kSecureBoot, variable).ok() || variable.size() <= kEfiAttributesBytes) return std::nullopt;
  return variable[kEfiAttributesBytes] == 1;
}

bool IsSelinuxEnforcing(Platform& platform) {
  std::string text;
  return platform.ReadFile("/sys/fs/selinux/enforce", text).ok() && Trimmed(text) == "1";
}

bool IsApparmorEnabled(Platform& platform) {
  std::string text;
  return platform.ReadFile("/sys/module/apparmor/parameters/enabled", text).ok() && Trimmed(text) == "Y";
}

}  // namespace steward::agent
