// Brings a database to the schema this program knows.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

struct SchemaStep {
  std::int64_t number = 0;  // from 1, without a hole
  // The oldest schema a program may know and still work with a database of this step.
  std::int64_t compatible_from = 0;
  std::string_view sql;
};

// The files of collector/storage/schema, embedded when building.
absl::Span<const SchemaStep> SchemaSteps();

// Runs the steps that the database lacks, each in a transaction of its own. Before the first one it sets what can only
// be chosen for an empty file. FailedPrecondition: not Steward's, or newer than `steps` and not compatible.
absl::Status UpdateSchema(Connection& connection, absl::Span<const SchemaStep> steps);

}  // namespace steward::collector
