#include "tests/fleet/simulation/sim_machine.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "agent/platform/network_watch.h"
#include "spdlog/spdlog.h"

namespace steward::simulation {
namespace {

constexpr absl::Duration kPowerCutCosts = absl::Seconds(30);  // at most, DESIGN section 4
constexpr absl::Duration kClockStep = absl::Seconds(1);

constexpr agent::Metric kNumber{"sim_number", "Which batch of the machine this is"};
constexpr agent::Metric kHalf{"sim_half", "Half of it", agent::MetricType::kGauge, 1, 1, agent::ValueKind::kDouble};
constexpr agent::Metric kSometimes{"sim_sometimes", "The same, but not always there"};

}  // namespace

// The agent's process. What is declared last ends first.
struct SimMachine::AgentRun {
  std::unique_ptr<agent::Spool> spool;
  std::unique_ptr<agent::Sampler> sampler;
  std::unique_ptr<agent::Uplink> uplink;
  std::unique_ptr<Timer> timer;
  absl::Duration wall_minus_boot;
  std::uint64_t next_sequence = 1;
  bool first_batch = true;
  std::function<void()> network_changed;  // empty: the uplink has not asked yet
};

class SimMachine::NumberProbe final : public agent::Probe {
 public:
  explicit NumberProbe(const MachineLedger& ledger) : ledger_(ledger) {}
  std::string_view name() const override { return "simulated"; }
  absl::Status Collect(agent::SampleSink& sink) override {
    const auto number = static_cast<std::int64_t>(ledger_.entries.size());
    sink.Add(kNumber, {}, number);
    sink.AddDouble(kHalf, {}, static_cast<double>(number) / 2);
    if (number % 7 < 5) sink.Add(kSometimes, {}, number);
    return absl::OkStatus();
  }

