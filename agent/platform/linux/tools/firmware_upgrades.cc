#include "agent/platform/linux/tools/firmware_upgrades.h"

#include "agent/platform/linux/run_program.h"
#include "agent/platform/linux/tools/service_state.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr char kFwupdmgr[] = "/usr/bin/fwupdmgr";
constexpr int kNothingToDo = 2;  // of some versions, where there is no upgrade
constexpr char kNoUpgrades[] = "{\"Devices\":[]}";

}  // namespace

absl::StatusOr<std::string> AskFirmwareUpgrades(const RootedFiles& files, absl::Duration deadline) {
  if (!files.Exists(kFwupdmgr)) return absl::NotFoundError("no fwupdmgr: fwupd is not installed");
  if (!IsRunning(files, "fwupd.service")) return std::string();
  absl::StatusOr<ProgramEnd> end = RunProgram({kFwupdmgr, "get-upgrades", "--json"}, deadline, kFileBytesMax);
  if (!end.ok()) return end.status();
  if (end->exit_code == kNothingToDo) return std::string(kNoUpgrades);
  if (end->exit_code != 0) return absl::UnavailableError(StrCat(kFwupdmgr, " failed with exit code ", end->exit_code));
  return std::move(end->output);
}

}  // namespace steward::agent
