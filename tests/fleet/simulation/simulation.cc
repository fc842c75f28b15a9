#include "tests/fleet/simulation/simulation.h"

#include <array>
#include <limits>
#include <utility>

#include "spdlog/spdlog.h"

namespace steward::simulation {
namespace {

constexpr absl::Duration kPeaceMax = absl::Hours(3);          // an epoch that made trouble is tried again after an hour
constexpr absl::Duration kLook = absl::Milliseconds(61'234);  // not in step with any interval
constexpr std::array kIntervals = {absl::Seconds(15), absl::Seconds(30), absl::Seconds(60)};

}  // namespace

Simulation::Simulation(SimulationOptions options, const collector::CertificateAuthority& authority,
                       std::filesystem::path directory)
    : options_(std::move(options)),
      world_(options_.seed),
      interval_(kIntervals[world_.random().Next() % kIntervals.size()]),
      collector_(world_, ledger_, authority, std::move(directory), interval_) {
  for (int number = 1; number <= options_.machines; ++number) {
    MachineOptions machine;
    machine.number = number;
    machine.interval = interval_;
    machine.drift = (world_.random().Unit() - 0.5) * 60e-6;
    machines_.push_back(std::make_unique<SimMachine>(world_, collector_, ledger_, machine));
  }
}

absl::StatusOr<SimulationResult> Simulation::Run() {
  if (absl::Status status = collector_.Start(); !status.ok()) return status;
  for (const auto& machine : machines_) {
    world_.After(Between(world_.random(), absl::ZeroDuration(), absl::Minutes(1)), [&machine] { machine->Run(); });
  }
  if (!options_.faults.empty()) StrikeLater();
  world_.RunFor(options_.duration);
  MakePeace();
  for (absl::Duration waited; waited < kPeaceMax; waited += kLook) {
    world_.RunFor(kLook);
    if (BatchesWaiting() == 0) break;
  }
  result_.waiting = BatchesWaiting();
  ExcuseForgotten();
  for (const auto& machine : machines_) machine->KillAgent();
  trouble_.Update(ReadCoverage());
  collector_.Kill();
  trouble_.Update(Judge());
  if (!trouble_.ok()) return trouble_;
  return result_;
}

void Simulation::StrikeLater() {
  world_.After(Between(world_.random(), absl::ZeroDuration(), absl::Minutes(10)), [this] {
    if (peace_) return;
    SimMachine& machine = *machines_[world_.random().Next() % machines_.size()];
    const Fault& fault = *options_.faults[world_.random().Next() % options_.faults.size()];
    if (machine.awake()) {  // what does not run cannot be struck
      ++result_.struck[std::string(fault.name)];
      spdlog::debug("{}: {} strikes {}", absl::FormatDuration(world_.now()), fault.name, machine.id());
      fault.strike(*this, machine);
    }
    StrikeLater();
  });
}

void Simulation::MakePeace() {
  peace_ = true;
  RunCollector();
  SetCommitTime(kCommitTime);
  SetStorageFailure(absl::OkStatus());
  for (const auto& machine : machines_) {
    machine->disk().capacity = std::numeric_limits<std::uint64_t>::max();
    machine->link().SetLatency(kLatency);
    machine->Run();
    machine->link().SetDead(false, false);
  }
}

void Simulation::KillCollector(bool silent) {
  for (const auto& machine : machines_) machine->link().DropCollector(silent);
  collector_.Kill();
}

void Simulation::RunCollector() {
  if (collector_.running()) return;
  trouble_.Update(collector_.Start());
  SetCommitTime(commit_time_);
  SetStorageFailure(failure_);
}

bool Simulation::TakeBackup() {
  if (!collector_.running()) return false;
  const absl::Status status = collector_.TakeBackup();
  trouble_.Update(status);
  return status.ok();
}

void Simulation::RestoreBackup() {
  if (!collector_.Restore()) return;
  restored_ = world_.now();
  spdlog::debug("{}: the collector is set back", absl::FormatDuration(restored_));
}

void Simulation::SetCommitTime(absl::Duration time) {
  commit_time_ = time;
  if (SimStorage* storage = collector_.storage()) storage->commit_time = time;
}

void Simulation::SetStorageFailure(absl::Status status) {
  failure_ = std::move(status);
  if (SimStorage* storage = collector_.storage()) storage->failure = failure_;
}

std::uint64_t Simulation::BatchesWaiting() const {
  std::uint64_t waiting = 0;
  for (const auto& machine : machines_) waiting += machine->batches_waiting();
  return waiting;
}

// Of an epoch of which nothing is left on its disk the agent does not know, and the collector that was set back
// neither.
void Simulation::ExcuseForgotten() {
  if (restored_ == absl::ZeroDuration()) return;
  for (const auto& machine : machines_) {
    if (machine->disk().has_failed()) ledger_.Machine(machine->id()).ExcuseForgotten(restored_, machine->HeldEpochs());
  }
}

absl::Status Simulation::ReadCoverage() {
  const int days = static_cast<int>(world_.now() / absl::Hours(24)) + 2;
  for (const auto& machine : machines_) {
    auto listed = collector_.CoverageDays(machine->id(), days);
    if (!listed.ok()) return listed.status();
    coverage_[machine->id()] = *std::move(listed);
  }
  return absl::OkStatus();
}

absl::Status Simulation::Judge() {
  Verdict& verdict = result_.verdict;
  absl::Status status = collector_.Read([&](collector::StorageReader& reader) {
    for (const auto& [id, ledger] : ledger_.machines()) {
      const auto stored = ReadStored(reader, id);
      if (!stored.ok()) return stored.status();
      const Evidence evidence{ledger, *stored};
      CheckExactlyOnce(evidence, verdict);
      CheckOrder(evidence, verdict);
      CheckRightTime(evidence, verdict);
      CheckCoverage(evidence, coverage_[id], collector::ReachMs(absl::ToInt64Milliseconds(interval_)), verdict);
    }
    return absl::OkStatus();
  });
  result_.queued_bytes_max = collector_.queued_bytes_max();
  CheckMemoryBound(result_.queued_bytes_max, machines_.size(), verdict);
  if (collector_.delivered_twice() > 0) verdict.Break(verdict.doubled, "a batch was handed to the rules twice");
  return status;
}

}  // namespace steward::simulation
