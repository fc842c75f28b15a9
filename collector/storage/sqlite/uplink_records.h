// Boot clocks, gaps and payloads as they came, in SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

// Batches that are packed are not kept as they came.
absl::StatusOr<std::optional<std::string>> CommittedPayload(Connection& connection, std::string_view machine_id,
                                                            std::uint64_t epoch, std::uint64_t sequence);

absl::StatusOr<std::vector<BootClockRecord>> ListBootClocks(Connection& connection, std::string_view machine_id);
absl::Status PutBootClock(Connection& connection, std::string_view machine_id, const BootClockRecord& clock);

absl::StatusOr<std::vector<GapRecord>> ListGaps(Connection& connection, std::string_view machine_id);
absl::Status PutGap(Connection& connection, std::string_view machine_id, const GapRecord& gap);

}  // namespace steward::collector
