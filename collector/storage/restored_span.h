// The mark that a restored backup carries: what was committed between it and its restoring is gone from the store.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/storage/storage.h"

namespace steward::collector {

struct RestoredSpan {
  absl::Time backup_time;
  absl::Time restore_time;
};

// Whole milliseconds. A span that is none, because a clock was wrong, is not noted; of many the newest are kept.
absl::Status NoteRestored(StorageTransaction& transaction, const RestoredSpan& span);
absl::StatusOr<std::vector<RestoredSpan>> ListRestored(StorageReader& reader);  // oldest first

}  // namespace steward::collector
