// How a stream opens: Hello against what the store knows of the machine, then Welcome; from then on the machine's clock.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/identity/enrollment.h"
#include "collector/ingest/limits.h"
#include "collector/ingest/session.h"
#include "collector/policy/agent_policy.h"
#include "proto/wire/sha256.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {


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
  if (!IsBootMs(hello.boot_ms()) || !IsWallMs(hello.wall_ms())) return absl::InvalidArgumentError("Hello: boot_ms or wall_ms is no time");
  if (hello.boot_id().size() > kBootIdBytesMax) return absl::InvalidArgumentError("Hello: boot_id is too long");
  const absl::Status identity = CheckIdentity(hello.identity(), hello.agent_version());
  return identity.ok() ? identity : absl::InvalidArgumentError(StrCat("Hello: ", ToStd(identity.message())));
}

// Writer thread.
absl::Status RegisterMachine(const IngestParts& parts, const v1::Hello& hello, const std::string& address,
                             StorageReader& reader, MachineRecord& machine) {
  if (machine.state == MachineState::kRetired) {
    return absl::PermissionDeniedError(StrCat("machine ", machine.instance, " was retired on the collector; stop its agent"));
  }
  const bool forgotten = machine.instance.empty();
  if (forgotten) {
    const auto deleted = reader.GetSetting(DeletedSettingKey(machine.id));
    if (!deleted.ok()) return deleted.status();
    if (deleted->has_value()) {
      return absl::PermissionDeniedError(
          "this machine was deleted on the collector; stop its agent, or enrol it again with `steward-agent enroll TOKEN`");
    }
  }
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

// Writer thread. So that either side notices that the machine was set back: of each epoch the newest batch stored.
absl::Status ReadMark(const v1::Hello& hello, StorageReader& reader, std::vector<v1::EpochRanges>& committed) {
  for (v1::EpochRanges& ranges : committed) {
    if (ranges.ranges().empty()) continue;
    const std::uint64_t last = ranges.ranges(ranges.ranges_size() - 1).last();
    const auto payload = reader.CommittedPayload(hello.machine_id(), ranges.epoch(), last);
    if (!payload.ok()) return payload.status();
    if (!payload->has_value()) continue;
    ranges.mutable_mark()->set_epoch(ranges.epoch());
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
  if (absl::Status status = hub_.Claim(*this, {hello.boot_id(), hello.epoch()}, hello.identity()); !status.ok()) return status;
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
  *welcome.mutable_policy() = PolicyFor(parts_.agents, **machine);
  welcome.set_inventory_digest((*machine)->inventory_digest);
  welcome.set_window_batches(kWindowBatches);
  welcome.set_takes_backlog(true);
  clock_asked_wall_ms_ = absl::ToUnixMillis(parts_.clock.WallNow());
  welcome.set_wall_ms(clock_asked_wall_ms_);
  SetTimestamp(RenewTime(peer_.certificate_expire_time), *welcome.mutable_certificate_renew_time());
  transport_.Send(std::move(message));
  hub_.Connected(*this, **machine);
  ReadOn();
  EndIfDrained();
}

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
    self->clock_asked_wall_ms_ = absl::ToUnixMillis(self->parts_.clock.WallNow());
    message.mutable_clock_probe()->set_wall_ms(self->clock_asked_wall_ms_);
    if (self->answers_probes_) self->transport_.Send(std::move(message));
    self->ProbeClockLater();
  });
}

// Read between the question and now: by the collector's boot clock, so that a step of its wall clock does no harm.
absl::Status Session::HandleClock(const v1::ClockReading& reading) {
  if (!IsBootMs(reading.boot_ms()) || !IsWallMs(reading.wall_ms())) return absl::InvalidArgumentError("clock: boot_ms or wall_ms is no time");
  answers_probes_ = true;
  // The answer to an earlier question, while the stream was not read for so long: of when it was given nothing is known.
  if (reading.collector_wall_ms() != clock_asked_wall_ms_) return absl::OkStatus();
  const absl::Duration half = (parts_.clock.BootNow() - clock_asked_) / 2;
  Measure({reading.boot_ms(), reading.wall_ms(), parts_.clock.WallNow() - half, half});
  return absl::OkStatus();
}

}  // namespace steward::collector
