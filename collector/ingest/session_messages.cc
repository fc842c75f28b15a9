// What each message of an agent does.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/identity/enrollment.h"
#include "collector/ingest/event_times.h"
#include "collector/ingest/limits.h"
#include "collector/ingest/session.h"
#include "collector/policy/agent_policy.h"
#include "proto/wire/inventory_digest.h"
#include "proto/wire/sha256.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr std::size_t kBatchOverheadBytes = 512;

constexpr std::size_t kBootIdBytesMax = 128;
constexpr std::int64_t kClockMsMax = 253'402'300'799'999;  // the end of year 9999

bool IsClockReading(std::int64_t boot_ms, std::int64_t wall_ms) {
  return boot_ms >= 0 && boot_ms <= kClockMsMax && wall_ms >= 0 && wall_ms <= kClockMsMax;
}

absl::Status CheckHello(const v1::Hello& hello, const MachineId& machine_id) {
  if (hello.protocol() != kProtocolVersion) {
    return absl::FailedPreconditionError(StrCat("the agent speaks protocol ", hello.protocol(), ", this collector ",
                                                kProtocolVersion, "; install the agent that belongs to this collector"));
  }
  if (hello.machine_id() != machine_id) {
    return absl::PermissionDeniedError(
        StrCat("Hello names machine \"", hello.machine_id().substr(0, 64), "\", the certificate is machine ", machine_id,
               "'s; a machine writes only its own data. Enrol this machine again with `steward-agent enroll TOKEN`"));
  }
  if (hello.epoch() == 0) return absl::InvalidArgumentError("Hello: epoch is 0");
  if (hello.held_size() > kHeldEpochsMax) {
    return absl::InvalidArgumentError(StrCat("Hello: holds ", hello.held_size(), " epochs; at most ", kHeldEpochsMax));
  }
  if (!IsClockReading(hello.boot_ms(), hello.wall_ms())) return absl::InvalidArgumentError("Hello: boot_ms or wall_ms is no time");
  if (hello.boot_id().size() > kBootIdBytesMax) return absl::InvalidArgumentError("Hello: boot_id is too long");
  const absl::Status identity = CheckIdentity(hello.identity(), hello.agent_version());
  return identity.ok() ? identity : absl::InvalidArgumentError(StrCat("Hello: ", ToStd(identity.message())));
}

absl::Status CheckInventory(const v1::Inventory& inventory) {
  if (inventory.facts_size() > kInventoryFactsMax) {
    return absl::ResourceExhaustedError(StrCat("inventory: ", inventory.facts_size(), " facts; at most ", kInventoryFactsMax));
  }
  const v1::Fact* before = nullptr;
  for (const v1::Fact& fact : inventory.facts()) {
    if (fact.ByteSizeLong() > kFactBytesMax) {
      return absl::ResourceExhaustedError(StrCat("inventory: a fact of group \"", fact.group().substr(0, 64),
                                                 "\" is larger than ", kFactBytesMax, " bytes"));
    }
    if (before != nullptr && before->group() == fact.group() && before->key() == fact.key()) {
      return absl::InvalidArgumentError(StrCat("inventory: fact \"", fact.group().substr(0, 64), "/", fact.key().substr(0, 64),
                                               "\" is there twice"));
    }
    before = &fact;
  }
  return absl::OkStatus();
}

v1::Refusal::Cause CauseOf(const absl::Status& status) {
  return absl::IsResourceExhausted(status) ? v1::Refusal::OVER_LIMIT : v1::Refusal::NOT_DECODABLE;
}

// Writer thread.
absl::Status RegisterMachine(const IngestParts& parts, const v1::Hello& hello, const std::string& address,
                             StorageReader& reader, MachineRecord& machine) {
  if (machine.state == MachineState::kRetired) {
    return absl::PermissionDeniedError(StrCat("machine ", machine.instance, " was retired on the collector; stop its agent"));
  }
  const bool forgotten = machine.instance.empty();
  const auto changed = ApplyIdentity(hello.identity(), hello.agent_version(), address, reader, machine);
  if (!changed.ok()) return changed.status();
  if (forgotten) {
    machine.enrolled_time = parts.clock.WallNow();
    spdlog::warn("machine {} ({}) has a good certificate but was not known here; taken back as {}, without a site",
                 hello.identity().host_name(), machine.id, machine.instance);
  }
  machine.interval = IntervalFor(parts.agents, machine.machine_class);
  return absl::OkStatus();
}

