// Opening a storage file: is it ours, is it whole, has it the schema of this program.
#pragma once

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/schema.h"
#include "collector/storage/sqlite/sqlite_storage.h"

namespace steward::collector {

// The writer's connection. `steps` are SchemaSteps() but in tests. Errors as OpenSqliteStorage.
absl::StatusOr<std::unique_ptr<Connection>> OpenFile(const std::filesystem::path& path,
                                                     const SqliteStorageOptions& options,
                                                     absl::Span<const SchemaStep> steps);

}  // namespace steward::collector
