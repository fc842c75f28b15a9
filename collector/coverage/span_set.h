// The time in which a machine was observed, as spans of batches that follow each other closely.
#pragma once

#include <cstdint>
#include <vector>

namespace steward::collector {

struct BatchName {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const BatchName&, const BatchName&) = default;
};

// Unix milliseconds. Batches at both ends; one alone lasts no time.
struct Span {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  BatchName first;
  BatchName last;
  std::int64_t length_ms() const { return to_ms - from_ms; }
  friend bool operator==(const Span&, const Span&) = default;
};

// Only ever a union: what is added twice, or in another order, changes nothing. So it may be rebuilt from any part of
// it.
class SpanSet {
 public:
  // Beyond it spans that touch no other are not taken; their time is then not observed, never the other way round.
  static constexpr std::size_t kSpansMax = 4'096;

  // Joins what lies at most `reach_ms` from it. What is new lies within [returned from_ms, returned to_ms].
  struct Changed {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
  };
  Changed Add(const Span& span, std::int64_t reach_ms);
  Changed AddBatch(std::int64_t time_ms, BatchName name, std::int64_t reach_ms) {
    return Add({time_ms, time_ms, name, name}, reach_ms);
  }

  // Forgets what lies before.
  void CutBefore(std::int64_t ms);

  const std::vector<Span>& spans() const { return spans_; }  // ascending, more than a reach apart
  // Cut to [from_ms, to_ms]; the names at cut ends are those of the whole span.
  std::vector<Span> Within(std::int64_t from_ms, std::int64_t to_ms) const;

 private:
  std::vector<Span> spans_;
};

}  // namespace steward::collector
