#include "agent/agent.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "agent/identity/whole_file.h"
#include "agent/slow_probe.h"
#include "agent/status_json.h"
#include "boost/asio/post.hpp"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kIntervalMin = absl::Seconds(1);
constexpr absl::Duration kIntervalMax = absl::Minutes(5);
constexpr absl::Duration kClockStep = absl::Seconds(1);  // smaller steps are slewed by the collector
constexpr std::chrono::seconds kAcknowledgeOnStop(2);

std::string Text(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

Agent::Agent(Settings settings, Parts parts)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      identity_store_(settings_.state_directory),
      timer_(parts_.clock.NewTimer(parts_.io.get_executor())),
      stop_timer_(parts_.io) {}

Agent::~Agent() = default;

absl::StatusOr<std::unique_ptr<Agent>> Agent::Open(Settings settings, Parts parts) {
  std::unique_ptr<Agent> agent(new Agent(std::move(settings), std::move(parts)));
  if (absl::Status status = agent->OpenSpool(); !status.ok()) return status;
  std::vector<std::unique_ptr<Probe>> probes =
      TakeOffSamplingPath(std::move(agent->parts_.probes), agent->parts_.clock, agent->parts_.random);
  probes.push_back(NewAgentProbe([raw = agent.get()] { return raw->Numbers(); }));
  agent->sampler_ = std::make_unique<Sampler>(agent->parts_.clock, std::move(probes));
  agent->LoadPolicy();
  agent->MakeUplink();
  return agent;
}

absl::Status Agent::OpenSpool() {
  SpoolSettings settings;
  settings.directory = settings_.state_directory / "spool";
  settings.bytes_max = settings_.config.spool_bytes_max;
  settings.age_max = settings_.config.spool_age_max;
  auto spool = Spool::Open(settings, {parts_.clock, parts_.disk, [this] { return EpochBits(parts_.random(), parts_.clock.WallNow()); },
                                      settings_.boot_id});
  if (!spool.ok()) return spool.status();
  spool_ = *std::move(spool);
  return absl::OkStatus();
}

void Agent::MakeUplink() {
  UplinkSettings settings;
  settings.addresses = settings_.config.addresses.empty() ? settings_.identity.addresses : settings_.config.addresses;
  settings.proxy = settings_.config.proxy;
  settings.machine_id = settings_.identity.machine_id;
  settings.ca_pem = settings_.identity.ca_pem;
  settings.certificate_pem = settings_.identity.certificate_pem;
  settings.key_pem = settings_.identity.key_pem;
  settings.agent_version = settings_.version;
  settings.machine = settings_.machine;
  settings.boot_id = settings_.boot_id;
  UplinkCallbacks callbacks;
  callbacks.policy = [this](const v1::Policy& policy) { ApplyPolicy(policy); };
  callbacks.acknowledged = [this](std::uint64_t, std::uint64_t, std::uint64_t) {
    if (stopped_ && spool_->status().batches_waiting == 0) FinishStop();
  };
  callbacks.refused = [this](std::uint64_t epoch, const v1::Refusal& refusal) {
    // Another payload is stored under our identities: this machine was rolled back or copied. A new epoch ends that.
    if (refusal.cause() == v1::Refusal::CONFLICT && epoch == spool_->epoch()) StartEpoch();
  };
  callbacks.passed_over = [this](std::uint64_t epoch) {
    if (epoch == spool_->epoch()) StartEpoch();
  };
  callbacks.rolled_back = [this] { StartEpoch(); };
  callbacks.renewed = [this](const std::string& key_pem, const std::string& certificate_pem) {
    return identity_store_.ReplaceCertificate(key_pem, certificate_pem);
  };
  uplink_ = std::make_unique<Uplink>(
      settings,
      UplinkParts{parts_.io.get_executor(), parts_.clock, *spool_, parts_.connector, parts_.random(), parts_.watch_network},
      callbacks);
}

void Agent::Start() {
  start_time_ = parts_.clock.WallNow();
  wall_minus_boot_ = (start_time_ - absl::UnixEpoch()) - parts_.clock.BootNow();
  if (parts_.awake_clock) sleep_watch_.emplace(parts_.clock, parts_.awake_clock);
  StatusSocket::Commands commands;
  commands.status = [this] { return StatusJson(); };
  commands.look = [this] {
    if (inventory_) inventory_->Look();
  };
  auto socket = StatusSocket::Listen(parts_.io, settings_.state_directory, std::move(commands));
  if (socket.ok()) {
    socket_ = *std::move(socket);
  } else {
    spdlog::warn("status: {}", Text(socket.status()));
  }
  uplink_->Start();
  Tick();
  InventoryKeeper::Parts parts{parts_.io.get_executor(), parts_.clock, settings_.state_directory / "inventory.pb",
                               parts_.collect_inventory, parts_.inventory_mark,
                               [this](InventoryOffer offer) { uplink_->SetInventory(std::move(offer)); }, parts_.random()};
  inventory_ = std::make_unique<InventoryKeeper>(std::move(parts));
  inventory_->Start();
}

// Cycles lie at the same place on every machine's own grid, but not all machines at once.
void Agent::ScheduleTick() {
  const absl::Duration now = parts_.clock.BootNow();
  const absl::Duration phase =
      interval_ * (static_cast<double>(std::hash<std::string>()(settings_.identity.machine_id) % 1000) / 1000.0);
  absl::Duration into;
  absl::IDivDuration(now - phase + interval_, interval_, &into);
  absl::Duration wait = interval_ - into;
  if (wait < interval_ * 0.1) wait += interval_;  // the timer was early, or the agent has just started
  timer_->Start(wait, [this] { Tick(); });
}

void Agent::Tick() {
  std::vector<v1::MachineEvent> events;
  if (std::exchange(first_batch_, false)) {
    const bool booted = !spool_->previous_boot_id().empty() && spool_->previous_boot_id() != settings_.boot_id;
    if (booted) {
      events.push_back(Event(v1::MachineEvent::MACHINE_BOOTED));
      events.back().set_boot_ms(0);
    }
    events.push_back(Event(v1::MachineEvent::AGENT_STARTED));
  }
  NoteSleep(events);
  NoteClockStep(events);
  if (sampler_->WantsNewEpoch()) StartEpoch();
  Append(sampler_->Sample(), events);
  LookAtNotes();
  ScheduleTick();
}

void Agent::LookAtNotes() {
  const std::uint64_t mark = parts_.note_mark ? parts_.note_mark() : 0;
  if (std::exchange(note_mark_, mark) != mark && inventory_) inventory_->LookSoon();
}

// Told when it is over: nothing runs between the system's decision and the standstill.
void Agent::NoteSleep(std::vector<v1::MachineEvent>& events) {
  const std::optional<Sleep> sleep = sleep_watch_ ? sleep_watch_->Look() : std::nullopt;
  if (!sleep) return;
  events.push_back(Event(v1::MachineEvent::SUSPENDING));
  events.back().set_boot_ms(absl::ToInt64Milliseconds(sleep->begin));
  events.push_back(Event(v1::MachineEvent::RESUMED));
  events.back().set_boot_ms(absl::ToInt64Milliseconds(sleep->end));
  spdlog::info("the machine was suspended for {}", absl::FormatDuration(absl::Trunc(sleep->end - sleep->begin, absl::Seconds(1))));
}

void Agent::NoteClockStep(std::vector<v1::MachineEvent>& events) {
  const absl::Duration offset = (parts_.clock.WallNow() - absl::UnixEpoch()) - parts_.clock.BootNow();
  const absl::Duration step = offset - std::exchange(wall_minus_boot_, offset);
  if (absl::AbsDuration(step) < kClockStep) return;
  events.push_back(Event(v1::MachineEvent::CLOCK_STEPPED));
  events.back().set_detail(absl::FormatDuration(step));
  spool_->CutSegment();  // a segment has one anchor between the clocks
  spdlog::info("the wall clock was stepped by {}", absl::FormatDuration(step));
}

void Agent::Append(Sampled sampled, const std::vector<v1::MachineEvent>& events) {
  sample_time_ = parts_.clock.WallNow();
  const auto sequence = spool_->Append(std::move(sampled.descriptors), sampled.batch, events);
  if (absl::IsInvalidArgument(sequence.status())) {
    spdlog::error("a batch could not be encoded and is lost: {}", Text(sequence.status()));
  }
  uplink_->Appended();
}

void Agent::StartEpoch() {
  spool_->StartEpoch();
  sampler_->StartEpoch();
}

void Agent::ApplyPolicy(const v1::Policy& policy) {
  const absl::Duration interval = absl::Seconds(policy.interval().seconds()) + absl::Nanoseconds(policy.interval().nanos());
  if (interval <= absl::ZeroDuration()) return;  // not a policy
  std::string bytes = policy.SerializeAsString();
  if (bytes == policy_bytes_) return;
  policy_bytes_ = std::move(bytes);
  const absl::Duration wanted = std::clamp(interval, kIntervalMin, kIntervalMax);
  const bool other_interval = wanted != std::exchange(interval_, wanted);
  GiveOut(policy);
  if (other_interval) {
    spdlog::info("policy: every {}", absl::FormatDuration(interval_));
    StartEpoch();  // within an epoch a group keeps the interval that it was declared with
    if (!stopped_) ScheduleTick();
  }
  if (absl::Status status = WriteWholeFile(settings_.state_directory / "policy.pb", policy_bytes_); !status.ok()) {
    spdlog::warn("policy: {}", Text(status));
  }
}

// The one of the last connection, until the collector says another.
void Agent::LoadPolicy() {
  const auto bytes = ReadWholeFile(settings_.state_directory / "policy.pb");
  v1::Policy policy;
  if (!bytes.ok() || !policy.ParseFromString(*bytes) || policy.interval().seconds() <= 0) return;
  policy_bytes_ = *bytes;
  interval_ = std::clamp(absl::Seconds(policy.interval().seconds()), kIntervalMin, kIntervalMax);
  GiveOut(policy);
}

// To those who go by it, together with the interval.
void Agent::GiveOut(const v1::Policy& policy) {
  sampler_->SetPolicy(interval_, {policy.disabled_probes().begin(), policy.disabled_probes().end()});
  if (!parts_.endpoints) return;
  std::vector<Endpoint> endpoints;
  for (const v1::Endpoint& endpoint : policy.endpoints()) {
    endpoints.push_back({endpoint.name(), endpoint.url(), endpoint.purpose(), endpoint.contains()});
  }
  parts_.endpoints->Set(std::move(endpoints));
}

void Agent::Stop(v1::MachineEvent::Kind why, std::function<void()> done) {
  if (stopped_) return;
  stopped_ = std::move(done);
  timer_->Cancel();
  wire::SampleBatch batch;
  batch.boot_ms = absl::ToInt64Milliseconds(parts_.clock.BootNow());
  Append({{}, batch}, {Event(why)});
  if (absl::Status status = spool_->Sync(); !status.ok()) spdlog::warn("spool: {}", Text(status));
  stop_timer_.expires_after(kAcknowledgeOnStop);
  stop_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) FinishStop();
  });
  if (!uplink_->status().connected) FinishStop();
}

