// steward-agent helper
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "agent/command_support.h"
#include "agent/commands.h"
#include "agent/helper/helper_server.h"
#include "agent/log_setup.h"
#include "agent/platform/linux/tool_answers.h"
#include "base/text.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kIdle = absl::Minutes(1);

// From the file alone: a program without shared libraries has no other name service.
std::optional<uid_t> UserNamed(const std::string& name) {
  std::ifstream accounts("/etc/passwd");
  for (std::string line; std::getline(accounts, line);) {
    if (!line.starts_with(name + ":")) continue;
    const std::size_t number = line.find(':', name.size() + 1);
    if (number == std::string::npos) return std::nullopt;
    return static_cast<uid_t>(std::strtoul(line.c_str() + number + 1, nullptr, 10));
  }
  return std::nullopt;
}

volatile std::sig_atomic_t stop_asked = 0;

}  // namespace

int RunHelperCommand(const HelperOptions& options) {
  SetUpLog(false, "info");
  if (::geteuid() != 0) return Fail(kWrongUsage, absl::PermissionDeniedError("the helper answers what only root can: start it as root"));
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  const auto user = UserNamed(options.user);
  const auto socket = HelperSocket(options.socket, user.value_or(0));
  if (!socket.ok()) return Fail(kFailed, socket.status());
  struct stat place = {};
  if (::stat(options.socket.c_str(), &place) != 0) return Fail(kFailed, absl::NotFoundError(StrCat(options.socket, ": no such socket; --socket must be the socket unit's")));
  HelperSettings settings;
  settings.listening_socket = *socket;
  settings.user = place.st_uid;
  if (options.idle_ends) settings.idle_max = kIdle;
  settings.answer = [](Tool tool, absl::Duration deadline) {
    auto answer = RunToolHere(tool, deadline);
    if (!answer.ok()) spdlog::debug("{}: {}", ToolName(tool), std::string(answer.status().message()));
    return answer;
  };
  const absl::Status status = ServeHelper(settings, [] { return stop_asked != 0; });
  return status.ok() ? kDone : Fail(kFailed, status);
}

}  // namespace steward::agent
