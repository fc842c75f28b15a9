// One machine: hardware that can fail, and the agent's own sampler, spool and uplink on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "agent/sampler.h"
#include "agent/spool/spool.h"
#include "agent/uplink/uplink.h"
#include "tests/fleet/simulation/ledger.h"
#include "tests/fleet/simulation/network.h"
#include "tests/fleet/simulation/sim_disk.h"
#include "tests/fleet/simulation/world.h"

namespace steward::simulation {

struct MachineOptions {
  int number = 1;
  absl::Duration interval = absl::Seconds(60);
  std::uint64_t spool_bytes_max = 64 << 20;
  double drift = 0;
  absl::Duration wall_error = absl::ZeroDuration();  // of its clock when it is switched on for the first time
};

class SimMachine {
 public:
  // All outlive the machine.
  SimMachine(World& world, Listener& collector, Ledger& ledger, MachineOptions options);
  ~SimMachine();

  const std::string& id() const { return id_; }
  Link& link() { return link_; }
  SimDisk& disk() { return disk_; }

  // Does nothing if it is on already; wakes it if it sleeps; starts the agent if it does not run.
  void Run();
  void StopAgent();  // cleanly, as a person does
  void KillAgent();  // kill -9
  void DamageDisk(fleet::Random& random);  // and kills the agent
  void ShutDown();   // the agent cleanly, then the machine
  void CutPower();
  void Suspend();
  void StepWall(absl::Duration by);     // of the machine's clock alone
  void SetWallRight();                  // as NTP does
  void LoseRtc() { rtc_lost_ = true; }  // it starts in 2020 the next time
  void ChangeNetwork();                 // the agent notices, as when a cable is plugged in
  // A virtual machine's snapshot, and back to it. False: there is none. The agent does not run then.
  enum class RollBackOf { kDisk, kDiskAndRandom };  // with the latter it draws the same random numbers again
  void TakeSnapshot();
  bool RollBack(RollBackOf what);

  bool on() const { return node_.clock != nullptr; }
  bool awake() const { return on() && !node_.suspended; }
  bool agent_runs() const { return agent_ != nullptr; }
  std::uint64_t batches_waiting() const;
  std::set<std::uint64_t> HeldEpochs() const;

 private:
  struct AgentRun;
  class NumberProbe;
  struct Snapshot {
    SimDisk::Directory disk;
    Random random{0};
    absl::Duration time;
  };

  void Boot();
  void StartAgent();
  void StopAgent(v1::MachineEvent::Kind why);
  void Tick();
  void Append(agent::Sampled sampled, const std::vector<v1::MachineEvent>& events);
  void NoteClockStep(std::vector<v1::MachineEvent>& events);
  void StartEpoch();
  v1::MachineEvent Event(v1::MachineEvent::Kind kind) const;

  World& world_;
  MachineLedger& ledger_;
  const MachineOptions options_;
  const std::string id_;
  SimDisk disk_;
  Node node_;
  Link link_;
  Random random_;  // the operating system's
  std::string boot_id_;
  int boot_ = 0;
  absl::Duration wall_error_;  // of the hardware clock
  bool rtc_lost_ = false;
  std::unique_ptr<Snapshot> snapshot_;
  std::unique_ptr<AgentRun> agent_;
};

}  // namespace steward::simulation
