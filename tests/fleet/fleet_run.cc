#include "tests/fleet/fleet_run.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "boost/json/object.hpp"
#include "boost/json/serialize.hpp"
#include "spdlog/spdlog.h"

namespace steward::fleet {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);  // while it waits for acknowledgements at the end

// The value below which `share` of the sorted values lie.
double Percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

FleetRun::FleetRun(FleetOptions options, boost::asio::io_context& io, Clock& clock, agent::UplinkConnector& connector)
    : options_(std::move(options)),
      io_(io),
      clock_(clock),
      connector_(connector),
      disk_(agent::NewPosixSpoolDisk()),
      step_(clock.NewTimer(io.get_executor())) {}

absl::Status FleetRun::TakeStateDirectory() {
  std::error_code error;
  std::filesystem::create_directories(options_.state, error);
  if (error) return absl::UnavailableError(StrCat(options_.state.string(), ": ", error.message()));
  const std::string path = options_.state / "lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // until the process ends
  if (lock_ < 0) return absl::ErrnoToStatus(errno, path);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(StrCat("another steward-fleet runs on ", options_.state.string()));
  }
  return absl::OkStatus();
}

absl::Status FleetRun::OpenMachines() {
  for (int i = 1; i <= options_.machines; ++i) {
    const std::string name = absl::StrFormat("fleet-%04d", i);
    Random random(options_.seed * 1'000'003 + static_cast<std::uint64_t>(i));
    auto machine = SimulatedMachine::Open({.state = options_.state / name,
                                           .host_name = name,
                                           .seed = random.Next(),
                                           .series = options_.series,
                                           .interval = options_.interval},
                                          {.executor = io_.get_executor(),
                                           .clock = clock_,
                                           .disk = *disk_,
                                           .connector = connector_,
                                           .totals = totals_,
                                           .boot_id = options_.boot_id},
                                          options_.token);
    if (!machine.ok()) {
      return absl::Status(machine.status().code(), StrCat(name, ": ", ToStd(machine.status().message())));
    }
    machines_.push_back(*std::move(machine));
  }
  return absl::OkStatus();
}

absl::Status FleetRun::Start() {
  if (absl::Status status = TakeStateDirectory(); !status.ok()) return status;
  if (absl::Status status = OpenMachines(); !status.ok()) return status;
  auto ledger = Ledger::Open(options_.ledger, options_.state / "in-hand", [this](const InHand& in_hand) {
    return std::any_of(machines_.begin(), machines_.end(), [&](const auto& machine) {
      return machine->id() == in_hand.machine && machine->Holds(in_hand.epoch, in_hand.sequence);
    });
  });
  if (!ledger.ok()) return ledger.status();
  ledger_ = *std::move(ledger);
  start_ = clock_.BootNow();
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    machines_[i]->Start(options_.interval * static_cast<double>(i) / static_cast<double>(machines_.size()), *ledger_);
  }
  spdlog::info("{} machines run, each with {} series every {}", machines_.size(), options_.series,
               absl::FormatDuration(options_.interval));
  OnStep();
  return absl::OkStatus();
}

bool FleetRun::IsCut(absl::Duration since_start) const {
  return std::any_of(options_.outages.begin(), options_.outages.end(),
                     [&](const Outage& outage) { return outage.IsCut(since_start); });
}

// Simulated weeks must not be made of short steps.
absl::Duration FleetRun::UntilNextStep(absl::Duration since_start) const {
  if (!sampling_) return kLook;
  absl::Duration next = options_.duration - since_start;
  for (const Outage& outage : options_.outages) next = std::min(next, outage.UntilChange(since_start));
  return next;
}

std::uint64_t FleetRun::BatchesWaiting() const {
  std::uint64_t waiting = 0;
  for (const auto& machine : machines_) waiting += machine->batches_waiting();
  return waiting;
}

void FleetRun::OnStep() {
  const absl::Duration since_start = clock_.BootNow() - start_;
  if (sampling_ && since_start >= options_.duration) {
    sampling_ = false;
    for (const auto& machine : machines_) machine->StopSampling();
  }
  const bool cut = sampling_ && IsCut(since_start);
  if (cut != cut_) {
    cut_ = cut;
    spdlog::info(cut ? "the uplink is cut" : "the uplink is back");
    for (const auto& machine : machines_) cut ? machine->CutUplink() : machine->RestoreUplink();
  }
  if (!sampling_ && (BatchesWaiting() == 0 || since_start >= options_.duration + options_.drain)) {
    Stop();
    return;
  }
  step_->Start(UntilNextStep(since_start), [this] { OnStep(); });
}

void FleetRun::Stop() {
  if (std::exchange(sampling_, false)) {
    for (const auto& machine : machines_) machine->StopSampling();
  }
  step_->Cancel();
  io_.stop();
}

absl::Status FleetRun::Close() {
  absl::Status result = absl::OkStatus();
  waiting_ = BatchesWaiting();
  for (const auto& machine : machines_) result.Update(machine->Close());
  machines_.clear();
  return result;
}

std::string FleetRun::SummaryJson() const {
  std::vector<double> latency = totals_.latency_ms;
  std::sort(latency.begin(), latency.end());
  const auto rounded = [](double ms) { return static_cast<double>(static_cast<std::int64_t>(ms * 1000)) / 1000; };
  return boost::json::serialize(
      boost::json::object{{"machines", options_.machines},
                          {"samples", ledger_ ? ledger_->samples() : 0},
                          {"batches", totals_.batches},
                          {"notTaken", totals_.not_taken},
                          {"sent", totals_.sent},
                          {"acknowledged", totals_.acknowledged},
                          {"retried", totals_.retried},
                          {"refused", totals_.refused},
                          {"waiting", waiting_},
                          {"connections", totals_.connections},
                          {"latencyMs", boost::json::object{{"p50", rounded(Percentile(latency, 0.50))},
                                                            {"p90", rounded(Percentile(latency, 0.90))},
                                                            {"p99", rounded(Percentile(latency, 0.99))},
                                                            {"max", rounded(latency.empty() ? 0 : latency.back())}}}});
}

}  // namespace steward::fleet
