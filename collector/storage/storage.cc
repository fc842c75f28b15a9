#include "collector/storage/storage.h"

#include <future>
#include <utility>

namespace steward::collector {

absl::Status Storage::WriteAndWait(WriteFunction write) {
  // Shared: the writer may still be inside set_value when the future is ready.
  const auto durable = std::make_shared<std::promise<absl::Status>>();
  Write(std::move(write), [durable](absl::Status status) { durable->set_value(std::move(status)); });
  return durable->get_future().get();
}

}  // namespace steward::collector
