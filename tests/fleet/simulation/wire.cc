#include "tests/fleet/simulation/wire.h"

#include <algorithm>

namespace steward::simulation {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;  // written and not yet read; beyond it the agent waits

}  // namespace

void Wire::Open() {
  // Three round trips: TCP, TLS, the call.
  world_.After(link_->Delay() * 6, [self = shared_from_this()] {
    if (self->agent_ == nullptr || self->link_ == nullptr) return;
    if (self->link_->to_collector_dead_ || self->link_->to_agent_dead_) return;  // waits until it is given up
    self->session_ = self->link_->listener_.Accept(self->link_->machine_id_, *self);
    if (!self->session_) return self->TellAgent(absl::UnavailableError("connection refused"));
    self->self_ = self;
    self->OfferWrite();
  });
}

void Wire::Write(const v1::AgentMessage& message) {
  bytes_up_ += message.ByteSizeLong();
  SendUp({message});
  OfferWrite();
}

void Wire::OfferWrite() {
  write_wanted_ = bytes_up_ >= kBufferBytes;
  if (write_wanted_) return;
  world_.After(absl::ZeroDuration(), [self = shared_from_this()] {
    if (self->agent_ != nullptr) self->agent_->OnWritable();
  });
}

void Wire::CancelAgent() {
  world_.After(absl::ZeroDuration(),
               [self = shared_from_this()] { self->TellAgent(absl::CancelledError("cancelled")); });
}

void Wire::DetachAgent() {
  if (agent_ == nullptr) return;
  agent_ = nullptr;
  SendUp({});
}

void Wire::Read() {
  reading_ = true;
  world_.After(absl::ZeroDuration(), [self = shared_from_this()] { self->DeliverUp(); });
}

void Wire::Send(v1::CollectorMessage message) {
  ++untaken_;
  SendDown({std::move(message), absl::OkStatus()});
  world_.After(absl::ZeroDuration(), [self = shared_from_this()] {
    --self->untaken_;
    if (self->session_) self->session_->OnSent();
  });
}

void Wire::Finish(absl::Status status) {
  SendDown({std::nullopt, std::move(status)});
  ReleaseSession();
}

// Later, for it may be the session that calls.
void Wire::ReleaseSession() {
  world_.After(absl::ZeroDuration(),
               [self = shared_from_this(), session = std::move(session_)] { self->self_.reset(); });
}

void Wire::SendUp(Up item) {
  if (link_ == nullptr) return;
  // Behind what is held back until then.
  last_up_ = std::max({last_up_, world_.now() + link_->Delay(), up_delayed_until_ + absl::Milliseconds(1)});
  world_.After(last_up_ - world_.now(), [self = shared_from_this(), item = std::move(item),
                                         losses = losses_]() mutable { self->ArriveUp(std::move(item), losses); });
}

void Wire::SendDown(Down item) {
  if (link_ == nullptr) return;
  last_down_ = std::max(last_down_, world_.now() + link_->Delay());
  world_.After(last_down_ - world_.now(), [self = shared_from_this(), item = std::move(item),
                                           losses = losses_]() mutable { self->ArriveDown(std::move(item), losses); });
}

void Wire::ArriveUp(Up item, std::uint64_t losses) {
  if (losses != losses_ || link_ == nullptr) return;
  if (world_.now() < up_delayed_until_) {
    world_.After(up_delayed_until_ - world_.now(),
                 [self = shared_from_this(), item = std::move(item), losses] { self->ArriveUp(item, losses); });
  } else if (link_->to_collector_dead_ || !held_up_.empty()) {
    held_up_.push_back(std::move(item));
  } else {
    arrived_.push_back(std::move(item));
    DeliverUp();
  }
}

void Wire::DeliverUp() {
  if (!session_ || arrived_.empty() || link_ == nullptr) return;
  if (!arrived_.front().message) return TellCollector();
  if (!reading_) return;
  reading_ = false;
  v1::AgentMessage message = *std::move(arrived_.front().message);
  arrived_.pop_front();
  bytes_up_ -= std::min(bytes_up_, message.ByteSizeLong());
  if (write_wanted_) OfferWrite();
  link_->listener_.OnDelivered(link_->machine_id_, message);
  session_->OnMessage(std::move(message));
}

void Wire::ArriveDown(Down item, std::uint64_t losses) {
  if (losses != losses_ || agent_ == nullptr || link_ == nullptr) return;
  if (link_->to_agent_dead_ || !held_down_.empty()) {
    held_down_.push_back(std::move(item));
  } else if (item.message) {
    agent_->OnMessage(*item.message);
  } else {
    TellAgent(item.closed);
  }
}

void Wire::OnLinkAlive() {
  for (Up& item : std::exchange(held_up_, {})) ArriveUp(std::move(item), losses_);
  for (Down& item : std::exchange(held_down_, {})) ArriveDown(std::move(item), losses_);
}

void Wire::TellAgent(absl::Status status) {
  if (agent_ == nullptr) return;
  agent::UplinkStream::Handler& agent = *std::exchange(agent_, nullptr);
  SendUp({});
  agent.OnClosed(status);
}

void Wire::TellCollector() {
  if (session_) session_->OnLost();
}

void Wire::LoseAll() {
  ++losses_;
  held_up_.clear();
  held_down_.clear();
  arrived_.clear();
}

void Wire::DelayUp(absl::Duration by) { up_delayed_until_ = world_.now() + by; }

// Nobody would tell the session any more that its agent is gone, and it would hold this for ever.
void Wire::DropLink() {
  link_ = nullptr;
  session_.reset();
  self_.reset();
}

void Wire::DropCollector(bool silent) {
  if (!session_) return;
  session_.reset();
  arrived_.clear();
  held_up_.clear();
  if (!silent) SendDown({std::nullopt, absl::UnavailableError("connection reset")});
  world_.After(absl::ZeroDuration(), [self = std::move(self_)] {});
}

}  // namespace steward::simulation
