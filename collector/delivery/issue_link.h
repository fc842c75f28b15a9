// Links in messages that open one issue's page to whoever holds them, for a time: signed, so that nobody can make one for
// another issue or a later day.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/identity/random.h"
#include "collector/storage/storage.h"

namespace steward::collector {

inline constexpr absl::Duration kIssueLinkValid = absl::Hours(24 * 30);  // from the end of the day of the message

// "/issues/ID?until=UNIX&sign=HEX": an HMAC-SHA256 under `key` of id and end. The same for all messages of a day (UTC).
std::string SignedIssuePath(std::string_view key, std::string_view issue_id, absl::Time told);

// Whether the query ("until=...&sign=...") is SignedIssuePath's for this issue and has not expired. Compares in constant time.
bool OpensIssue(std::string_view key, std::string_view issue_id, std::string_view query, absl::Time now);

// The key of this collector, made at its first start and kept with its data, so that links outlive a restore.
// Errors: the storage's.
absl::StatusOr<std::string> FindOrMakeIssueLinkKey(Storage& storage, const RandomSource& random);

}  // namespace steward::collector
