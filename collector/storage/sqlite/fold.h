// Moves the runs of past hours out of the log into blocks, counts their samples in the tier of hours, and takes the log's
// dead rows away.
// In a transaction of the caller; nothing may wait in the BatchLog, which has to forget what it knew of those machines.
// Throws SQLite::Exception where it does not return a Status.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "collector/storage/sqlite/batch_log.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

// All runs of the machine that began in that hour become blocks, one or more an epoch.
absl::Status FoldHour(Connection& connection, const MachineHour& hour);

// The run can be decoded by itself, and nothing waits for it to be decoded.
bool StandsAlone(Connection& connection, const Run& run);
// The run's batches are given up; that they were committed stays known. TrimLog takes the rows.
void DropRun(Connection& connection, const Run& run);

// Rows of the log before every run's first: a bounded number of them goes.
void TrimLog(Connection& connection, std::int64_t next_batch_id);
// The hour of the run that holds back the trimming, if it holds back a lot: that of a machine that fell silent.
std::optional<MachineHour> FindHoldingRun(Connection& connection, std::int64_t next_batch_id);

}  // namespace steward::collector
