// The external programs and root's own answers that the agent may ask for: a fixed list, without free arguments and
// without a shell.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/types/span.h"

namespace steward::agent {

// What each prints is described beside the parser of its output.
enum class Tool : std::uint8_t {
  kRpmPackages,     // rpm -qa: a line a package, name, version-release, architecture, vendor, tab between
  kSystemdUnits,    // systemctl list-units --all
  kSystemdServices, // systemctl show of all services: restarts, results, unit file states
  kSystemdTimers,   // systemctl show of all timers: last and next elapse
  kAptUpgrades,     // apt-get --simulate dist-upgrade: what waits, and where it comes from
  kDnfUpdates,      // dnf updateinfo of what waits, from the cache
  kSmart,           // root: smartctl --json of every disk that is awake, in one JSON array (linux/tools/smart.h)
  kLvm,             // root: lvs --reportformat json
  kKernelLog,       // root: lines of the kernel's log that tell of faults (linux/tools/kernel_log.h)
  kFirewall,        // root: nft's or iptables' input policy
  kSshSettings,     // root: sshd -T
  kShadowState,     // root: a line an account, name, state of its password, day of its last change; never a hash
  kPrivileges,      // root: who may become root by sudoers, and the keys of root
  kFailedLogins,    // root: a line a failed log-in of the last hour, time, user, source
  kDmiSerials,      // root: serial numbers below /sys/class/dmi/id
  kUps,             // what the NUT server on this machine tells of each UPS: its own lines, UPS and VAR
  kPrinters,        // lpstat -l -p of this machine's CUPS (linux/tools/printers.h)
  kFirmwareUpgrades,  // fwupdmgr get-upgrades --json, while fwupd runs (linux/tools/firmware_upgrades.h)
  kCertificates,    // root: certificates in folders that only root may read (linux/tools/certificates.h)
  kUnitLogs,        // root: the last words of services that have failed (linux/tools/unit_logs.h)
  kLargestDirectories,  // root: what takes the room of file systems that are nearly full (linux/tools/largest_directories.h)
};

struct ToolDefinition {
  Tool tool;
  std::string_view name;  // in recordings, metrics and the helper's protocol
  bool needs_root = false;
};

// In the order of the enumeration.
absl::Span<const ToolDefinition> ToolList();
std::string_view ToolName(Tool tool);
bool NeedsRoot(Tool tool);
std::optional<Tool> ToolNamed(std::string_view name);

}  // namespace steward::agent
