#include "agent/platform/linux/tools/updates.h"

#include <sys/stat.h>

#include <functional>
#include <initializer_list>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "agent/platform/linux/run_program.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr int kDnfHasUpdates = 100;
constexpr absl::Duration kKeptFor = absl::Hours(24);

// When each was changed; what is not there is as old as can be.
std::string ChangeMark(std::initializer_list<const char*> paths) {
  std::string mark;
  for (const char* path : paths) {
    struct stat attributes = {};
    if (::stat(path, &attributes) == 0) StrAppend(&mark, attributes.st_mtim.tv_sec, ".", attributes.st_mtim.tv_nsec);
    mark += ';';
  }
  return mark;
}

// The last answer. Who asks while it is being found waits for it.
class KeptAnswer {
 public:
  absl::StatusOr<std::string> Get(const std::string& mark, const std::function<absl::StatusOr<std::string>()>& ask) {
    const std::scoped_lock lock(mutex_);
    const absl::Time now = absl::Now();
    if (mark == mark_ && now >= asked_ && now - asked_ < kKeptFor) return answer_;
    absl::StatusOr<std::string> answer = ask();
    if (!answer.ok()) return answer;
    answer_ = *answer;
    mark_ = mark;
    asked_ = now;
    return answer;
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::string answer_;
  std::string mark_;
  absl::Time asked_ = absl::InfinitePast();
};

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

absl::StatusOr<std::string> AptDryRun(absl::Duration deadline) {
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

absl::StatusOr<std::string> DnfLists(absl::Duration deadline) {
  absl::StatusOr<std::string> answer = DnfCheck({}, deadline / 2);
  if (!answer.ok()) return answer;
  const absl::StatusOr<std::string> security = DnfCheck({"--security"}, deadline / 2);
  if (!security.ok()) return security;
  StrAppend(&*answer, "\nsecurity:\n", *security);
  return answer;
}

}  // namespace

absl::StatusOr<std::string> AskAptUpgrades(absl::Duration deadline) {
  static auto& kept = *new KeptAnswer;  // a thread that asks may outlive main
  const std::string mark = ChangeMark({"/var/lib/dpkg/status", "/var/lib/apt/lists", "/etc/apt", "/etc/apt/apt.conf.d",
                                       "/etc/apt/preferences.d", "/etc/apt/sources.list.d"});
  return kept.Get(mark, [deadline] { return AptDryRun(deadline); });
}

absl::StatusOr<std::string> AskDnfUpdates(absl::Duration deadline) {
  static auto& kept = *new KeptAnswer;  // a thread that asks may outlive main
  const std::string mark = ChangeMark({"/var/lib/rpm", "/usr/lib/sysimage/rpm", "/var/cache/dnf", "/var/cache/libdnf5",
                                       "/etc/dnf", "/etc/yum.repos.d"});
  return kept.Get(mark, [deadline] { return DnfLists(deadline); });
}

}  // namespace steward::agent
