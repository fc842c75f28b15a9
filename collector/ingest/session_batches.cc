// What is sampled: descriptors, segments and their batches, live and backlog; one write for those that came together.
#include <utility>

#include "base/text.h"
#include "collector/ingest/event_times.h"
#include "collector/ingest/limits.h"
#include "collector/ingest/session.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

v1::Refusal::Cause CauseOf(const absl::Status& status) {
  return absl::IsResourceExhausted(status) ? v1::Refusal::OVER_LIMIT : v1::Refusal::NOT_DECODABLE;
}

// Writer thread. With their batch, so that what explains a gap in coverage is there if the batch is.
absl::Status AddEvents(const Observation& observation, const MachineId& machine_id, StorageTransaction& transaction) {
  for (const MachineEventRecord& event : EventTimes(observation.time, observation.events)) {
    if (absl::Status status = transaction.AddMachineEvent(machine_id, event); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

struct Session::StoredBatch {
  BatchRecord record;
  std::vector<v1::DescriptorSet> descriptors;
  Observation observation;
  AppendResult result = AppendResult::kCommitted;
};

struct Session::StoredBatches {
  std::vector<BootClockRecord> clocks;  // by which they were placed, as far as they are new
  std::vector<StoredBatch> batches;
  std::size_t stored = 0;  // the first ones; `failure` says why not the next
  absl::Status failure;
  std::size_t bytes = 0;
  std::uint64_t backlog = 0;  // how many of them are
};

absl::Status Session::HandleDescriptors(v1::DescriptorSet& set) { return tables_.Add(std::move(set)); }

absl::StatusOr<std::unique_ptr<SegmentReader>> Session::OpenSegment(const v1::SegmentStart& segment, bool backlog) {
  std::shared_ptr<wire::DescriptorTable> table = tables_.Find(segment.epoch());
  if (table == nullptr) {
    return absl::InvalidArgumentError(StrCat("segment of epoch ", segment.epoch(),
                                             ": its descriptors were not sent on this stream, or not recently"));
  }
  if (absl::Status status = SegmentReader::Check(segment); !status.ok()) return status;
  const BootClock* clock = clocks_->For(segment, backlog, parts_.clock.WallNow());
  if (clock == nullptr) return absl::InternalError("segment: no clock");
  return std::make_unique<SegmentReader>(segment, *clock, std::move(table));
}

absl::Status Session::HandleSegment(const v1::SegmentStart& segment) {
  absl::StatusOr<std::unique_ptr<SegmentReader>> reader = OpenSegment(segment, false);
  if (!reader.ok()) return reader.status();
  segment_ = *std::move(reader);
  return absl::OkStatus();
}

absl::Status Session::HandleBatch(v1::Batch& batch) {
  if (segment_ == nullptr) return absl::InvalidArgumentError(StrCat("batch ", batch.sequence(), " without a segment before it"));
  return TakeBatch(*segment_, batch, false);
}

absl::Status Session::HandleBacklogRequest(const v1::BacklogRequest& request) {
  hub_.backlog().Ask(*this, request.batches());
  return absl::OkStatus();
}

void Session::OnBacklogGranted(std::uint64_t batches) {
  v1::CollectorMessage message;
  message.mutable_credit()->set_backlog_batches(static_cast<std::uint32_t>(batches));
  transport_.Send(std::move(message));
}

absl::Status Session::HandleBacklog(v1::Backlog& backlog) {
  if (backlog.has_segment()) {
    absl::StatusOr<std::unique_ptr<SegmentReader>> reader = OpenSegment(backlog.segment(), true);
    if (!reader.ok()) return reader.status();
    backlog_ = *std::move(reader);
  }
  if (backlog_ == nullptr) return absl::InvalidArgumentError("backlog without a segment before it");
  if (!hub_.backlog().Use(*this, static_cast<std::uint64_t>(backlog.batches_size()))) {
    return absl::ResourceExhaustedError("far more backlog than was granted");
  }
  for (v1::Batch& batch : *backlog.mutable_batches()) {
    if (absl::Status status = TakeBatch(*backlog_, batch, true); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Session::TakeBatch(SegmentReader& segment, v1::Batch& batch, bool backlog) {
  if (batch.sequence() != segment.next_sequence()) {
    return absl::InvalidArgumentError(StrCat("batch ", batch.sequence(), " where ", segment.next_sequence(),
                                             " of its segment is due; batches follow each other without a hole"));
  }
  const std::uint64_t sequence = batch.sequence();
  absl::StatusOr<ReadBatch> read = segment.Read(std::move(batch));
  if (read.ok()) {
    clocks_->NoteUsed(segment.boot_id(), read->boot_ms);
    GatherBatch(*std::move(read), backlog);
  } else {
    if (backlog) hub_.backlog().Done(*this, 1);
    Refuse(segment.epoch(), sequence, read.status());
  }
  return absl::OkStatus();
}

void Session::Refuse(std::uint64_t epoch, std::uint64_t sequence, const absl::Status& why) {
  const v1::Refusal::Cause cause = CauseOf(why);
  parts_.metrics.Refused(cause);
  spdlog::warn("machine {}: batch {} of epoch {} refused for good: {}", machine_id(), sequence, epoch,
               std::string(why.message()));
  acknowledger_.Refused(epoch, sequence, cause, std::string(why.message()));
  AcknowledgeSoon();
}

void Session::GatherBatch(ReadBatch read, bool backlog) {
  if (gathered_ == nullptr) gathered_ = std::make_shared<StoredBatches>();
  StoredBatch& batch = gathered_->batches.emplace_back();
  batch.record = std::move(read.record);
  batch.record.machine_id = machine_id();
  batch.observation = std::move(read.observation);
  batch.observation.machine = parts_.registry.Find(machine_id());
  batch.observation.clock_error = absl::Milliseconds(clocks_->wall_error_ms());
  batch.descriptors = tables_.TakeUnsaved(batch.record.epoch);
  gathered_->bytes += kBatchOverheadBytes + batch.record.samples.size() + batch.record.events.size() +
                      batch.record.sample_count * sizeof(ObservedValue);
  for (const v1::DescriptorSet& set : batch.descriptors) gathered_->bytes += set.ByteSizeLong();
  for (BootClockRecord& clock : clocks_->TakeChanged()) gathered_->clocks.push_back(std::move(clock));
  gathered_->backlog += backlog ? 1 : 0;
}

// Writer thread.
absl::Status Session::StoreBatch(StoredBatch& batch, StorageTransaction& transaction) {
  for (const v1::DescriptorSet& set : batch.descriptors) {
    if (absl::Status status = transaction.AddDescriptors(batch.record.machine_id, set); !status.ok()) return status;
  }
  const absl::StatusOr<AppendResult> result = transaction.AppendBatch(batch.record);
  if (!result.ok()) return result.status();
  batch.result = *result;
  if (*result != AppendResult::kCommitted) return absl::OkStatus();
  return AddEvents(batch.observation, batch.record.machine_id, transaction);
}

void Session::StoreBatches() {
  if (gathered_ == nullptr) return;
  const std::shared_ptr<StoredBatches> batches = std::exchange(gathered_, nullptr);
  writer_->Write(
      [batches](StorageTransaction& transaction) -> absl::Status {
        batches->stored = 0;
        batches->failure = absl::OkStatus();
        for (const BootClockRecord& clock : batches->clocks) {
          if (absl::Status status = transaction.PutBootClock(batches->batches[0].record.machine_id, clock); !status.ok()) return status;
        }
        for (StoredBatch& batch : batches->batches) {
          batches->failure = StoreBatch(batch, transaction);
          if (!batches->failure.ok()) break;
          ++batches->stored;
        }
        // What came before a bad batch does not suffer from having come together with it.
        return batches->stored > 0 ? absl::OkStatus() : batches->failure;
      },
      // What is durable is handed on even if the stream has ended meanwhile.
      [hub = &hub_, weak = weak_from_this(), batches](absl::Status status) {
        if (status.ok()) {
          hub->StorageWorks();
          for (std::size_t i = 0; i < batches->stored; ++i) {
            StoredBatch& batch = batches->batches[i];
            if (batch.result == AppendResult::kCommitted) hub->Deliver(std::move(batch.observation));
          }
        }
        if (const auto self = weak.lock()) self->OnBatchesStored(*batches, status);
      },
      batches->bytes);
}

void Session::OnBatchesStored(const StoredBatches& batches, const absl::Status& status) {
  if (!status.ok()) return End(status);
  if (batches.backlog > 0) hub_.backlog().Done(*this, batches.backlog);
  for (std::size_t i = 0; i < batches.stored; ++i) Acknowledge(batches.batches[i]);
  if (!batches.failure.ok()) return End(batches.failure);
  if (state_ == State::kOpen) AcknowledgeSoon();
}

void Session::Acknowledge(const StoredBatch& batch) {
  switch (batch.result) {
    case AppendResult::kDuplicate:
      parts_.metrics.Duplicate();
      acknowledger_.Committed(batch.record.epoch, batch.record.sequence);
      break;
    case AppendResult::kCommitted:
      acknowledger_.Committed(batch.record.epoch, batch.record.sequence);
      break;
    case AppendResult::kConflict:
      parts_.metrics.Refused(v1::Refusal::CONFLICT);
      spdlog::warn("machine {}: batch {} of epoch {} was stored before with another content; refused", machine_id(),
                   batch.record.sequence, batch.record.epoch);
      acknowledger_.Refused(batch.record.epoch, batch.record.sequence, v1::Refusal::CONFLICT,
                            "another payload is stored under this epoch and sequence");
      break;
  }
}

}  // namespace steward::collector
