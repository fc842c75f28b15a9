// What became of one machine's batches, seen from outside the uplink: sent, sent again, acknowledged, refused, and how
// long the way took.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace steward::fleet {

struct Totals {
  std::uint64_t batches = 0;       // taken by a spool
  std::uint64_t not_taken = 0;     // batches that a spool could not take
  std::uint64_t sent = 0;          // batches, each once
  std::uint64_t retried = 0;       // sent again before they were acknowledged
  std::uint64_t acknowledged = 0;  // batches
  std::uint64_t refused = 0;       // batches
  std::uint64_t connections = 0;
  std::vector<double> latency_ms;  // from the spool's Append to the acknowledgement, of this run's batches
};

class DeliveryTally {
 public:
  explicit DeliveryTally(Totals& totals) : totals_(totals) {}  // outlives the tally

  void OnAppended(std::uint64_t epoch, std::uint64_t sequence, absl::Duration now);
  void OnSent(std::uint64_t epoch, std::uint64_t sequence);
  void OnAcknowledged(std::uint64_t epoch, std::uint64_t first, std::uint64_t last, absl::Duration now);
  void OnRefused(std::uint64_t epoch, std::uint64_t first, std::uint64_t last);

 private:
  struct Batch {
    std::optional<absl::Duration> appended;  // none: of an earlier run
    bool sent = false;
  };
  using Key = std::pair<std::uint64_t, std::uint64_t>;  // epoch, sequence

  Totals& totals_;
  std::map<Key, Batch> open_;  // neither acknowledged nor refused
};

}  // namespace steward::fleet
