// Asks file systems for their numbers without ever waiting for one that does not answer.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/platform/platform.h"

namespace steward::agent {

// More threads than this never wait in stuck file systems; further mounts then answer DeadlineExceeded at once.
inline constexpr int kStuckThreadsMax = 16;

// Questions are asked in a worker thread. One that does not answer in time leaves its thread behind; the mount is
// remembered as stuck and not asked again until that thread comes back. Thread-safe.
class MountWatch {
 public:
  using Ask = std::function<absl::StatusOr<FileSystemStats>(const std::string& mount_point)>;

  // `ask` is called from worker threads, may block for ever, and must stay callable after this object is gone.
  explicit MountWatch(Ask ask);
  // Does not wait for threads that are stuck.
  ~MountWatch();
  MountWatch(const MountWatch&) = delete;
  MountWatch& operator=(const MountWatch&) = delete;

  // One answer a mount point, in order; returns after `deadline` at the latest. DeadlineExceeded: stuck.
  std::vector<absl::StatusOr<FileSystemStats>> Stat(absl::Span<const std::string> mount_points,
                                                    absl::Duration deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the threads, which may outlive this object
};

}  // namespace steward::agent
