#include "agent/spool/interval_set.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace steward::agent {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
std::uint64_t Next(std::uint64_t value) { return value == kMax ? kMax : value + 1; }

}  // namespace

void IntervalSet::Add(std::uint64_t first, std::uint64_t last) {
  if (first > last) return;
  auto next = spans_.upper_bound(first);
  if (next != spans_.begin()) {
    const auto before = std::prev(next);
    if (Next(before->second) >= first) {
      first = before->first;
      last = std::max(last, before->second);
      next = spans_.erase(before);
    }
  }
  while (next != spans_.end() && next->first <= Next(last)) {
    last = std::max(last, next->second);
    next = spans_.erase(next);
  }
  spans_.emplace_hint(next, first, last);
}

void IntervalSet::Add(const IntervalSet& other) {
  for (const auto& [first, last] : other.spans_) Add(first, last);
}

void IntervalSet::Remove(std::uint64_t first, std::uint64_t last) {
  if (first > last) return;
  auto it = spans_.upper_bound(first);
  if (it != spans_.begin()) --it;
  while (it != spans_.end() && it->first <= last) {
    const auto [span_first, span_last] = *it;
    if (span_last < first) {
      ++it;
      continue;
    }
    it = spans_.erase(it);
    if (span_first < first) spans_.emplace(span_first, first - 1);
    if (span_last > last) {
      spans_.emplace(last + 1, span_last);
      return;
    }
  }
}

bool IntervalSet::Contains(std::uint64_t first, std::uint64_t last) const {
  auto it = spans_.upper_bound(first);
  if (it == spans_.begin()) return false;
  --it;
  return it->second >= last;
}

std::uint64_t IntervalSet::CountIn(std::uint64_t first, std::uint64_t last) const {
  std::uint64_t count = 0;
  auto it = spans_.upper_bound(first);
  if (it != spans_.begin()) --it;
  for (; it != spans_.end() && it->first <= last; ++it) {
    const std::uint64_t from = std::max(first, it->first);
    const std::uint64_t to = std::min(last, it->second);
    if (from <= to) count += to - from + 1;
  }
  return count;
}

std::vector<SequenceSpan> IntervalSet::Missing(std::uint64_t first, std::uint64_t last) const {
  std::vector<SequenceSpan> missing;
  auto it = spans_.upper_bound(first);
  if (it != spans_.begin()) --it;
  for (; it != spans_.end() && it->first <= last; ++it) {
    if (it->second < first) continue;
    if (it->first > first) missing.push_back({first, it->first - 1});
    if (it->second >= last) return missing;
    first = it->second + 1;
  }
  if (first <= last) missing.push_back({first, last});
  return missing;
}

std::vector<SequenceSpan> IntervalSet::spans() const {
  std::vector<SequenceSpan> result;
  result.reserve(spans_.size());
  for (const auto& [first, last] : spans_) result.push_back({first, last});
  return result;
}

}  // namespace steward::agent