// Writer thread.
absl::Status ReadCommitted(const v1::Hello& hello, StorageReader& reader, std::vector<v1::EpochRanges>& committed) {
  committed.clear();
  for (const v1::EpochRanges& held : hello.held()) {
    const absl::StatusOr<std::vector<SequenceInterval>> intervals = reader.CommittedIntervals(hello.machine_id(), held.epoch());
    if (!intervals.ok()) return intervals.status();
    v1::EpochRanges& ranges = committed.emplace_back();
    ranges.set_epoch(held.epoch());
    for (const SequenceInterval& interval : *intervals) {
      v1::SequenceRange& range = *ranges.add_ranges();
      range.set_first(interval.first);
      range.set_last(interval.last);
    }
  }
  return absl::OkStatus();
}

// Writer thread. So that either side notices that the machine was set back: of the running epoch the newest batch stored.
absl::Status ReadMark(const v1::Hello& hello, StorageReader& reader, std::vector<v1::EpochRanges>& committed) {
  for (v1::EpochRanges& ranges : committed) {
    if (ranges.epoch() != hello.epoch() || ranges.ranges().empty()) continue;
    const std::uint64_t last = ranges.ranges(ranges.ranges_size() - 1).last();
    const auto payload = reader.CommittedPayload(hello.machine_id(), hello.epoch(), last);
    if (!payload.ok()) return payload.status();
    if (!payload->has_value()) continue;
    ranges.mutable_mark()->set_epoch(hello.epoch());
    ranges.mutable_mark()->set_sequence(last);
    ranges.mutable_mark()->set_payload_sha256(wire::Sha256(**payload));
  }
  return absl::OkStatus();
}

// Writer thread. Whether what the agent takes for committed is something else here.
absl::StatusOr<bool> Disagrees(const v1::Hello& hello, StorageReader& reader) {
  if (!hello.has_committed()) return false;
  const v1::CommittedMark& mark = hello.committed();
  const auto payload = reader.CommittedPayload(hello.machine_id(), mark.epoch(), mark.sequence());
  if (!payload.ok()) return payload.status();
  return payload->has_value() && wire::Sha256(**payload) != mark.payload_sha256();
}

