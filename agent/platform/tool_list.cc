#include <array>

#include "agent/platform/tool.h"

namespace steward::agent {
namespace {

constexpr std::array kTools = {
    ToolDefinition{Tool::kRpmPackages, "rpm"},
    ToolDefinition{Tool::kSystemdUnits, "systemd-units"},
    ToolDefinition{Tool::kSystemdServices, "systemd-services"},
    ToolDefinition{Tool::kSystemdTimers, "systemd-timers"},
    ToolDefinition{Tool::kAptUpgrades, "apt-upgrades"},
    ToolDefinition{Tool::kDnfUpdates, "dnf-updates"},
    ToolDefinition{Tool::kSmart, "smart", true},
    ToolDefinition{Tool::kLvm, "lvm", true},
    ToolDefinition{Tool::kKernelLog, "kernel-log", true},
    ToolDefinition{Tool::kFirewall, "firewall", true},
    ToolDefinition{Tool::kSshSettings, "ssh-settings", true},
    ToolDefinition{Tool::kShadowState, "shadow-state", true},
    ToolDefinition{Tool::kPrivileges, "privileges", true},
    ToolDefinition{Tool::kFailedLogins, "failed-logins", true},
    ToolDefinition{Tool::kDmiSerials, "dmi-serials", true},
    ToolDefinition{Tool::kUps, "ups"},
    ToolDefinition{Tool::kPrinters, "printers"},
    ToolDefinition{Tool::kFirmwareUpgrades, "firmware-upgrades"},
    ToolDefinition{Tool::kCertificates, "certificates", true},
    ToolDefinition{Tool::kUnitLogs, "unit-logs", true},
    ToolDefinition{Tool::kLargestDirectories, "largest-directories", true},
};

constexpr bool InOrder() {
  for (std::size_t index = 0; index < kTools.size(); ++index) {
    if (static_cast<std::size_t>(kTools[index].tool) != index) return false;
  }
  return true;
}
static_assert(InOrder());

}  // namespace

absl::Span<const ToolDefinition> ToolList() { return kTools; }
std::string_view ToolName(Tool tool) { return kTools[static_cast<std::size_t>(tool)].name; }
bool NeedsRoot(Tool tool) { return kTools[static_cast<std::size_t>(tool)].needs_root; }

std::optional<Tool> ToolNamed(std::string_view name) {
  for (const ToolDefinition& definition : kTools) {
    if (definition.name == name) return definition.tool;
  }
  return std::nullopt;
}

}  // namespace steward::agent
