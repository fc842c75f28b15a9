// The tiers in SQL: pieces of rolled-up samples. A piece only adds to what the others of its period say, so that a
// sample is counted by writing it into exactly one of them, whenever it comes; in a transaction of the caller, together
// with what says that it was counted. Throws SQLite::Exception where it does not return a Status.
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/tiers/rolled_codec.h"

namespace steward::collector {

// Writes a piece a period.
void AddPieces(Connection& connection, std::int64_t machine, const Tier& tier, const RolledSet& set);

// DataLoss: damaged, or of a coding that is not known.
absl::StatusOr<RolledPack> OpenPiece(const Connection& connection, std::int64_t coding, std::string_view content);

// Gives the pieces that may hold buckets which begin within [from, to).
absl::Status ReadPieces(Connection& connection, std::int64_t machine, const Tier& tier, std::int64_t from_ms,
                        std::int64_t to_ms, absl::FunctionRef<absl::Status(RolledPack&)> take);

// Makes one piece of a period's many, if there is one that is over, or in a great many. False: there is none.
bool CompactOne(Connection& connection);

// Deletes the periods that ended at or before `before_ms`, a bounded number. False: there was none.
bool ExpireTier(Connection& connection, const Tier& tier, std::int64_t before_ms);

// From here on five minutes are kept; what is older is told by the hours.
std::int64_t FiveMinutesFromMs(Connection& connection);
// Never moves back.
void SetFiveMinutesFromMs(Connection& connection, std::int64_t from_ms);

}  // namespace steward::collector
