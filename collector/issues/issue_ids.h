// Names of issues and of their changes. All are made of what the issue is about and when it began, never of a row number:
// the same happenings give the same names, after a crash, in a replay and in a restored database.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/storage/records.h"

namespace steward::collector {

// "machine/type/subject".
std::string DedupeKey(std::string_view machine_id, std::string_view type, std::string_view subject);

// In the place of the machine, of what is a whole site's.
inline std::string SiteScope(std::string_view site) { return "site:" + std::string(site); }
inline bool IsSiteScope(std::string_view scope) { return scope.starts_with("site:"); }

// 16 hexadecimal digits.
std::string IssueId(std::string_view dedupe_key, absl::Time raised);
// The row that keeps a condition's progress while it is no issue. One a key.
std::string PendingId(std::string_view dedupe_key);

// Of the record's present transition: what a receiver tells a repeat by. 32 hexadecimal digits.
std::string IdempotencyKey(const IssueRecord& record);

}  // namespace steward::collector
