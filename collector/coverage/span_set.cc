#include "collector/coverage/span_set.h"

#include <algorithm>

namespace steward::collector {
namespace {

// Of two that begin (or end) at one moment the name must not depend on the order in which they came.
bool NameLess(const BatchName& a, const BatchName& b) {
  return a.epoch != b.epoch ? a.epoch < b.epoch : a.sequence < b.sequence;
}

void Join(const Span& other, Span& span) {
  if (other.from_ms < span.from_ms || (other.from_ms == span.from_ms && NameLess(other.first, span.first))) {
    span.from_ms = other.from_ms;
    span.first = other.first;
  }
  if (other.to_ms > span.to_ms || (other.to_ms == span.to_ms && NameLess(span.last, other.last))) {
    span.to_ms = other.to_ms;
    span.last = other.last;
  }
}

}  // namespace

SpanSet::Changed SpanSet::Add(const Span& span, std::int64_t reach_ms) {
  const auto is_before = [reach_ms](const Span& other, std::int64_t from_ms) {
    return other.to_ms + reach_ms < from_ms;
  };
  // Mostly it goes on where the last one ends.
  const auto begin = spans_.empty() || is_before(spans_.back(), span.from_ms)
                         ? spans_.end()
                         : std::lower_bound(spans_.begin(), spans_.end(), span.from_ms, is_before);
  auto end = begin;
  while (end != spans_.end() && end->from_ms - reach_ms <= span.to_ms) ++end;
  if (begin == end) {
    if (spans_.size() < kSpansMax) spans_.insert(begin, span);
    return {span.from_ms, span.to_ms};
  }
  Changed changed{std::min(span.from_ms, begin->to_ms), std::max(span.to_ms, std::prev(end)->from_ms)};
  Join(span, *begin);
  for (auto other = std::next(begin); other != end; ++other) Join(*other, *begin);
  spans_.erase(std::next(begin), end);
  return changed;
}

void SpanSet::CutBefore(std::int64_t ms) {
  auto keep = std::find_if(spans_.begin(), spans_.end(), [ms](const Span& span) { return span.to_ms >= ms; });
  spans_.erase(spans_.begin(), keep);
  if (!spans_.empty()) spans_.front().from_ms = std::max(spans_.front().from_ms, ms);
}

std::vector<Span> SpanSet::Within(std::int64_t from_ms, std::int64_t to_ms) const {
  std::vector<Span> cut;
  for (Span span : spans_) {
    if (span.to_ms < from_ms || span.from_ms > to_ms) continue;
    span.from_ms = std::max(span.from_ms, from_ms);
    span.to_ms = std::min(span.to_ms, to_ms);
    cut.push_back(span);
  }
  return cut;
}

}  // namespace steward::collector
