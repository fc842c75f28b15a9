// Spans as they are stored: cut into days, relative to the day's beginning.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/coverage/account.h"

namespace steward::collector {

// What of these spans lies in the day, added to what is stored of it. The names at the ends of the day are those of the
// whole span. True: the record changed.
bool AddToDay(const std::vector<Span>& observed, const std::vector<Span>& late, std::int64_t day, std::int64_t reach_ms,
              v1::CoverageRecord& record);

void AppendSpans(const google::protobuf::RepeatedPtrField<v1::ObservedSpan>& stored, std::int64_t day,
                 std::int64_t reach_ms, SpanSet& to);

}  // namespace steward::collector
