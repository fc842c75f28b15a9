// The messages an agent sends, made as simply as they can be.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// One epoch of one machine with `series` gauges of one group; batch n holds the values n, n + 1, ...
class TestEpoch {
 public:
  explicit TestEpoch(std::uint64_t epoch, std::uint32_t series = 3);

  v1::AgentMessage Hello(const std::string& machine_id, const std::string& host_name = "desk") const;
  v1::AgentMessage Descriptors() const;
  // The moment of sequence n is anchor_wall_ms + n seconds.
  v1::AgentMessage Segment(std::uint64_t first);
  v1::AgentMessage Batch(std::uint64_t sequence);

  std::uint64_t id() const { return epoch_; }
  static constexpr std::int64_t kAnchorWallMs = 1'800'000'000'000;
  static constexpr std::int64_t kAnchorBootMs = 5'000'000;

 private:
  const std::uint64_t epoch_;
  v1::DescriptorSet set_;
  wire::DescriptorTable table_;
  std::unique_ptr<wire::SegmentEncoder> encoder_;
};

v1::AgentMessage InventoryMessage(const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace steward::collector
