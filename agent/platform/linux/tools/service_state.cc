#include "agent/platform/linux/tools/service_state.h"

#include <array>

#include "base/text.h"

namespace steward::agent {
namespace {

constexpr char kBooted[] = "/run/systemd/system";
// Of version 2, and of version 1 or both.
constexpr std::array<std::string_view, 2> kGroups = {"/sys/fs/cgroup/system.slice/", "/sys/fs/cgroup/systemd/system.slice/"};

}  // namespace

bool IsSystemd(const RootedFiles& files) { return files.Exists(kBooted); }

bool IsRunning(const RootedFiles& files, std::string_view unit) {
  if (!IsSystemd(files)) return false;
  for (const std::string_view group : kGroups) {
    if (files.Exists(StrCat(group, unit))) return true;
  }
  return false;
}

}  // namespace steward::agent
