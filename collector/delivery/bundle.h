// Rows of the outbox as messages, and several of them as one row.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/delivery/channel.h"
#include "collector/storage/storage.h"

namespace steward::collector {

inline constexpr char kBundleEvent[] = "bundle";

Notification NotificationOf(const OutboxRecord& record);

// One row for all of them, which are of one channel. Its key is made of theirs: the same bundle has the same key.
OutboxRecord BundleOf(const std::string& reason, const std::vector<OutboxRecord>& members, absl::Time now);

// Writes the bundle and ends its members.
absl::Status StoreBundle(const OutboxRecord& bundle, const std::vector<OutboxRecord>& members, StorageTransaction& transaction);

// The deliveries that were given up and whose key is this or begins so. NotFound: none; InvalidArgument: no key.
absl::StatusOr<std::vector<OutboxRecord>> FindDead(Storage& storage, const std::string& key, const std::string& channel);

}  // namespace steward::collector
