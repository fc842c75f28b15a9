#include "agent/platform/linux/tools/printers.h"

#include "agent/platform/linux/run_program.h"
#include "agent/platform/linux/tools/service_state.h"
#include "agent/platform/platform.h"

namespace steward::agent {
namespace {

constexpr char kLpstat[] = "/usr/bin/lpstat";
constexpr char kSocket[] = "/run/cups/cups.sock";

}  // namespace

absl::StatusOr<std::string> AskPrinters(const RootedFiles& files, absl::Duration deadline) {
  if (!files.Exists(kLpstat)) return absl::NotFoundError("no lpstat: CUPS is not installed");
  if (!files.Exists(kSocket) || (IsSystemd(files) && !IsRunning(files, "cups.service"))) return std::string();
  absl::StatusOr<ProgramEnd> end = RunProgram({kLpstat, "-h", kSocket, "-l", "-p"}, deadline, kFileBytesMax);
  if (!end.ok()) return end.status();
  // It fails as well where there is no printer, and tells so on stderr alone.
  return std::move(end->output);
}

}  // namespace steward::agent
