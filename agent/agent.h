// The agent's parts at work: every interval the probes are asked, the batch goes into the spool, the uplink sends it.
// One thread, that of `io`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/agent_probe.h"
#include "agent/config.h"
#include "agent/identity/identity_store.h"
#include "agent/inventory_keeper.h"
#include "agent/probes/endpoint_list.h"
#include "agent/sampler.h"
#include "agent/sleep_watch.h"
#include "agent/spool/spool.h"
#include "agent/status_socket.h"
#include "agent/uplink/uplink.h"
#include "base/clock.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"

namespace steward::agent {

class Agent {
 public:
  struct Settings {
    std::filesystem::path state_directory;  // locked by the caller
    AgentConfig config;
    Identity identity;
    v1::MachineIdentity machine;
    std::string version;
    std::string boot_id;
  };
  struct Parts {
    boost::asio::io_context& io;
    Clock& clock;
    SpoolDisk& disk;
    UplinkConnector& connector;
    std::function<std::uint64_t()> random;
    std::vector<std::unique_ptr<Probe>> probes;
    std::function<std::vector<InventoryGroup>()> collect_inventory;  // in a thread of its own
    std::function<std::string()> inventory_mark;
    std::function<std::unique_ptr<NetworkWatch>(std::function<void()> changed)> watch_network = {};  // UplinkParts says what
    AwakeClock awake_clock = {};  // none: the machine is never suspended
    std::shared_ptr<EndpointList> endpoints = {};  // told what the policy names; none: nobody wants to know
    std::function<std::uint64_t()> note_mark = {};  // another number: probes have something to say; none: they never have
  };

  // Errors of Spool::Open.
  static absl::StatusOr<std::unique_ptr<Agent>> Open(Settings settings, Parts parts);
  ~Agent();

  // The first sample is taken at once.
  void Start();
  // Says why in a last batch, writes everything to the disk, waits up to 2 s for the acknowledgement, then calls `done`.
  void Stop(v1::MachineEvent::Kind why, std::function<void()> done);
  // One JSON object, for `status`.
  std::string StatusJson() const;

 private:
  Agent(Settings settings, Parts parts);
  absl::Status OpenSpool();
  void MakeUplink();
  void Tick();
  void ScheduleTick();
  void Append(Sampled sampled, const std::vector<v1::MachineEvent>& events);
  void LookAtNotes();
  void NoteSleep(std::vector<v1::MachineEvent>& events);
  void NoteClockStep(std::vector<v1::MachineEvent>& events);
  void StartEpoch();
  void ApplyPolicy(const v1::Policy& policy);
  void GiveOut(const v1::Policy& policy);
  void LoadPolicy();
  void FinishStop();
  AgentNumbers Numbers() const;
  v1::MachineEvent Event(v1::MachineEvent::Kind kind) const;

  const Settings settings_;
  Parts parts_;
  IdentityStore identity_store_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Sampler> sampler_;
  std::unique_ptr<Uplink> uplink_;
  std::unique_ptr<InventoryKeeper> inventory_;
  std::uint64_t note_mark_ = 0;
  std::unique_ptr<StatusSocket> socket_;
  std::unique_ptr<Timer> timer_;
  std::optional<SleepWatch> sleep_watch_;
  boost::asio::steady_timer stop_timer_;   // real time, also in tests: a person waits for it
  std::function<void()> stopped_;
  std::string policy_bytes_;
  absl::Duration interval_ = absl::Seconds(15);
  absl::Duration wall_minus_boot_;
  absl::Time start_time_;
  absl::Time sample_time_ = absl::InfinitePast();
  bool first_batch_ = true;
};

}  // namespace steward::agent
