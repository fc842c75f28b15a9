// The reads of StorageReader that concern batches and samples.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

absl::StatusOr<std::vector<SequenceInterval>> CommittedIntervals(Connection& connection, std::string_view machine_id,
                                                                 std::uint64_t epoch);
absl::StatusOr<v1::DescriptorSet> Descriptors(Connection& connection, std::string_view machine_id, std::uint64_t epoch);
absl::StatusOr<std::vector<SampleSeries>> QuerySamples(Connection& connection, const SampleQuery& query);

}  // namespace steward::collector
