#include "tests/fleet/simulated_machine.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "agent/identity/enroll.h"
#include "base/text.h"
#include "spdlog/spdlog.h"

namespace steward::fleet {
namespace {

constexpr char kAgentVersion[] = "fleet";

v1::MachineIdentity Describe(const MachineSettings& settings, const std::string& machine_class) {
  v1::MachineIdentity machine;
  machine.set_host_name(settings.host_name);
  machine.set_class_(machine_class.empty() ? "server" : machine_class);
  Random random(settings.seed);
  std::string fingerprint;
  for (int i = 0; i < 4; ++i) absl::StrAppendFormat(&fingerprint, "%016x", random.Next());
  machine.set_hardware_fingerprint(fingerprint);
  machine.set_operating_system("steward-fleet");
  return machine;
}

absl::StatusOr<agent::Identity> LoadOrEnroll(const MachineSettings& settings, absl::Time now, const std::string& token) {
  agent::IdentityStore store(settings.state);
  if (store.Exists()) return store.Load();
  if (token.empty()) {
    return absl::FailedPreconditionError(
        StrCat(settings.host_name, " is not enrolled yet: give --token, made by stewardctl token create --uses N"));
  }
  auto read = agent::ReadToken(token, now);
  if (!read.ok()) return read.status();
  auto identity = agent::EnrollMachine(*read, Describe(settings, read->class_()), kAgentVersion, "");
  if (!identity.ok()) return identity.status();
  if (absl::Status status = store.Create(*identity); !status.ok()) return status;
  return identity;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SimulatedMachine>> SimulatedMachine::Open(MachineSettings settings, MachineParts parts,
                                                                         const std::string& token) {
  auto identity = LoadOrEnroll(settings, parts.clock.WallNow(), token);
  if (!identity.ok()) return identity.status();
  agent::SpoolSettings spool_settings;
  spool_settings.directory = settings.state / "spool";
  spool_settings.sync_interval = absl::InfiniteDuration();  // a kill is survived without; hundreds of syncs are not free
  // Epochs must differ from run to run, so they are not made from the seed alone.
  auto random = std::make_shared<Random>(settings.seed ^ static_cast<std::uint64_t>(absl::ToUnixNanos(absl::Now())));
  auto spool = agent::Spool::Open(std::move(spool_settings), {.clock = parts.clock,
                                                              .disk = parts.disk,
                                                              .random = [random] { return random->Next(); },
                                                              .boot_id = parts.boot_id});
  if (!spool.ok()) return spool.status();
  return std::unique_ptr<SimulatedMachine>(
      new SimulatedMachine(std::move(settings), std::move(parts), *std::move(identity), *std::move(spool)));
}

SimulatedMachine::SimulatedMachine(MachineSettings settings, MachineParts parts, agent::Identity identity,
                                   std::unique_ptr<agent::Spool> spool)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      identity_(std::move(identity)),
      series_(settings_.seed, settings_.series, settings_.interval),
      spool_(std::move(spool)),
      tally_(parts_.totals),
      connector_(parts_.connector, tally_),
      timer_(parts_.clock.NewTimer(parts_.executor)) {
  agent::UplinkSettings uplink;
  uplink.addresses = identity_.addresses;
  uplink.machine_id = identity_.machine_id;
  uplink.ca_pem = identity_.ca_pem;
  uplink.certificate_pem = identity_.certificate_pem;
  uplink.key_pem = identity_.key_pem;
  uplink.agent_version = kAgentVersion;
  uplink.machine = Describe(settings_, identity_.machine_class);
  uplink.boot_id = parts_.boot_id;
  uplink.backoff_max = absl::Seconds(5);
  uplink.log_name = settings_.host_name;
  agent::UplinkCallbacks callbacks;
  callbacks.acknowledged = [this](std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
    tally_.OnAcknowledged(epoch, first, last, parts_.clock.BootNow());
  };
  callbacks.refused = [this](std::uint64_t epoch, const v1::Refusal& refusal) {
    tally_.OnRefused(epoch, refusal.range().first(), refusal.range().last());
  };
  callbacks.renewed = [this](const std::string& key_pem, const std::string& certificate_pem) {
    return agent::IdentityStore(settings_.state).ReplaceCertificate(key_pem, certificate_pem);
  };
  uplink_ = std::make_unique<agent::Uplink>(std::move(uplink),
                                            agent::UplinkParts{.executor = parts_.executor,
                                                               .clock = parts_.clock,
                                                               .spool = *spool_,
                                                               .connector = connector_,
                                                               .seed = settings_.seed},
                                            std::move(callbacks));
}

SimulatedMachine::~SimulatedMachine() = default;

bool SimulatedMachine::Holds(std::uint64_t epoch, std::uint64_t sequence) const {
  for (const v1::EpochRanges& held : spool_->Held()) {
    if (held.epoch() != epoch) continue;
    for (const v1::SequenceRange& range : held.ranges()) {
      if (range.first() <= sequence && sequence <= range.last()) return true;
    }
  }
  return false;
}

void SimulatedMachine::Start(absl::Duration phase, Ledger& ledger) {
  ledger_ = &ledger;
  uplink_->Start();
  next_tick_ = parts_.clock.BootNow() + phase;
  timer_->Start(phase, [this] { Tick(); });
}

void SimulatedMachine::Tick() {
  Sample();
  // What was missed is not made up for.
  const absl::Duration now = parts_.clock.BootNow();
  while (next_tick_ <= now) next_tick_ += settings_.interval;
  timer_->Start(next_tick_ - now, [this] { Tick(); });
}

void SimulatedMachine::Sample() {
  const absl::Time wall = absl::FromUnixMillis(absl::ToUnixMillis(parts_.clock.WallNow()));
  const wire::SampleBatch batch = series_.Sample(wall, parts_.clock.BootNow());
  const absl::Status written = ledger_->Write(
      {.machine = id(), .epoch = spool_->epoch(), .sequence = next_sequence_}, wall, series_.descriptors(), batch);
  if (!written.ok()) {
    spdlog::error("{}: {}", settings_.host_name, std::string(written.message()));
    return;  // without a ledger line there is no sample
  }
  Append(batch, declared_ ? std::vector<v1::MachineEvent>() : std::vector{Event(v1::MachineEvent::AGENT_STARTED)});
  if (absl::Status settled = ledger_->Settle(); !settled.ok()) {
    spdlog::error("{}: {}", settings_.host_name, std::string(settled.message()));
  }
}

void SimulatedMachine::Append(const wire::SampleBatch& batch, const std::vector<v1::MachineEvent>& events) {
  const auto sequence = spool_->Append(declared_ ? v1::DescriptorSet() : series_.descriptors(), batch, events);
  declared_ = true;
  if (!sequence.ok()) {
    ++parts_.totals.not_taken;
    spdlog::warn("{}: {}", settings_.host_name, std::string(sequence.status().message()));
    ++next_sequence_;
    return;
  }
  next_sequence_ = *sequence + 1;
  tally_.OnAppended(spool_->epoch(), *sequence, parts_.clock.BootNow());
  uplink_->Appended();
}

v1::MachineEvent SimulatedMachine::Event(v1::MachineEvent::Kind kind) const {
  v1::MachineEvent event;
  event.set_kind(kind);
  event.set_boot_ms(absl::ToInt64Milliseconds(parts_.clock.BootNow()));
  return event;
}

void SimulatedMachine::StopSampling() {
  timer_->Cancel();
  if (!declared_) return;
  wire::SampleBatch goodbye;
  goodbye.boot_ms = absl::ToInt64Milliseconds(parts_.clock.BootNow());
  Append(goodbye, {Event(v1::MachineEvent::AGENT_STOPPED)});
}

void SimulatedMachine::CutUplink() { uplink_->Stop(); }
void SimulatedMachine::RestoreUplink() { uplink_->Start(); }

absl::Status SimulatedMachine::Close() {
  parts_.totals.connections += uplink_->status().connections;
  timer_->Cancel();
  uplink_->Stop();
  return spool_->Close();
}

}  // namespace steward::fleet