// Writer thread. With their batch, so that what explains a gap in coverage is there if the batch is.
absl::Status AddEvents(const Observation& observation, const MachineId& machine_id, StorageTransaction& transaction) {
  for (const MachineEventRecord& event : EventTimes(observation.time, observation.events)) {
    if (absl::Status status = transaction.AddMachineEvent(machine_id, event); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void SetTimestamp(absl::Time time, google::protobuf::Timestamp& to) { to.set_seconds(absl::ToUnixSeconds(time)); }

}  // namespace

struct Session::Opening {
  std::vector<v1::EpochRanges> committed;
  std::vector<BootClockRecord> clocks;
  absl::Time last_stored;
  bool disagrees = false;
  std::string boot_id;
  ClockMeasurement hello;
};

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

// A certificate past its end is good for nothing but a new one, and only where it was: the peer has proved its key.
absl::Status Session::CheckHardware(const v1::Hello& hello) const {
  if (!peer_.expired) return absl::OkStatus();
  const MachinePointer machine = parts_.registry.Find(machine_id());
  const std::string& told = hello.identity().hardware_fingerprint();
  if (machine != nullptr && !told.empty() && told == machine->hardware_fingerprint) return absl::OkStatus();
  return absl::UnauthenticatedError(
      "the agent's certificate has expired, and this is not known to be the hardware that it was issued to; enrol this machine: "
      "`stewardctl token create` on the collector, then `steward-agent enroll TOKEN` here");
}

absl::Status Session::HandleHello(const v1::Hello& hello) {
  if (state_ != State::kAwaitHello) return absl::InvalidArgumentError("a second Hello on one stream");
  if (absl::Status status = CheckHello(hello, machine_id()); !status.ok()) return status;
  if (absl::Status status = CheckHardware(hello); !status.ok()) return status;
  if (absl::Status status = hub_.Claim(*this, {hello.boot_id(), hello.epoch()}); !status.ok()) return status;
  timer_->Cancel();
  state_ = State::kOpening;
  const auto opening = std::make_shared<Opening>();
  opening->boot_id = hello.boot_id();
  opening->hello = {hello.boot_ms(), hello.wall_ms(), parts_.clock.WallNow(), kClockTrusted};
  // In the order of the queue: what the older stream of this machine has given to the store is counted as committed.
  parts_.registry.Update(
      machine_id(), true,
      [parts = &parts_, hello, address = address_, expire = peer_.certificate_expire_time, opening](
          MachineRecord& machine, StorageTransaction& transaction) -> absl::Status {
        opening->last_stored = machine.last_seen_time;
        if (absl::Status status = RegisterMachine(*parts, hello, address, transaction, machine); !status.ok()) return status;
        machine.certificate_expire_time = std::max(machine.certificate_expire_time, expire);
        if (absl::Status status = ReadCommitted(hello, transaction, opening->committed); !status.ok()) return status;
        if (absl::Status status = ReadMark(hello, transaction, opening->committed); !status.ok()) return status;
        const auto disagrees = Disagrees(hello, transaction);
        if (!disagrees.ok()) return disagrees.status();
        opening->disagrees = *disagrees;
        auto clocks = transaction.ListBootClocks(hello.machine_id());
        if (!clocks.ok()) return clocks.status();
        opening->clocks = *std::move(clocks);
        return absl::OkStatus();
      },
      [weak = weak_from_this(), opening](absl::StatusOr<MachinePointer> machine) {
        if (const auto self = weak.lock()) self->Welcome(std::move(machine), *opening);
      });
  return absl::OkStatus();
}

void Session::Welcome(absl::StatusOr<MachinePointer> machine, const Opening& opening) {
  if (state_ != State::kOpening) return;
  if (!machine.ok()) {
    if (absl::IsPermissionDenied(machine.status())) return End(machine.status());
    hub_.StorageTrouble(machine.status());
    return End(absl::UnavailableError("the collector cannot store at the moment; try again later"));
  }
  hub_.StorageWorks();
  state_ = State::kOpen;
  connected_ = true;
  if (opening.disagrees) {
    parts_.metrics.SetBack();
    spdlog::warn("machine {}: what it takes for committed is something else here; it was set back to an earlier state, or copied",
                 machine_id());
  }
  clocks_.emplace(opening.clocks, opening.last_stored, opening.boot_id);
  Measure(opening.hello);
  clock_asked_ = parts_.clock.BootNow();
  ProbeClockLater();
  v1::CollectorMessage message;
  v1::Welcome& welcome = *message.mutable_welcome();
  welcome.set_collector_version(parts_.version);
  welcome.mutable_committed()->Add(opening.committed.begin(), opening.committed.end());
  *welcome.mutable_policy() = PolicyFor(parts_.agents, (*machine)->machine_class);
  welcome.set_inventory_digest((*machine)->inventory_digest);
  welcome.set_window_batches(kWindowBatches);
  welcome.set_takes_backlog(true);
  welcome.set_wall_ms(absl::ToUnixMillis(parts_.clock.WallNow()));
  SetTimestamp(RenewTime(peer_.certificate_expire_time), *welcome.mutable_certificate_renew_time());
  transport_.Send(std::move(message));
  hub_.Connected(*this, **machine);
  ReadOn();
  EndIfDrained();
}

absl::Status Session::HandleDescriptors(v1::DescriptorSet& set) { return tables_.Add(std::move(set)); }

void Session::Measure(const ClockMeasurement& measurement) {
  clocks_->Measure(measurement);
  if (const MachinePointer machine = parts_.registry.Find(machine_id())) {
    parts_.metrics.SetClockOffset(*machine, absl::Milliseconds(clocks_->wall_error_ms()));
  }
}

void Session::ProbeClockLater() {
  probe_timer_->Start(kClockProbeInterval, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->state_ != State::kOpen) return;
    self->clock_asked_ = self->parts_.clock.BootNow();
    v1::CollectorMessage message;
    message.mutable_clock_probe()->set_wall_ms(absl::ToUnixMillis(self->parts_.clock.WallNow()));
    if (self->answers_probes_) self->transport_.Send(std::move(message));
    self->ProbeClockLater();
  });
}

// Read between the question and now: by the collector's boot clock, so that a step of its wall clock does no harm.
absl::Status Session::HandleClock(const v1::ClockReading& reading) {
  if (!IsClockReading(reading.boot_ms(), reading.wall_ms())) return absl::InvalidArgumentError("clock: boot_ms or wall_ms is no time");
  answers_probes_ = true;
  const absl::Duration half = (parts_.clock.BootNow() - clock_asked_) / 2;
  Measure({reading.boot_ms(), reading.wall_ms(), parts_.clock.WallNow() - half, half});
  return absl::OkStatus();
}

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

