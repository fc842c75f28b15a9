// The root helper: answers the questions of the agent, which itself has no privilege. It has no network, takes no argument
// beyond the name of a tool from a fixed list, and changes nothing.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/tool.h"

namespace steward::agent {

// More questions at once wait in the socket's queue.
inline constexpr int kHelperAtOnceMax = 4;

struct HelperSettings {
  int listening_socket = -1;  // Unix, stream; closed at the end
  // Who may ask besides root: the owner of the socket's file.
  std::int64_t user = 0;
  // Ends once nobody has asked for so long; infinite: never by itself.
  absl::Duration idle_max = absl::InfiniteDuration();
  // In a thread of its own, several at once.
  std::function<absl::StatusOr<std::string>(Tool, absl::Duration deadline)> answer;
};

// Serves until it was idle for long enough or `stop` says true (looked at once a second). Waits for answers under way.
absl::Status ServeHelper(const HelperSettings& settings, const std::function<bool()>& stop);

// The socket that systemd handed over (LISTEN_FDS), or a new one at `path` with mode 0600 for `user`, replacing what a helper
// before has left there; its folder is made if it is missing. InvalidArgument, Unavailable: why not.
absl::StatusOr<int> HelperSocket(const std::string& path, uid_t user);

}  // namespace steward::agent
