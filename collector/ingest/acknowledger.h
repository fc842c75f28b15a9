// Collects what can be acknowledged until the stream takes it: ranges by epoch, refusals with their cause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/storage/records.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

class Acknowledger {
 public:
  void Committed(std::uint64_t epoch, std::uint64_t sequence);
  void Refused(std::uint64_t epoch, std::uint64_t sequence, v1::Refusal::Cause cause, std::string message);

  bool empty() const { return epochs_.empty(); }
  std::size_t batches() const { return batches_; }  // gathered
  // One message an epoch. Empty afterwards.
  std::vector<v1::CollectorMessage> Take();

 private:
  struct Epoch {
    std::vector<SequenceInterval> committed;  // in the order they came, neighbours joined
    std::vector<v1::Refusal> refused;
  };
  std::map<std::uint64_t, Epoch> epochs_;
  std::size_t batches_ = 0;
};

}  // namespace steward::collector
