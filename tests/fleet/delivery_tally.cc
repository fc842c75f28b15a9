#include "tests/fleet/delivery_tally.h"

namespace steward::fleet {

void DeliveryTally::OnAppended(std::uint64_t epoch, std::uint64_t sequence, absl::Duration now) {
  ++totals_.batches;
  open_[{epoch, sequence}].appended = now;
}

void DeliveryTally::OnSent(std::uint64_t epoch, std::uint64_t sequence) {
  Batch& batch = open_[{epoch, sequence}];
  ++(batch.sent ? totals_.retried : totals_.sent);
  batch.sent = true;
}

void DeliveryTally::OnAcknowledged(std::uint64_t epoch, std::uint64_t first, std::uint64_t last, absl::Duration now) {
  auto batch = open_.lower_bound({epoch, first});
  while (batch != open_.end() && batch->first <= Key(epoch, last)) {
    if (batch->second.appended) totals_.latency_ms.push_back(absl::ToDoubleMilliseconds(now - *batch->second.appended));
    ++totals_.acknowledged;
    batch = open_.erase(batch);
  }
}

void DeliveryTally::OnRefused(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
  auto batch = open_.lower_bound({epoch, first});
  while (batch != open_.end() && batch->first <= Key(epoch, last)) {
    ++totals_.refused;
    batch = open_.erase(batch);
  }
}

}  // namespace steward::fleet
