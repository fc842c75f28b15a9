#include "agent/platform/linux/tools/systemd.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "agent/platform/linux/run_program.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// Made by systemd when it is process 1 (sd_booted(3)).
constexpr char kBooted[] = "/run/systemd/system";

// systemctl writes times in the zone of its environment; --timestamp= is not known before version 247.
absl::StatusOr<std::string> Systemctl(std::vector<std::string> arguments, absl::Duration deadline) {
  std::vector<std::string> command = {"/usr/bin/env", "TZ=UTC", "systemctl", "--no-pager"};
  for (std::string& argument : arguments) command.push_back(std::move(argument));
  absl::StatusOr<ProgramEnd> end = RunProgram(command, deadline, kFileBytesMax);
  if (absl::IsDeadlineExceeded(end.status())) {
    return absl::DeadlineExceededError(StrCat("systemctl: no answer from systemd within ", absl::FormatDuration(deadline)));
  }
  if (!end.ok()) return end.status();
  if (end->exit_code != 0) {
    return absl::UnavailableError(
        StrCat("systemctl failed with exit code ", end->exit_code, ": systemd cannot be reached, is D-Bus running?"));
  }
  return std::move(end->output);
}

absl::StatusOr<std::string> ManagerAndServices(absl::Duration deadline) {
  absl::StatusOr<std::string> answer = Systemctl({"show", "--property=Version,SystemState"}, deadline / 2);
  if (!answer.ok()) return answer;
  // A pattern names the units that are loaded, with --all also those that do not run.
  const absl::StatusOr<std::string> services =
      Systemctl({"show", "--all", "--property=Id,Type,Restart,NRestarts,Result,NAccepted,NConnections,NRefused,InactiveEnterTimestampMonotonic",
                 "*.service", "*.socket"},
                deadline / 2);
  if (!services.ok()) return services;
  StrAppend(&*answer, "\n", *services);
  return answer;
}

}  // namespace

absl::StatusOr<std::string> AskSystemd(Tool tool, absl::Duration deadline) {
  if (::access(kBooted, F_OK) != 0) return absl::NotFoundError("this machine was not started by systemd");
  switch (tool) {
    case Tool::kSystemdUnits:
      return Systemctl({"list-units", "--all", "--full", "--plain", "--no-legend"}, deadline);
    case Tool::kSystemdServices:
      return ManagerAndServices(deadline);
    case Tool::kSystemdTimers:
      return Systemctl({"show", "--all",
                        "--property=Id,Unit,Result,LastTriggerUSec,NextElapseUSecRealtime,NextElapseUSecMonotonic,"
                        "StateChangeTimestamp,StateChangeTimestampMonotonic",
                        "*.timer"},
                       deadline);
    default:
      return absl::InvalidArgumentError(StrCat(ToolName(tool), " is no question to systemd"));
  }
}

}  // namespace steward::agent
