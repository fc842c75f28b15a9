// One run of the fleet: machines opened, sampled for a while, cut off and reconnected, drained, summed up.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/spool/disk.h"
#include "base/clock.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/signal_set.hpp"
#include "tests/fleet/outage.h"
#include "tests/fleet/simulated_machine.h"

namespace steward::fleet {

struct FleetOptions {
  std::string token;
  std::filesystem::path state;
  std::filesystem::path ledger;
  int machines = 1;
  int series = 150;
  absl::Duration interval = absl::Seconds(15);
  absl::Duration duration = absl::Minutes(10);
  absl::Duration drain = absl::Minutes(1);  // at most this long for what still waits at the end
  std::uint64_t seed = 1;
  std::vector<Outage> outages;
  std::string boot_id;
};

class FleetRun {
 public:
  // All outlive the run. `io` is run by the caller; the run stops it when it has ended.
  FleetRun(FleetOptions options, boost::asio::io_context& io, Clock& clock, agent::UplinkConnector& connector);

  // Opens (and enrols) all machines; blocks. Then the run goes on as `io` runs.
  absl::Status Start();
  // SIGTERM: ends without waiting for what is not acknowledged yet; it stays in the spools.
  void Stop();

  // After `io` has returned.
  absl::Status Close();
  std::string SummaryJson() const;

 private:
  absl::Status TakeStateDirectory();
  absl::Status OpenMachines();
  void OnStep();
  bool IsCut(absl::Duration since_start) const;
  absl::Duration UntilNextStep(absl::Duration since_start) const;
  std::uint64_t BatchesWaiting() const;

  const FleetOptions options_;
  boost::asio::io_context& io_;
  Clock& clock_;
  agent::UplinkConnector& connector_;
  const std::unique_ptr<agent::SpoolDisk> disk_;
  std::unique_ptr<Ledger> ledger_;
  Totals totals_;
  std::vector<std::unique_ptr<SimulatedMachine>> machines_;
  std::unique_ptr<Timer> step_;
  absl::Duration start_;
  bool cut_ = false;
  bool sampling_ = true;
  std::uint64_t waiting_ = 0;
  int lock_ = -1;
};

}  // namespace steward::fleet
