// Makes the batches of one machine's epoch as an agent would, so that queries have something true to decode.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/storage/records.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {

class SampleWriter {
 public:
  SampleWriter(std::string machine_id, std::uint64_t epoch);

  // A series of integers divided by `denominator`; the group is made when it is first named. Returns its id.
  std::uint32_t AddSeries(const std::string& metric, const std::map<std::string, std::string>& labels,
                          std::uint32_t group = 1, std::int64_t denominator = 1);
  const v1::DescriptorSet& descriptors() const { return descriptors_; }

  // The next batch begins a segment.
  void CutSegment() { encoder_.reset(); }
  // The next sequence, with these values by series id; groups of which none is named are not sampled.
  BatchRecord Next(absl::Time time, const std::map<std::uint32_t, std::int64_t>& values);

 private:
  std::string machine_id_;
  v1::DescriptorSet descriptors_;
  wire::DescriptorTable table_;
  std::unique_ptr<wire::SegmentEncoder> encoder_;
  std::uint64_t segment_first_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace steward::collector
