// A set of sequence numbers as intervals that neither overlap nor touch.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace steward::agent {

struct SequenceSpan {  // inclusive at both ends
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  friend bool operator==(const SequenceSpan&, const SequenceSpan&) = default;
};

class IntervalSet {
 public:
  // Nothing happens if first > last.
  void Add(std::uint64_t first, std::uint64_t last);
  void Add(const IntervalSet& other);
  void Remove(std::uint64_t first, std::uint64_t last);
  bool Contains(std::uint64_t sequence) const { return Contains(sequence, sequence); }
  bool Contains(std::uint64_t first, std::uint64_t last) const;
  // How many numbers of [first, last] are in the set.
  std::uint64_t CountIn(std::uint64_t first, std::uint64_t last) const;
  // The parts of [first, last] that are not in the set, ascending.
  std::vector<SequenceSpan> Missing(std::uint64_t first, std::uint64_t last) const;
  std::vector<SequenceSpan> spans() const;
  bool empty() const { return spans_.empty(); }
  std::size_t span_count() const { return spans_.size(); }
  std::uint64_t max() const { return spans_.empty() ? 0 : spans_.rbegin()->second; }
  friend bool operator==(const IntervalSet&, const IntervalSet&) = default;

 private:
  std::map<std::uint64_t, std::uint64_t> spans_;  // first to last
};

}  // namespace steward::agent
