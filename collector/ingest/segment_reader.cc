#include "collector/ingest/segment_reader.h"

#include <utility>

#include "base/text.h"
#include "collector/ingest/limits.h"

namespace steward::collector {
namespace {

constexpr std::uint64_t kSequenceMax = std::uint64_t{1} << 62;  // the store keeps them as signed numbers

absl::Status CheckEvents(const v1::Batch& batch) {
  if (batch.events_size() > kEventsPerBatchMax) {
    return absl::ResourceExhaustedError(StrCat(batch.events_size(), " events; at most ", kEventsPerBatchMax));
  }
  for (const v1::MachineEvent& event : batch.events()) {
    if (event.detail().size() > kEventDetailBytesMax) {
      return absl::ResourceExhaustedError(StrCat("an event's detail is larger than ", kEventDetailBytesMax, " bytes"));
    }
  }
  return absl::OkStatus();
}

// The events alone, as they are stored.
std::string EventsOf(const v1::Batch& batch) {
  if (batch.events().empty()) return "";
  v1::Batch events;
  *events.mutable_events() = batch.events();
  return events.SerializeAsString();
}

void CopyValues(const wire::DecodedGroup& from, const wire::DescriptorTable& descriptors, ObservedGroup& to) {
  to.group = from.group;
  to.values.reserve(from.values.size());
  for (const wire::SeriesValue& value : from.values) {
    to.values.push_back({value.series, wire::ScaledValue(*descriptors.Series(value.series), value.value)});
  }
}

}  // namespace

absl::Status SegmentReader::Check(const v1::SegmentStart& segment) {
  if (segment.first_sequence() == 0 || segment.first_sequence() > kSequenceMax) {
    return absl::InvalidArgumentError(StrCat("segment: first_sequence must be from 1 to ", kSequenceMax));
  }
  if (segment.boot_id().size() > kBootIdBytesMax) {
    return absl::InvalidArgumentError(StrCat("segment: boot_id is larger than ", kBootIdBytesMax, " bytes"));
  }
  const absl::Status anchor = BootClock::CheckAnchor(segment);
  return anchor.ok() ? anchor : absl::InvalidArgumentError(StrCat("segment: ", ToStd(anchor.message())));
}

absl::StatusOr<ReadBatch> SegmentReader::Read(v1::Batch batch) {
  ++next_sequence_;
  if (!broken_.ok()) return broken_;
  absl::StatusOr<ReadBatch> read = Decode(batch);
  if (!read.ok()) broken_ = read.status();
  return read;
}

absl::StatusOr<ReadBatch> SegmentReader::Decode(v1::Batch& batch) {
  if (batch.samples().size() > wire::kPayloadBytesMax) {
    return absl::ResourceExhaustedError(StrCat("samples are larger than ", wire::kPayloadBytesMax, " bytes"));
  }
  if (absl::Status status = CheckEvents(batch); !status.ok()) return status;
  if (absl::Status status = decoder_.Decode(batch.samples(), decoded_); !status.ok()) return status;
  const absl::StatusOr<absl::Time> time = clock_.ToWall(decoded_.boot_ms);
  if (!time.ok()) return time.status();

  ReadBatch result;
  result.boot_ms = decoded_.boot_ms;
  result.observation.epoch = epoch_;
  result.observation.sequence = batch.sequence();
  result.observation.time = *time;
  result.observation.descriptors = descriptors_;
  result.observation.groups.resize(decoded_.groups.size());
  for (std::size_t i = 0; i < decoded_.groups.size(); ++i) {
    CopyValues(decoded_.groups[i], *descriptors_, result.observation.groups[i]);
  }
  result.observation.events.assign(batch.events().begin(), batch.events().end());
  result.record.epoch = epoch_;
  result.record.sequence = batch.sequence();
  result.record.segment_first_sequence = first_sequence_;
  result.record.time = *time;
  result.record.events = EventsOf(batch);
  result.record.sample_count = decoded_.sample_count();
  result.record.samples = std::move(*batch.mutable_samples());
  return result;
}

}  // namespace steward::collector
