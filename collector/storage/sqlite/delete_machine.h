// What is kept of a machine goes, a bounded amount at a time. Throws SQLite::Exception.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

// As StorageTransaction::DeleteMachine.
absl::StatusOr<bool> DeleteMachine(Connection& connection, std::string_view id);

}  // namespace steward::collector
