// From stored batches to the points of a tier. Throws SQLite::Exception where it does not return a Status.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/stored_batches.h"
#include "collector/storage/tiers/rolled_points.h"
#include "proto/wire/descriptor.h"

namespace steward::collector {

absl::StatusOr<wire::DescriptorTable> DescriptorTableOf(Connection& connection, std::int64_t machine,
                                                        std::uint64_t epoch);

// Adds what of `batches`, which ascend by sequence, can be decoded. False: not all of them.
bool RollUpBatches(absl::Span<const StoredBatch> batches, const wire::DescriptorTable& table, EpochRoller& roller);

// Adds a block's decoded batches to a tier. False: there are others.
absl::StatusOr<bool> RollUpBlock(Connection& connection, std::int64_t block, const Tier& tier);

// Adds the samples of a run, which holds its segment from its first batch on, to both tiers.
absl::Status RollUpRun(Connection& connection, const Run& run);

}  // namespace steward::collector
