#include "collector/ingest/acknowledger.h"

#include <utility>

namespace steward::collector {

void Acknowledger::Committed(std::uint64_t epoch, std::uint64_t sequence) {
  ++batches_;
  std::vector<SequenceInterval>& committed = epochs_[epoch].committed;
  if (!committed.empty() && committed.back().last + 1 == sequence) {
    committed.back().last = sequence;
  } else {
    committed.push_back({sequence, sequence});
  }
}

void Acknowledger::Refused(std::uint64_t epoch, std::uint64_t sequence, v1::Refusal::Cause cause, std::string message) {
  ++batches_;
  std::vector<v1::Refusal>& refused = epochs_[epoch].refused;
  // A segment that cannot be decoded from some batch on is refused batch by batch: one range is enough.
  if (!refused.empty() && refused.back().cause() == cause && refused.back().range().last() + 1 == sequence) {
    refused.back().mutable_range()->set_last(sequence);
    return;
  }
  v1::Refusal& refusal = refused.emplace_back();
  refusal.mutable_range()->set_first(sequence);
  refusal.mutable_range()->set_last(sequence);
  refusal.set_cause(cause);
  refusal.set_message(std::move(message));
}

std::vector<v1::CollectorMessage> Acknowledger::Take() {
  std::vector<v1::CollectorMessage> messages;
  for (auto& [epoch, what] : epochs_) {
    v1::Acknowledgement& acknowledgement = *messages.emplace_back().mutable_acknowledgement();
    acknowledgement.set_epoch(epoch);
    for (const SequenceInterval& interval : what.committed) {
      v1::SequenceRange& range = *acknowledgement.add_committed();
      range.set_first(interval.first);
      range.set_last(interval.last);
    }
    for (v1::Refusal& refusal : what.refused) *acknowledgement.add_refused() = std::move(refusal);
  }
  epochs_.clear();
  batches_ = 0;
  return messages;
}

}  // namespace steward::collector
