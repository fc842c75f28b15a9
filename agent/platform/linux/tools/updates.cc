#include "agent/platform/linux/tools/updates.h"

#include <utility>

#include "agent/platform/linux/run_program.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr int kDnfHasUpdates = 100;

absl::StatusOr<std::string> DnfCheck(std::vector<std::string> more, absl::Duration deadline) {
  std::vector<std::string> command = {"/usr/bin/dnf", "--quiet", "--cacheonly", "check-update"};
  for (std::string& argument : more) command.push_back(std::move(argument));
  absl::StatusOr<ProgramEnd> end = RunProgram(command, deadline, kFileBytesMax);
  if (!end.ok()) return end.status();
  if (end->exit_code != 0 && end->exit_code != kDnfHasUpdates) {
    return absl::UnavailableError(
        StrCat("dnf failed with exit code ", end->exit_code, ": is there a package list in its cache (dnf makecache)?"));
  }
  return std::move(end->output);
}

}  // namespace

absl::StatusOr<std::string> AskAptUpgrades(absl::Duration deadline) {
  absl::StatusOr<ProgramEnd> end =
      RunProgram({"/usr/bin/apt-get", "--simulate", "--quiet=2", "-o", "Debug::NoLocking=true", "-o",
                  "APT::Get::Show-User-Simulation-Note=false", "dist-upgrade"},
                 deadline, kFileBytesMax);
  if (!end.ok()) return end.status();
  if (end->exit_code != 0) {
    return absl::UnavailableError(StrCat("apt-get failed with exit code ", end->exit_code,
                                         ": is a package half installed, or are its lists damaged (apt-get check)?"));
  }
  return std::move(end->output);
}

absl::StatusOr<std::string> AskDnfUpdates(absl::Duration deadline) {
  absl::StatusOr<std::string> answer = DnfCheck({}, deadline / 2);
  if (!answer.ok()) return answer;
  const absl::StatusOr<std::string> security = DnfCheck({"--security"}, deadline / 2);
  if (!security.ok()) return security;
  StrAppend(&*answer, "\nsecurity:\n", *security);
  return answer;
}

}  // namespace steward::agent
