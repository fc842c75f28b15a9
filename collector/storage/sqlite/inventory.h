// Inventory in SQL: live facts, the last set of a machine, and changes.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

absl::StatusOr<std::vector<FactRecord>> ListFacts(Connection& connection, std::string_view machine_id);
absl::StatusOr<std::vector<ChangeRecord>> ListChanges(Connection& connection, std::string_view machine_id,
                                                      std::size_t max);
absl::StatusOr<std::string> FactValue(Connection& connection, std::string_view machine_id, std::string_view group, std::string_view key);
absl::StatusOr<std::vector<v1::SourceNote>> ListInventoryNotes(Connection& connection, std::string_view machine_id);
// Writes what differs from the stored set and the one row of the machine: a set without change costs one row.
absl::Status PutInventory(Connection& connection, std::string_view machine_id, const v1::Inventory& inventory,
                          absl::Time now);

}  // namespace steward::collector
