// The batches of one segment, checked, decoded and made ready for the store and for those who watch.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "collector/ingest/observation.h"
#include "collector/ingest/time_mapping.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

struct ReadBatch {
  BatchRecord record;       // without machine_id
  Observation observation;  // without machine, arrival time and newest
};

class SegmentReader {
 public:
  // InvalidArgument: sequence 0, boot id or anchor not usable.
  static absl::StatusOr<std::unique_ptr<SegmentReader>> Open(const v1::SegmentStart& segment,
                                                             std::shared_ptr<const wire::DescriptorTable> descriptors);

  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t next_sequence() const { return next_sequence_; }

  // The batch must have next_sequence, which moves on whatever comes of it.
  // InvalidArgument: not decodable; all later batches of the segment are not either. ResourceExhausted: over a limit, and
  // with it the rest of the segment. The message is for the refusal.
  absl::StatusOr<ReadBatch> Read(v1::Batch batch);

 private:
  SegmentReader(const v1::SegmentStart& segment, TimeMapping mapping, std::shared_ptr<const wire::DescriptorTable> descriptors)
      : epoch_(segment.epoch()), first_sequence_(segment.first_sequence()), next_sequence_(segment.first_sequence()),
        mapping_(mapping), descriptors_(std::move(descriptors)), decoder_(*descriptors_) {}

  absl::StatusOr<ReadBatch> Decode(v1::Batch& batch);

  const std::uint64_t epoch_;
  const std::uint64_t first_sequence_;
  std::uint64_t next_sequence_;
  const TimeMapping mapping_;
  const std::shared_ptr<const wire::DescriptorTable> descriptors_;
  wire::SegmentDecoder decoder_;
  wire::DecodedBatch decoded_;
  absl::Status broken_;
};

}  // namespace steward::collector
