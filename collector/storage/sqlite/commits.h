// StorageReader::ReadCommits over the log and the blocks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/storage.h"

namespace steward::collector {

absl::StatusOr<std::string> ReadCommits(Connection& connection, std::string_view after, std::size_t samples_max,
                                        StorageReader::TakeCommitted take);
absl::StatusOr<std::string> CommitCursor(Connection& connection);

}  // namespace steward::collector
