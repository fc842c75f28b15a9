#include "collector/storage/storage.h"

#include <utility>

#include "absl/synchronization/notification.h"

namespace steward::collector {

absl::Status Storage::WriteAndWait(WriteFunction write) {
  absl::Notification durable;
  absl::Status result;
  Write(std::move(write), [&](absl::Status status) {
    result = std::move(status);
    durable.Notify();
  });
  durable.WaitForNotification();
  return result;
}

}  // namespace steward::collector
