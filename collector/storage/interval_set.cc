#include "collector/storage/interval_set.h"

#include <algorithm>

namespace steward::collector {
namespace {

// The first interval that ends at or after `sequence`.
template <class Set>
auto FindEnd(Set& set, std::uint64_t sequence) {
  return std::lower_bound(set.begin(), set.end(), sequence,
                          [](const SequenceInterval& interval, std::uint64_t value) { return interval.last < value; });
}

}  // namespace

bool Contains(const IntervalSet& set, std::uint64_t sequence) {
  const auto it = FindEnd(set, sequence);
  return it != set.end() && it->first <= sequence;
}

void Insert(IntervalSet& set, std::uint64_t first, std::uint64_t last) {
  if (!set.empty() && first == set.back().last + 1) {
    set.back().last = last;
    return;
  }
  // All intervals that overlap [first, last] or touch it become one.
  auto begin = FindEnd(set, first == 0 ? 0 : first - 1);
  auto end = begin;
  while (end != set.end() && (end->first <= last || end->first == last + 1)) {
    first = std::min(first, end->first);
    last = std::max(last, end->last);
    ++end;
  }
  if (begin == end) {
    set.insert(begin, {first, last});
    return;
  }
  *begin = {first, last};
  set.erase(begin + 1, end);
}

void Remove(IntervalSet& set, std::uint64_t sequence) {
  const auto it = FindEnd(set, sequence);
  if (it == set.end() || it->first > sequence) return;
  if (it->first == it->last) {
    set.erase(it);
  } else if (it->last == sequence) {
    --it->last;
  } else if (it->first == sequence) {
    ++it->first;
  } else {
    const SequenceInterval tail{sequence + 1, it->last};
    it->last = sequence - 1;
    set.insert(it + 1, tail);
  }
}

}  // namespace steward::collector
