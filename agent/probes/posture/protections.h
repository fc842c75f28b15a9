// Smaller protections that files of the machine tell of: antivirus, screen lock, Secure Boot, mandatory access control.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "agent/platform/platform.h"

namespace steward::agent {

// ClamAV, the one that distributions have.
struct Antivirus {
  bool installed = false;
  bool scanner_running = false;  // clamd
  bool updater_running = false;  // freshclam
  std::optional<absl::Time> signatures;  // when the newest of its databases was written
};
Antivirus ReadAntivirus(Platform& platform);

// What the system-wide dconf database says of GNOME's lock; a person's own choice may differ where it is not locked there.
struct ScreenLock {
  std::optional<bool> enabled;
  std::optional<std::uint64_t> delay_seconds;  // from the last key to the locked screen
};
// One key file of dconf; what it says goes over what `lock` has.
struct DconfLock {
  std::optional<bool> lock_enabled;
  std::optional<std::uint64_t> idle_seconds;
  std::optional<std::uint64_t> lock_seconds;
};
void ParseDconfLock(std::string_view text, DconfLock& lock);
ScreenLock ReadScreenLock(Platform& platform);

// nullopt: firmware without it (no UEFI).
std::optional<bool> ReadSecureBoot(Platform& platform);

bool IsSelinuxEnforcing(Platform& platform);
bool IsApparmorEnabled(Platform& platform);

}  // namespace steward::agent
