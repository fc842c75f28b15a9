// One stream: the agent's end, the collector's end, and what is under way between them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "tests/fleet/simulation/network.h"

namespace steward::simulation {

class Wire final : public collector::SessionTransport, public std::enable_shared_from_this<Wire> {
 public:
  Wire(Link& link, agent::UplinkStream::Handler& agent) : link_(&link), world_(link.world_), agent_(&agent) {}

  void Open();

  // --- The agent's end ---
  void Write(const v1::AgentMessage& message);
  void CancelAgent();
  void DetachAgent();  // the process dropped it: nothing is called any more, the kernel says so to the other end

  // --- SessionTransport: the collector's end ---
  void Read() override;
  void Send(v1::CollectorMessage message) override;
  std::size_t queued_messages() const override { return untaken_; }
  void Finish(absl::Status status) override;

  // --- Faults ---
  void OnLinkAlive();                   // what was held up goes on
  void TellAgent(absl::Status status);  // its end is closed, now
  void TellCollector();                 // its end is lost, now
  void LoseAll();                       // what is under way
  void DelayUp(absl::Duration by);      // what is under way to the collector
  void VanishAgent() { agent_ = nullptr; }
  void DropCollector(bool silent);
  void DropLink();                      // for good: the machine is gone

 private:
  struct Up {
    std::optional<v1::AgentMessage> message;  // none: the agent's end is gone
  };
  struct Down {
    std::optional<v1::CollectorMessage> message;
    absl::Status closed;  // without a message: the collector's end is closed with this
  };

  void SendUp(Up item);
  void SendDown(Down item);
  void ArriveUp(Up item, std::uint64_t losses);
  void ArriveDown(Down item, std::uint64_t losses);
  void DeliverUp();
  void OfferWrite();
  void ReleaseSession();

  Link* link_;
  World& world_;
  agent::UplinkStream::Handler* agent_;          // null: gone
  std::shared_ptr<collector::Session> session_;  // null: not open yet, or ended
  std::shared_ptr<Wire> self_;                   // while there is a session
  bool reading_ = false;
  bool write_wanted_ = false;  // the agent waits to be told that it may write
  std::size_t untaken_ = 0;
  std::size_t bytes_up_ = 0;  // written, not yet read by the session
  absl::Duration last_up_ = absl::ZeroDuration();
  absl::Duration last_down_ = absl::ZeroDuration();
  absl::Duration up_delayed_until_ = absl::ZeroDuration();
  std::uint64_t losses_ = 0;  // what was sent before the last one does not arrive
  std::deque<Up> held_up_;    // by a dead link
  std::deque<Down> held_down_;
  std::deque<Up> arrived_;  // not read yet
};

}  // namespace steward::simulation
