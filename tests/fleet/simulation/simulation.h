// One run: machines and a collector, faults for so many hours, peace until everything is delivered, then the verdict.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/coverage/account.h"
#include "collector/identity/certificate_authority.h"
#include "tests/fleet/simulation/faults.h"
#include "tests/fleet/simulation/invariants/invariant.h"
#include "tests/fleet/simulation/ledger.h"
#include "tests/fleet/simulation/sim_collector.h"
#include "tests/fleet/simulation/sim_machine.h"
#include "tests/fleet/simulation/world.h"

namespace steward::simulation {

struct SimulationOptions {
  std::uint64_t seed = 1;
  absl::Duration duration = absl::Hours(10);
  int machines = 4;
  std::vector<const Fault*> faults;
};

struct SimulationResult {
  Verdict verdict;
  std::map<std::string, std::uint64_t> struck;  // faults, by name
  std::uint64_t waiting = 0;                    // batches that were not delivered in peace
  std::size_t queued_bytes_max = 0;
  bool clean() const { return verdict.clean() && waiting == 0; }
};

class Simulation {
 public:
  static constexpr absl::Duration kLatency = absl::Milliseconds(5);
  static constexpr absl::Duration kCommitTime = absl::Milliseconds(5);

  // `directory` is empty; `authority` outlives the simulation.
  Simulation(SimulationOptions options, const collector::CertificateAuthority& authority,
             std::filesystem::path directory);

  // Errors only if the collector cannot be started.
  absl::StatusOr<SimulationResult> Run();

  // --- For faults ---
  World& world() { return world_; }
  void KillCollector(bool silent);
  void RunCollector();
  bool TakeBackup();  // false: not running
  void RestoreBackup();
  void SetCommitTime(absl::Duration time);
  void SetStorageFailure(absl::Status status);

 private:
  void StrikeLater();
  void MakePeace();
  std::uint64_t BatchesWaiting() const;
  void ExcuseForgotten();
  absl::Status ReadCoverage();
  absl::Status Judge();

  const SimulationOptions options_;
  World world_;
  const absl::Duration interval_;  // of all machines
  Ledger ledger_;
  SimCollector collector_;
  std::vector<std::unique_ptr<SimMachine>> machines_;
  absl::Status failure_;  // of the storage, while the fault lasts
  absl::Duration commit_time_ = kCommitTime;
  absl::Duration restored_;  // when the collector was set back last; 0: never
  std::map<std::string, std::vector<collector::CoverageDay>> coverage_;  // at the end, by machine
  bool peace_ = false;
  absl::Status trouble_;  // the simulation's own
  SimulationResult result_;
};

}  // namespace steward::simulation
