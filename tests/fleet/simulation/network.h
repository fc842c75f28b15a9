// The network between the machines and the collector: streams of messages in order, each with a delay, over links that
// can be slow, cut, dead in one direction, or reset with messages under way.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/uplink/stream.h"
#include "collector/ingest/session.h"
#include "collector/ingest/session_transport.h"
#include "tests/fleet/simulation/world.h"

namespace steward::simulation {

class Wire;

// The collector's door.
class Listener {
 public:
  virtual ~Listener() = default;
  // Null: nobody listens. The transport outlives the session.
  virtual std::shared_ptr<collector::Session> Accept(const std::string& machine_id,
                                                     collector::SessionTransport& transport) = 0;
  // The session is about to be told this message.
  virtual void OnDelivered(const std::string& machine_id, const v1::AgentMessage& message) = 0;
};

// One machine's way to the collector.
class Link final : public agent::UplinkConnector {
 public:
  // All outlive the link.
  Link(World& world, Listener& listener, std::string machine_id)
      : world_(world), listener_(listener), machine_id_(std::move(machine_id)) {}
  ~Link() override;

  // One way; each message takes up to twice that.
  void SetLatency(absl::Duration latency);
  // The longest since the last call.
  absl::Duration TakeWorstLatency() { return std::exchange(worst_latency_, latency_); }

  std::unique_ptr<agent::UplinkStream> Connect(const agent::ChannelSettings& settings,
                                               agent::UplinkStream::Handler& handler) override;

  // Packets vanish in a direction; what is sent meanwhile arrives later if the ends have not given up by then.
  void SetDead(bool to_collector, bool to_agent);
  // The machine sleeps: dead in both directions, and the agent notices nothing. SetDead(false, false) ends it.
  void Sleep();
  // Both ends are told soon, what is under way is lost.
  void Reset();
  // The agent is told at once; what it had sent still reaches the old stream, up to `late` later.
  void ResetWithStragglers(absl::Duration late);
  // The agent's end is gone without a packet, as in a power cut; the collector notices by its keepalive.
  void VanishAgent();
  // As the two above, from the collector's side. `silent`: the agent notices by its keepalive.
  void DropCollector(bool silent);

 private:
  friend class Wire;
  enum class Notices { kCollector, kBoth };
  void Die(bool to_collector, bool to_agent, Notices notices);
  absl::Duration Delay();
  std::vector<std::shared_ptr<Wire>> Wires();

  World& world_;
  Listener& listener_;
  const std::string machine_id_;
  absl::Duration latency_ = absl::Milliseconds(5);
  absl::Duration worst_latency_ = latency_;
  bool to_collector_dead_ = false;
  bool to_agent_dead_ = false;
  std::uint64_t changes_ = 0;  // of the two above
  std::vector<std::weak_ptr<Wire>> wires_;
};

}  // namespace steward::simulation
