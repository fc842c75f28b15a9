// Coverage and events of machines in SQL.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

absl::StatusOr<std::vector<CoverageRow>> ListCoverage(Connection& connection, std::string_view machine_id,
                                                      std::int64_t from_day, std::int64_t to_day);
absl::Status PutCoverage(Connection& connection, std::string_view machine_id, const CoverageRow& row);

absl::StatusOr<std::vector<MachineEventRecord>> ListMachineEvents(Connection& connection, std::string_view machine_id,
                                                                  absl::Time from);
absl::Status AddMachineEvent(Connection& connection, std::string_view machine_id, const MachineEventRecord& event);
absl::Status ForgetMachineEvents(Connection& connection, std::string_view machine_id, absl::Time before);

// Of all machines, about `max` rows. True: more is left.
bool ExpireCoverage(Connection& connection, std::int64_t before_ms, std::int64_t max);

}  // namespace steward::collector