absl::Status Session::HandleInventory(v1::Inventory& inventory) {
  const std::string told = inventory.digest();
  auto kept = std::make_shared<v1::Inventory>(std::move(inventory));
  kept->set_digest(wire::InventoryDigest(*kept));
  if (kept->digest() != told) return absl::InvalidArgumentError("inventory: the digest is not that of the facts");
  if (absl::Status status = CheckInventory(*kept); !status.ok()) return status;
  writer_->Write(
      [id = machine_id(), kept, now = parts_.clock.WallNow()](StorageTransaction& transaction) {
        return transaction.PutInventory(id, *kept, now);
      },
      [hub = &hub_, id = machine_id(), weak = weak_from_this(), kept](absl::Status status) {
        if (status.ok()) hub->parts().registry.NoteInventory(id, kept->digest());
        const auto self = weak.lock();
        if (self == nullptr || self->state_ == State::kEnded) return;
        if (!status.ok()) return self->End(std::move(status));
        v1::CollectorMessage message;
        message.mutable_inventory()->set_digest(kept->digest());
        self->transport_.Send(std::move(message));
        self->ReadOn();
      },
      kept->ByteSizeLong());
  return absl::OkStatus();
}

absl::Status Session::HandleGap(const v1::GapDeclaration& gap) {
  if (gap.epoch() == 0 || gap.range().first() == 0 || gap.range().last() < gap.range().first()) {
    return absl::InvalidArgumentError("gap: epoch or range is not usable");
  }
  if (!v1::GapDeclaration::Cause_IsValid(gap.cause())) return absl::InvalidArgumentError("gap: unknown cause");
  const std::uint64_t batches = gap.range().last() - gap.range().first() + 1;
  parts_.metrics.Gap(gap.cause(), batches);
  spdlog::warn("machine {} gave up {} batches of epoch {} from {} on: {}", machine_id(), batches, gap.epoch(),
               gap.range().first(), v1::GapDeclaration::Cause_Name(gap.cause()));
  GapRecord record;
  record.epoch = gap.epoch();
  record.range = {gap.range().first(), gap.range().last()};
  record.cause = gap.cause();
  record.sample_count = gap.samples();
  record.told_time = parts_.clock.WallNow();
  if (IsClockReading(gap.from_wall_ms(), gap.to_wall_ms()) && gap.to_wall_ms() != 0) {
    record.from_time = absl::FromUnixMillis(gap.from_wall_ms() - clocks_->wall_error_ms());
    record.to_time = absl::FromUnixMillis(gap.to_wall_ms() - clocks_->wall_error_ms());
  }
  writer_->Write([id = machine_id(), record](StorageTransaction& transaction) { return transaction.PutGap(id, record); },
                 [weak = weak_from_this()](absl::Status status) {
                   const auto self = weak.lock();
                   if (self == nullptr || self->state_ == State::kEnded) return;
                   if (!status.ok()) return self->End(std::move(status));
                   self->ReadOn();
                   self->EndIfDrained();
                 },
                 kBatchOverheadBytes);
  return absl::OkStatus();
}

absl::Status Session::HandleRenewal(const v1::RenewRequest& request) {
  if (++renewals_ > kRenewalsPerStreamMax) {
    return absl::ResourceExhaustedError(StrCat("more than ", kRenewalsPerStreamMax, " renewals on one stream"));
  }
  absl::StatusOr<MachineCertificate> certificate =
      parts_.authority.SignMachine(request.certificate_request_der(), machine_id(), parts_.clock.WallNow());
  if (!certificate.ok()) return certificate.status();
  parts_.registry.Update(
      machine_id(), false,
      [expire = certificate->expire_time](MachineRecord& machine, StorageTransaction&) -> absl::Status {
        machine.certificate_expire_time = expire;
        return absl::OkStatus();
      },
      [weak = weak_from_this(), der = std::move(certificate->der)](const absl::StatusOr<MachinePointer>& machine) {
        const auto self = weak.lock();
        if (self == nullptr || self->state_ != State::kOpen) return;
        // Without an answer the agent asks again on its next stream.
        if (!machine.ok()) return self->hub_.StorageTrouble(machine.status());
        v1::CollectorMessage message;
        message.mutable_renewal()->set_certificate_der(der);
        self->transport_.Send(std::move(message));
      });
  return absl::OkStatus();
}

}  // namespace steward::collector
