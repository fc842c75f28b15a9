// What each message of an agent does.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/identity/enrollment.h"
#include "collector/ingest/limits.h"
#include "collector/ingest/session.h"
#include "collector/policy/agent_policy.h"
#include "proto/wire/inventory_digest.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr std::size_t kBatchOverheadBytes = 512;

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

void SetTimestamp(absl::Time time, google::protobuf::Timestamp& to) { to.set_seconds(absl::ToUnixSeconds(time)); }

}  // namespace

struct Session::StoredBatch {
  BatchRecord record;
  std::vector<v1::DescriptorSet> descriptors;
  Observation observation;
  AppendResult result = AppendResult::kCommitted;
};

absl::Status Session::HandleHello(const v1::Hello& hello) {
  if (state_ != State::kAwaitHello) return absl::InvalidArgumentError("a second Hello on one stream");
  if (absl::Status status = CheckHello(hello, machine_id()); !status.ok()) return status;
  timer_->Cancel();
  state_ = State::kOpening;
  hub_.Claim(*this);
  // In the order of the queue: what the older stream of this machine has given to the store is counted as committed.
  const auto committed = std::make_shared<std::vector<v1::EpochRanges>>();
  parts_.registry.Update(
      machine_id(), true,
      [parts = &parts_, hello, address = address_, expire = peer_.certificate_expire_time, committed](
          MachineRecord& machine, StorageTransaction& transaction) -> absl::Status {
        if (absl::Status status = RegisterMachine(*parts, hello, address, transaction, machine); !status.ok()) return status;
        machine.certificate_expire_time = std::max(machine.certificate_expire_time, expire);
        return ReadCommitted(hello, transaction, *committed);
      },
      [weak = weak_from_this(), committed](absl::StatusOr<MachinePointer> machine) {
        if (const auto self = weak.lock()) self->Welcome(std::move(machine), *committed);
      });
  return absl::OkStatus();
}

void Session::Welcome(absl::StatusOr<MachinePointer> machine, const std::vector<v1::EpochRanges>& committed) {
  if (state_ != State::kOpening) return;
  if (!machine.ok()) {
    if (absl::IsPermissionDenied(machine.status())) return End(machine.status());
    hub_.StorageTrouble(machine.status());
    return End(absl::UnavailableError("the collector cannot store at the moment; try again later"));
  }
  hub_.StorageWorks();
  state_ = State::kOpen;
  connected_ = true;
  v1::CollectorMessage message;
  v1::Welcome& welcome = *message.mutable_welcome();
  welcome.set_collector_version(parts_.version);
  welcome.mutable_committed()->Add(committed.begin(), committed.end());
  *welcome.mutable_policy() = PolicyFor(parts_.agents, (*machine)->machine_class);
  welcome.set_inventory_digest((*machine)->inventory_digest);
  welcome.set_window_batches(kWindowBatches);
  welcome.set_wall_ms(absl::ToUnixMillis(parts_.clock.WallNow()));
  SetTimestamp(RenewTime(peer_.certificate_expire_time), *welcome.mutable_certificate_renew_time());
  transport_.Send(std::move(message));
  hub_.Connected(*this, **machine);
  ReadOn();
  EndIfDrained();
}

absl::Status Session::HandleDescriptors(v1::DescriptorSet& set) { return tables_.Add(std::move(set)); }

absl::Status Session::HandleSegment(const v1::SegmentStart& segment) {
  std::shared_ptr<wire::DescriptorTable> table = tables_.Find(segment.epoch());
  if (table == nullptr) {
    return absl::InvalidArgumentError(StrCat("segment of epoch ", segment.epoch(),
                                             ": its descriptors were not sent on this stream, or not recently"));
  }
  absl::StatusOr<std::unique_ptr<SegmentReader>> reader = SegmentReader::Open(segment, std::move(table));
  if (!reader.ok()) return reader.status();
  segment_ = *std::move(reader);
  return absl::OkStatus();
}

absl::Status Session::HandleBatch(v1::Batch& batch) {
  if (segment_ == nullptr) return absl::InvalidArgumentError(StrCat("batch ", batch.sequence(), " without a segment before it"));
  if (batch.sequence() != segment_->next_sequence()) {
    return absl::InvalidArgumentError(StrCat("batch ", batch.sequence(), " where ", segment_->next_sequence(),
                                             " of its segment is due; batches follow each other without a hole"));
  }
  const std::uint64_t sequence = batch.sequence();
  absl::StatusOr<ReadBatch> read = segment_->Read(std::move(batch));
  if (read.ok()) {
    StoreBatch(*std::move(read));
  } else {
    Refuse(sequence, read.status());
  }
  return absl::OkStatus();
}

void Session::Refuse(std::uint64_t sequence, const absl::Status& why) {
  const v1::Refusal::Cause cause = CauseOf(why);
  parts_.metrics.Refused(cause);
  spdlog::warn("machine {}: batch {} of epoch {} refused for good: {}", machine_id(), sequence, segment_->epoch(),
               std::string(why.message()));
  acknowledger_.Refused(segment_->epoch(), sequence, cause, std::string(why.message()));
  AcknowledgeSoon();
}

void Session::StoreBatch(ReadBatch read) {
  auto batch = std::make_shared<StoredBatch>();
  batch->record = std::move(read.record);
  batch->record.machine_id = machine_id();
  batch->observation = std::move(read.observation);
  batch->observation.machine = parts_.registry.Find(machine_id());
  batch->descriptors = tables_.TakeUnsaved(batch->record.epoch);
  std::size_t bytes = kBatchOverheadBytes + batch->record.samples.size() + batch->record.events.size() +
                      batch->record.sample_count * sizeof(ObservedValue);
  for (const v1::DescriptorSet& set : batch->descriptors) bytes += set.ByteSizeLong();
  writer_->Write(
      [batch](StorageTransaction& transaction) -> absl::Status {
        for (const v1::DescriptorSet& set : batch->descriptors) {
          if (absl::Status status = transaction.AddDescriptors(batch->record.machine_id, set); !status.ok()) return status;
        }
        const absl::StatusOr<AppendResult> result = transaction.AppendBatch(batch->record);
        if (!result.ok()) return result.status();
        batch->result = *result;
        return absl::OkStatus();
      },
      // What is durable is handed on even if the stream has ended meanwhile.
      [hub = &hub_, weak = weak_from_this(), batch](absl::Status status) {
        if (status.ok()) hub->StorageWorks();
        if (status.ok() && batch->result == AppendResult::kCommitted) hub->Deliver(std::move(batch->observation));
        if (const auto self = weak.lock()) self->OnBatchStored(*batch, status);
      },
      bytes);
}

void Session::OnBatchStored(const StoredBatch& batch, const absl::Status& status) {
  if (!status.ok()) return End(status);
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
  if (state_ == State::kOpen) AcknowledgeSoon();
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