void Agent::FinishStop() {
  if (!spool_) return;
  stop_timer_.cancel();
  boost::asio::post(parts_.io, [this] {  // not from within the session that has just acknowledged
    if (!uplink_) return;
    uplink_.reset();
    inventory_.reset();
    if (absl::Status status = spool_->Close(); !status.ok()) spdlog::warn("spool: {}", Text(status));
    socket_.reset();
    stopped_();
  });
}

v1::MachineEvent Agent::Event(v1::MachineEvent::Kind kind) const {
  v1::MachineEvent event;
  event.set_kind(kind);
  event.set_boot_ms(absl::ToInt64Milliseconds(parts_.clock.BootNow()));
  return event;
}

AgentNumbers Agent::Numbers() const {
  AgentNumbers numbers;
  numbers.version = settings_.version;
  numbers.spool = spool_->status();
  numbers.sampler = sampler_->counters();
  numbers.probes = sampler_->health();
  numbers.series = sampler_->live_series();
  numbers.connections = uplink_->status().connections;
  numbers.refused_batches = uplink_->status().refused_batches;
  return numbers;
}

std::string Agent::StatusJson() const {
  StatusReport report;
  report.identity = settings_.identity;
  report.host_name = settings_.machine.host_name();
  report.version = settings_.version;
  report.start_time = start_time_;
  report.sample_time = sample_time_;
  report.interval = interval_;
  report.spool = spool_->status();
  report.uplink = uplink_ ? uplink_->status() : UplinkStatus();
  report.probes = sampler_->health();
  report.series = sampler_->live_series();
  return FormatStatusJson(report);
}

}  // namespace steward::agent
