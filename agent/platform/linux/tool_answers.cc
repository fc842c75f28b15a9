#include "agent/platform/linux/tool_answers.h"

#include <unistd.h>

#include <vector>

#include "absl/time/clock.h"
#include "agent/platform/linux/run_program.h"
#include "agent/platform/linux/tools/account_secrets.h"
#include "agent/platform/linux/tools/certificates.h"
#include "agent/platform/linux/tools/failed_logins.h"
#include "agent/platform/linux/tools/firewall.h"
#include "agent/platform/linux/tools/firmware_upgrades.h"
#include "agent/platform/linux/tools/kernel_log.h"
#include "agent/platform/linux/tools/largest_directories.h"
#include "agent/platform/linux/tools/lvm.h"
#include "agent/platform/linux/tools/nut.h"
#include "agent/platform/linux/tools/printers.h"
#include "agent/platform/linux/tools/smart.h"
#include "agent/platform/linux/tools/ssh_settings.h"
#include "agent/platform/linux/tools/systemd.h"
#include "agent/platform/linux/tools/unit_logs.h"
#include "agent/platform/linux/tools/updates.h"
#include "agent/platform/platform.h"
#include "agent/platform/rooted_files.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// The command's output if it ends well.
absl::StatusOr<std::string> Output(const std::vector<std::string>& command, absl::Duration deadline) {
  absl::StatusOr<ProgramEnd> end = RunProgram(command, deadline, kFileBytesMax);
  if (!end.ok()) return end.status();
  if (end->exit_code != 0) return absl::UnavailableError(StrCat(command[0], " failed with exit code ", end->exit_code));
  return std::move(end->output);
}

bool IsRoot() { return ::geteuid() == 0; }

}  // namespace

absl::StatusOr<std::string> RunToolHere(Tool tool, absl::Duration deadline) {
  switch (tool) {
    case Tool::kRpmPackages:
      return Output({"/usr/bin/rpm", "-qa", "--queryformat", "%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{VENDOR}\\n"},
                    deadline);
    case Tool::kFirewall:
      return AskFirewall(RootedFiles(""), deadline);
    case Tool::kSshSettings:
      return AskSshSettings(deadline);
    case Tool::kShadowState:
      return AskShadowState(RootedFiles(""));
    case Tool::kPrivileges:
      return AskPrivileges(RootedFiles(""));
    case Tool::kFailedLogins:
      return AskFailedLogins(RootedFiles(""), "/var/log/btmp", absl::Now(), deadline);
    case Tool::kDmiSerials:
      return AskDmiSerials(RootedFiles(""));
    case Tool::kSmart:
      if (!IsRoot() && !PhysicalDisks(RootedFiles("")).empty()) return absl::PermissionDeniedError("only root may ask disks");
      return AskDisks(RootedFiles(""), kSmartctl, deadline);
    case Tool::kLvm:
      if (!IsRoot() && !DevicesOfLvm(RootedFiles("")).empty()) return absl::PermissionDeniedError("only root may run lvs");
      return AskLvm(RootedFiles(""), "/sbin/lvs", deadline);
    case Tool::kKernelLog:
      return ReadKernelLog();
    case Tool::kUps:
      return AskNut(kNutPort, deadline);
    case Tool::kCertificates:
      return AskCertificates(RootedFiles(""));
    case Tool::kUnitLogs:
      if (!IsRoot()) return absl::PermissionDeniedError("only root may read all services' logs");
      return AskUnitLogs("/usr/bin/systemctl", "/usr/bin/journalctl", deadline);
    case Tool::kLargestDirectories:
      // As another user most of what fills a disk cannot be seen.
      if (!IsRoot()) return absl::PermissionDeniedError("only root may look into all directories");
      return AskLargestDirectories(deadline);
    case Tool::kPrinters:
      return AskPrinters(RootedFiles(""), deadline);
    case Tool::kFirmwareUpgrades:
      return AskFirmwareUpgrades(RootedFiles(""), deadline);
    case Tool::kSystemdUnits:
    case Tool::kSystemdServices:
    case Tool::kSystemdTimers:
      return AskSystemd(tool, deadline);
    case Tool::kAptUpgrades:
      return AskAptUpgrades(deadline);
    case Tool::kDnfUpdates:
      return AskDnfUpdates(deadline);
    default:
      return absl::NotFoundError(StrCat(ToolName(tool), ": not known on this system"));
  }
}

}  // namespace steward::agent
