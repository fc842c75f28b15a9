#include "agent/platform/linux/tools/ssh_settings.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_split.h"
#include "agent/platform/linux/run_program.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 10> kSshKeywords = {
    "challengeresponseauthentication", "kbdinteractiveauthentication", "maxauthtries",         "passwordauthentication",
    "permitemptypasswords",            "permitrootlogin",              "port",                 "pubkeyauthentication",
    "usepam",                          "x11forwarding"};

}  // namespace

std::string ReduceSshSettings(std::string_view printed) {
  std::string reduced;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(printed), '\n')) {
    const std::string_view keyword = ToStd(line.substr(0, line.find(' ')));
    if (std::find(kSshKeywords.begin(), kSshKeywords.end(), keyword) == kSshKeywords.end()) continue;
    StrAppend(&reduced, line, "\n");
  }
  return reduced;
}

absl::StatusOr<std::string> AskSshSettings(absl::Duration deadline) {
  const absl::StatusOr<ProgramEnd> end = RunProgram({"/usr/sbin/sshd", "-T"}, deadline, kFileBytesMax);
  if (!end.ok()) return end.status();
  if (end->exit_code != 0) return absl::UnavailableError(StrCat("sshd -T failed with exit code ", end->exit_code));
  return ReduceSshSettings(end->output);
}

}  // namespace steward::agent
