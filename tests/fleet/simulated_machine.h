// One machine of the fleet: an identity of its own, the agent's spool and uplink, and series in the place of probes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/identity/identity_store.h"
#include "agent/spool/spool.h"
#include "agent/uplink/uplink.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "steward/v1/enrollment.pb.h"
#include "tests/fleet/counting_connector.h"
#include "tests/fleet/delivery_tally.h"
#include "tests/fleet/ledger.h"
#include "tests/fleet/life_series.h"

namespace steward::fleet {

// What all machines share; everything outlives them.
struct MachineParts {
  boost::asio::any_io_executor executor;
  Clock& clock;
  agent::SpoolDisk& disk;
  agent::UplinkConnector& connector;
  Totals& totals;
  std::string boot_id;
};

struct MachineSettings {
  std::filesystem::path state;
  std::string host_name;
  std::uint64_t seed = 0;
  int series = 150;
  absl::Duration interval = absl::Seconds(15);
};

class SimulatedMachine {
 public:
  // Opens identity and spool in settings.state; a machine that has no identity is enrolled with `token` first. Blocks.
  static absl::StatusOr<std::unique_ptr<SimulatedMachine>> Open(MachineSettings settings, MachineParts parts,
                                                                const std::string& token);
  ~SimulatedMachine();

  const std::string& id() const { return identity_.machine_id; }
  bool Holds(std::uint64_t epoch, std::uint64_t sequence) const;
  std::uint64_t batches_waiting() const { return spool_->status().batches_waiting; }

  // Samples for the first time after `phase`, then every interval, into `ledger`, which outlives the machine.
  void Start(absl::Duration phase, Ledger& ledger);
  // No sample any more; says goodbye. The uplink goes on.
  void StopSampling();
  void CutUplink();
  void RestoreUplink();
  absl::Status Close();

 private:
  SimulatedMachine(MachineSettings settings, MachineParts parts, agent::Identity identity,
                   std::unique_ptr<agent::Spool> spool);
  void Tick();
  void Sample();
  void Append(const wire::SampleBatch& batch, const std::vector<v1::MachineEvent>& events);
  v1::MachineEvent Event(v1::MachineEvent::Kind kind) const;

  const MachineSettings settings_;
  const MachineParts parts_;
  const agent::Identity identity_;
  LifeSeries series_;
  Ledger* ledger_ = nullptr;
  std::unique_ptr<agent::Spool> spool_;
  DeliveryTally tally_;
  CountingConnector connector_;
  std::unique_ptr<agent::Uplink> uplink_;
  std::unique_ptr<Timer> timer_;
  absl::Duration next_tick_;
  bool declared_ = false;           // the series, in this epoch
  std::uint64_t next_sequence_ = 1;
};

}  // namespace steward::fleet
