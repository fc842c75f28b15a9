#include "tests/fleet/simulation/network.h"

#include <algorithm>
#include <utility>

#include "tests/fleet/simulation/wire.h"

namespace steward::simulation {
namespace {

// As channel.cc and uplink_server.cc set them: a ping after the first, given up after the second.
constexpr absl::Duration kAgentNotices[] = {absl::Seconds(10), absl::Seconds(30)};
constexpr absl::Duration kCollectorNotices[] = {absl::Seconds(20), absl::Seconds(50)};

class AgentEnd final : public agent::UplinkStream {
 public:
  explicit AgentEnd(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~AgentEnd() override { wire_->DetachAgent(); }
  void Write(const v1::AgentMessage& message) override { wire_->Write(message); }
  void Cancel() override { wire_->CancelAgent(); }

 private:
  const std::shared_ptr<Wire> wire_;
};

}  // namespace

Link::~Link() {
  for (const std::shared_ptr<Wire>& wire : Wires()) wire->DropLink();
}

std::unique_ptr<agent::UplinkStream> Link::Connect(const agent::ChannelSettings&,
                                                   agent::UplinkStream::Handler& handler) {
  auto wire = std::make_shared<Wire>(*this, handler);
  std::erase_if(wires_, [](const std::weak_ptr<Wire>& old) { return old.expired(); });
  wires_.push_back(wire);
  wire->Open();
  return std::make_unique<AgentEnd>(std::move(wire));
}

void Link::SetLatency(absl::Duration latency) {
  latency_ = latency;
  worst_latency_ = std::max(worst_latency_, latency);
}

absl::Duration Link::Delay() { return Between(world_.random(), latency_ / 2, latency_ * 2); }

std::vector<std::shared_ptr<Wire>> Link::Wires() {
  std::vector<std::shared_ptr<Wire>> wires;
  for (const std::weak_ptr<Wire>& weak : wires_) {
    if (auto wire = weak.lock()) wires.push_back(std::move(wire));
  }
  return wires;
}

void Link::SetDead(bool to_collector, bool to_agent) { Die(to_collector, to_agent, Notices::kBoth); }

void Link::Sleep() { Die(true, true, Notices::kCollector); }

void Link::Die(bool to_collector, bool to_agent, Notices notices) {
  to_collector_dead_ = to_collector;
  to_agent_dead_ = to_agent;
  const std::uint64_t change = ++changes_;
  for (const std::shared_ptr<Wire>& wire : Wires()) wire->OnLinkAlive();  // stays held where it is still dead
  if (!to_collector && !to_agent) return;
  const auto notice = [&](const absl::Duration(&after)[2], auto tell) {
    world_.After(Between(world_.random(), after[0], after[1]), [this, change, tell, wires = Wires()] {
      if (change != changes_) return;
      for (const std::shared_ptr<Wire>& wire : wires) tell(*wire);
    });
  };
  if (notices == Notices::kBoth) {
    notice(kAgentNotices, [](Wire& wire) { wire.TellAgent(absl::UnavailableError("keepalive watchdog timeout")); });
  }
  notice(kCollectorNotices, [](Wire& wire) { wire.TellCollector(); });
}

void Link::Reset() {
  for (const std::shared_ptr<Wire>& wire : Wires()) {
    wire->LoseAll();
    world_.After(Delay(), [wire] { wire->TellAgent(absl::UnavailableError("connection reset")); });
    world_.After(Delay(), [wire] { wire->TellCollector(); });
  }
}

void Link::ResetWithStragglers(absl::Duration late) {
  for (const std::shared_ptr<Wire>& wire : Wires()) {
    wire->DelayUp(late);
    wire->TellAgent(absl::UnavailableError("connection reset"));
  }
}

void Link::VanishAgent() {
  for (const std::shared_ptr<Wire>& wire : Wires()) {
    wire->VanishAgent();
    world_.After(Between(world_.random(), kCollectorNotices[0], kCollectorNotices[1]),
                 [wire] { wire->TellCollector(); });
  }
}

void Link::DropCollector(bool silent) {
  for (const std::shared_ptr<Wire>& wire : Wires()) {
    wire->DropCollector(silent);
    if (!silent) continue;
    world_.After(Between(world_.random(), kAgentNotices[0], kAgentNotices[1]),
                 [wire] { wire->TellAgent(absl::UnavailableError("keepalive watchdog timeout")); });
  }
}

}  // namespace steward::simulation
