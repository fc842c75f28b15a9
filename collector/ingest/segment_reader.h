// The batches of one segment, checked, decoded and made ready for the store and for those who watch.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "collector/ingest/observation.h"
#include "collector/ingest/boot_clock.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

struct ReadBatch {
  BatchRecord record;       // without machine_id
  Observation observation;  // without machine, arrival time and newest
  std::int64_t boot_ms = 0;  // of the machine, at the samples
};

class SegmentReader {
 public:
  // InvalidArgument: sequence 0, boot id or anchor not usable.
  static absl::Status Check(const v1::SegmentStart& segment);

  // `segment` was found good. `clock` is of its boot and outlives the reader.
  SegmentReader(const v1::SegmentStart& segment, const BootClock& clock, std::shared_ptr<const wire::DescriptorTable> descriptors)
      : epoch_(segment.epoch()), first_sequence_(segment.first_sequence()), next_sequence_(segment.first_sequence()),
        clock_(clock), descriptors_(std::move(descriptors)), decoder_(*descriptors_) {}

  std::uint64_t epoch() const { return epoch_; }
  const std::string& boot_id() const { return clock_.record().boot_id; }
  std::uint64_t next_sequence() const { return next_sequence_; }

  // The batch must have next_sequence, which moves on whatever comes of it.
  // InvalidArgument: not decodable; all later batches of the segment are not either. ResourceExhausted: over a limit, and
  // with it the rest of the segment. The message is for the refusal.
  absl::StatusOr<ReadBatch> Read(v1::Batch batch);

 private:
  absl::StatusOr<ReadBatch> Decode(v1::Batch& batch);

  const std::uint64_t epoch_;
  const std::uint64_t first_sequence_;
  std::uint64_t next_sequence_;
  const BootClock& clock_;
  const std::shared_ptr<const wire::DescriptorTable> descriptors_;
  wire::SegmentDecoder decoder_;
  wire::DecodedBatch decoded_;
  absl::Status broken_;
};

}  // namespace steward::collector