 private:
  const MachineLedger& ledger_;
};

SimMachine::SimMachine(World& world, Listener& collector, Ledger& ledger, MachineOptions options)
    : world_(world),
      ledger_(ledger.Machine(absl::StrFormat("%08x-0000-4000-8000-000000000000", options.number))),
      options_(options),
      id_(ledger_.id),
      link_(world, collector, id_),
      random_(world.random().Next()),
      wall_error_(options.wall_error) {
  node_.drift = options_.drift;
  world_.Add(node_);
}

SimMachine::~SimMachine() { KillAgent(); }

void SimMachine::Run() {
  if (!on()) Boot();
  if (std::exchange(node_.suspended, false)) {
    node_.clock->Advance(std::exchange(node_.slept, absl::ZeroDuration()));
    link_.SetDead(false, false);
  }
  if (!agent_runs()) StartAgent();
}

void SimMachine::Boot() {
  absl::Time wall = world_.true_time() + wall_error_;
  if (std::exchange(rtc_lost_, false)) wall = absl::FromUnixSeconds(1'577'836'800) + world_.now();
  node_.clock = std::make_unique<ManualClock>(absl::FromUnixMillis(absl::ToUnixMillis(wall)), absl::Seconds(20));
  boot_id_ = absl::StrFormat("%016x%016x", random_.Next(), random_.Next());
  ledger_.boot_ids[++boot_] = boot_id_;
}

void SimMachine::StartAgent() {
  node_.process = std::make_unique<boost::asio::io_context>(1);
  agent::SpoolSettings spool_settings;
  spool_settings.directory = "/spool";
  spool_settings.bytes_max = options_.spool_bytes_max;
  const auto epoch_bits = [this] { return agent::EpochBits(random_.Next(), node_.clock->WallNow()); };
  auto spool = agent::Spool::Open(std::move(spool_settings), {*node_.clock, disk_, epoch_bits, boot_id_});
  if (!spool.ok()) return spdlog::error("{}: {}", id_, spool.status().ToString());
  agent_ = std::make_unique<AgentRun>();
  agent_->spool = *std::move(spool);
  std::vector<std::unique_ptr<agent::Probe>> probes;
  probes.push_back(std::make_unique<NumberProbe>(ledger_));
  agent_->sampler = std::make_unique<agent::Sampler>(*node_.clock, std::move(probes));
  agent_->sampler->SetPolicy(options_.interval, {});

  agent::UplinkSettings settings;
  settings.addresses = {"collector:7443"};
  settings.machine_id = id_;
  settings.agent_version = "simulated";
  settings.machine.set_host_name(absl::StrFormat("sim-%d", options_.number));
  settings.machine.set_class_("desktop");
  settings.machine.set_operating_system("simulated");
  settings.boot_id = boot_id_;
  agent::UplinkCallbacks callbacks;
  callbacks.refused = [this](std::uint64_t epoch, const v1::Refusal& refusal) {
    if (refusal.cause() == v1::Refusal::CONFLICT && epoch == agent_->spool->epoch()) StartEpoch();
  };
  callbacks.passed_over = [this](std::uint64_t epoch) {
    if (epoch == agent_->spool->epoch()) StartEpoch();
  };
  callbacks.rolled_back = [this] { StartEpoch(); };
  agent::UplinkParts parts{node_.process->get_executor(), *node_.clock, *agent_->spool, link_, random_.Next()};
  parts.watch_network = [this](std::function<void()> changed) {
    agent_->network_changed = std::move(changed);
    return std::make_unique<agent::NetworkWatch>();
  };
  agent_->uplink = std::make_unique<agent::Uplink>(settings, std::move(parts), callbacks);
  agent_->timer = node_.clock->NewTimer(node_.process->get_executor());
  agent_->wall_minus_boot = (node_.clock->WallNow() - absl::UnixEpoch()) - node_.clock->BootNow();
  agent_->uplink->Start();
  Tick();
}

void SimMachine::Tick() {
  std::vector<v1::MachineEvent> events;
  if (std::exchange(agent_->first_batch, false)) {
    const std::string& before = agent_->spool->previous_boot_id();
    if (!before.empty() && before != boot_id_) {
      events.push_back(Event(v1::MachineEvent::MACHINE_BOOTED));
      events.back().set_boot_ms(0);
    }
    events.push_back(Event(v1::MachineEvent::AGENT_STARTED));
  }
  NoteClockStep(events);
  Append(agent_->sampler->Sample(), events);
  agent_->timer->Start(options_.interval, [this] { Tick(); });
}

void SimMachine::NoteClockStep(std::vector<v1::MachineEvent>& events) {
  const absl::Duration offset = (node_.clock->WallNow() - absl::UnixEpoch()) - node_.clock->BootNow();
  const absl::Duration step = offset - std::exchange(agent_->wall_minus_boot, offset);
  if (absl::AbsDuration(step) < kClockStep) return;
  events.push_back(Event(v1::MachineEvent::CLOCK_STEPPED));
  agent_->spool->CutSegment();
}

void SimMachine::Append(agent::Sampled sampled, const std::vector<v1::MachineEvent>& events) {
  LedgerEntry& entry = ledger_.entries.emplace_back();
  entry.time = world_.now();
  entry.epoch = agent_->spool->epoch();
  entry.sequence = agent_->next_sequence;
  entry.boot = boot_;
  entry.connected = agent_->uplink->status().connected;
  entry.half_round_trip = 2 * link_.TakeWorstLatency();
  const auto sequence = agent_->spool->Append(std::move(sampled.descriptors), sampled.batch, events);
  if (sequence.ok()) entry.sequence = *sequence;
  if (!sequence.ok()) entry.excuse = Excuse::kNotTaken;
  agent_->next_sequence = entry.sequence + 1;
  agent_->uplink->Appended();
}

void SimMachine::StartEpoch() {
  agent_->spool->StartEpoch();
  agent_->sampler->StartEpoch();
  agent_->next_sequence = 1;
}

v1::MachineEvent SimMachine::Event(v1::MachineEvent::Kind kind) const {
  v1::MachineEvent event;
  event.set_kind(kind);
  event.set_boot_ms(absl::ToInt64Milliseconds(node_.clock->BootNow()));
  return event;
}

void SimMachine::KillAgent() {
  agent_.reset();
  node_.process.reset();
}

void SimMachine::DamageDisk(fleet::Random& random) {
  KillAgent();
  const std::filesystem::path cut = disk_.Damage(random);
  if (cut.extension() != ".seg") return;
  const auto entries = disk_.List(cut.parent_path());
  for (const agent::SpoolEntry& entry : *entries) {
    if (entry.name.ends_with(".seg") && entry.name > cut.filename()) return;  // complete: the journal knows its end
  }
  const std::vector<std::string> parts = absl::StrSplit(cut.stem().string(), '-');
  ledger_.ExcuseFrom(std::stoull(parts[1], nullptr, 16), std::stoull(parts[2]), Excuse::kCutTail);
}

void SimMachine::StopAgent() { StopAgent(v1::MachineEvent::AGENT_STOPPED); }

void SimMachine::StopAgent(v1::MachineEvent::Kind why) {
  if (!agent_) return;
  wire::SampleBatch goodbye;  // not in the ledger: it holds no number
  goodbye.boot_ms = absl::ToInt64Milliseconds(node_.clock->BootNow());
  agent_->spool->Append({}, goodbye, {Event(why)}).IgnoreError();
  if (const absl::Status status = agent_->spool->Close(); !status.ok()) spdlog::debug("{}: {}", id_, status.ToString());
  KillAgent();
}

void SimMachine::ShutDown() {
  if (!on()) return;
  StopAgent(v1::MachineEvent::MACHINE_SHUTTING_DOWN);
  wall_error_ = node_.clock->WallNow() - world_.true_time();
  node_ = {.clock = nullptr, .process = nullptr, .drift = options_.drift};
}

void SimMachine::CutPower() {
  if (!on()) return;
  link_.VanishAgent();
  KillAgent();
  wall_error_ = node_.clock->WallNow() - world_.true_time();
  node_ = {.clock = nullptr, .process = nullptr, .drift = options_.drift};
  disk_.CutPower(random_);
  ledger_.ExcuseSince(world_.now() - kPowerCutCosts, Excuse::kPowerCut);
}

void SimMachine::Suspend() {
  if (!awake()) return;
  node_.suspended = true;
  link_.Sleep();
}

void SimMachine::StepWall(absl::Duration by) {
  if (on()) node_.clock->SetWall(node_.clock->WallNow() + by);
}

void SimMachine::SetWallRight() {
  if (on()) node_.clock->SetWall(absl::FromUnixMillis(absl::ToUnixMillis(world_.true_time())));
}

void SimMachine::ChangeNetwork() {
  if (awake() && agent_ && agent_->network_changed) agent_->network_changed();
}

void SimMachine::TakeSnapshot() {
  snapshot_ = std::make_unique<Snapshot>(Snapshot{disk_.Image(), random_, world_.now()});
}

bool SimMachine::RollBack(RollBackOf what) {
  if (!snapshot_ || !on()) return false;
  link_.VanishAgent();
  KillAgent();
  disk_.SetBack(snapshot_->disk);
  if (what == RollBackOf::kDiskAndRandom) random_ = snapshot_->random;
  ledger_.ExcuseSince(snapshot_->time, Excuse::kRollback);
  return true;
}

std::set<std::uint64_t> SimMachine::HeldEpochs() const {
  std::set<std::uint64_t> epochs;
  if (!agent_) return epochs;
  for (const v1::EpochRanges& held : agent_->spool->Held()) epochs.insert(held.epoch());
  return epochs;
}

std::uint64_t SimMachine::batches_waiting() const { return agent_ ? agent_->spool->status().batches_waiting : 0; }

}  // namespace steward::simulation
