// What is too old goes from tier to tier and then away, a bounded amount a call. In a transaction of the caller;
// nothing may wait in the BatchLog, which has to forget its runs. Throws SQLite::Exception.
#pragma once

#include "collector/storage/sqlite/connection.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Samples, tiers, and epochs that became empty; gives free pages back. One of these a call. False: nothing was left to do.
bool ExpireSamples(Connection& connection, const ExpireBefore& before);

}  // namespace steward::collector
