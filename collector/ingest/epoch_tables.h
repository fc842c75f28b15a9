// The descriptors of one stream, by epoch, and which of them the store has not been given yet.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "proto/wire/descriptor.h"
#include "steward/v1/sample.pb.h"

namespace steward::collector {

class EpochTables {
 public:
  // InvalidArgument: epoch 0, a malformed descriptor, another meaning under a known id. ResourceExhausted: too many series.
  absl::Status Add(v1::DescriptorSet set);

  // Null: not sent on this stream, or forgotten over others.
  std::shared_ptr<wire::DescriptorTable> Find(std::uint64_t epoch);

  // What came for the epoch since the last call: to be stored with the next batch, before it.
  std::vector<v1::DescriptorSet> TakeUnsaved(std::uint64_t epoch);

 private:
  struct Epoch {
    std::uint64_t id = 0;
    std::shared_ptr<wire::DescriptorTable> table;
    std::vector<v1::DescriptorSet> unsaved;
  };
  Epoch* Use(std::uint64_t epoch);

  std::list<Epoch> epochs_;  // used last first
};

}  // namespace steward::collector
