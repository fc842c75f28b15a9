#include "collector/coverage/day_record.h"

#include <algorithm>

namespace steward::collector {
namespace {

using StoredSpans = google::protobuf::RepeatedPtrField<v1::ObservedSpan>;

void Store(const SpanSet& spans, std::int64_t day, StoredSpans& to) {
  to.Clear();
  for (const Span& span : spans.spans()) {
    v1::ObservedSpan& stored = *to.Add();
    stored.set_from_ms(static_cast<std::uint32_t>(span.from_ms - day * kDayMs));
    stored.set_to_ms(static_cast<std::uint32_t>(span.to_ms - day * kDayMs));
    stored.set_first_epoch(span.first.epoch);
    stored.set_first_sequence(span.first.sequence);
    stored.set_last_epoch(span.last.epoch);
    stored.set_last_sequence(span.last.sequence);
  }
}

bool Unite(const std::vector<Span>& spans, std::int64_t day, std::int64_t reach_ms, StoredSpans& stored) {
  SpanSet before;
  AppendSpans(stored, day, reach_ms, before);
  SpanSet after = before;
  for (const Span& span : spans) after.Add(span, reach_ms);
  if (after.spans() == before.spans()) return false;
  Store(after, day, stored);
  return true;
}

std::vector<Span> Within(const std::vector<Span>& spans, std::int64_t day) {
  std::vector<Span> cut;
  for (Span span : spans) {
    span.from_ms = std::max(span.from_ms, day * kDayMs);
    span.to_ms = std::min(span.to_ms, (day + 1) * kDayMs);
    if (span.from_ms <= span.to_ms) cut.push_back(span);
  }
  return cut;
}

}  // namespace

void AppendSpans(const StoredSpans& stored, std::int64_t day, std::int64_t reach_ms, SpanSet& to) {
  for (const v1::ObservedSpan& span : stored) {
    to.Add({day * kDayMs + span.from_ms(),
            day * kDayMs + span.to_ms(),
            {span.first_epoch(), span.first_sequence()},
            {span.last_epoch(), span.last_sequence()}},
           reach_ms);
  }
}

bool AddToDay(const std::vector<Span>& observed, const std::vector<Span>& late, std::int64_t day, std::int64_t reach_ms,
              v1::CoverageRecord& record) {
  const std::vector<Span> new_observed = Within(observed, day), new_late = Within(late, day);
  if (record.has_summary()) {  // its times are forgotten
    std::int64_t length_ms = 0;
    for (const Span& span : new_observed) length_ms += span.length_ms();
    AddObserved(length_ms, *record.mutable_summary());
    return length_ms > 0;
  }
  const bool changed = Unite(new_observed, day, reach_ms, *record.mutable_observed());
  return Unite(new_late, day, reach_ms, *record.mutable_late()) || changed;
}

}  // namespace steward::collector
