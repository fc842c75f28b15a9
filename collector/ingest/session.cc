#include "collector/ingest/session.h"

#include <utility>

#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/ingest/limits.h"

namespace steward::collector {

Session::Session(SessionHub& hub, VerifiedPeer peer, std::string address, SessionTransport& transport)
    : hub_(hub),
      parts_(hub.parts()),
      peer_(std::move(peer)),
      address_(std::move(address)),
      transport_(transport),
      timer_(parts_.clock.NewTimer(parts_.core)),
      writer_(std::make_shared<OrderedWriter>(parts_.storage, parts_.clock, parts_.core,
                                              [&hub](const absl::Status& status) { hub.StorageTrouble(status); })),
      probe_timer_(parts_.clock.NewTimer(parts_.core)) {}

void Session::Start() {
  timer_->Start(kHelloTimeout, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->End(absl::DeadlineExceededError("no Hello came; connect again"));
  });
  ReadOn();
}

void Session::OnMessage(v1::AgentMessage message, bool more_at_hand) {
  reading_ = false;
  if (state_ == State::kEnded) return;
  if (absl::Status status = Handle(message); !status.ok()) {
    End(std::move(status));
    return;
  }
  if (!more_at_hand) StoreBatches();
  ReadOn();
}

absl::Status Session::Handle(v1::AgentMessage& message) {
  if (state_ == State::kAwaitHello && !message.has_hello()) {
    return absl::InvalidArgumentError("the first message must be Hello");
  }
  const bool is_batch = message.has_batch() || message.has_backlog();
  if (!is_batch) StoreBatches();  // writes keep the order in which they came
  switch (message.message_case()) {
    case v1::AgentMessage::kHello: return HandleHello(message.hello());
    case v1::AgentMessage::kDescriptors: return HandleDescriptors(*message.mutable_descriptors());
    case v1::AgentMessage::kSegment: return HandleSegment(message.segment());
    case v1::AgentMessage::kBatch: return HandleBatch(*message.mutable_batch());
    case v1::AgentMessage::kInventory: return HandleInventory(*message.mutable_inventory());
    case v1::AgentMessage::kGap: return HandleGap(message.gap());
    case v1::AgentMessage::kRenew: return HandleRenewal(message.renew());
    case v1::AgentMessage::kClock: return HandleClock(message.clock());
    case v1::AgentMessage::kBacklogRequest: return HandleBacklogRequest(message.backlog_request());
    case v1::AgentMessage::kBacklog: return HandleBacklog(*message.mutable_backlog());
    case v1::AgentMessage::MESSAGE_NOT_SET: break;
  }
  return absl::InvalidArgumentError("a message without content, or of a kind that this collector does not know");
}

void Session::OnHalfClosed() {
  StoreBatches();
  reading_ = false;
  half_closed_ = true;
  EndIfDrained();
}

void Session::OnSent() {
  if (state_ == State::kEnded) return;
  SendAcknowledgements();
  ReadOn();
  EndIfDrained();
}

void Session::OnLost() { End(absl::CancelledError("the agent is gone")); }

void Session::End(absl::Status status) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  const std::shared_ptr<Session> self = shared_from_this();
  timer_->Cancel();
  probe_timer_->Cancel();
  StoreBatches();
  writer_->Stop();
  segment_.reset();
  backlog_.reset();
  hub_.backlog().Forget(*this);
  hub_.Ended(*this, status);
  transport_.Finish(std::move(status));
}

bool Session::MayRead() const {
  const std::size_t writes = writer_->pending_count() + (gathered_ == nullptr ? 0 : 1);
  return !writer_->in_trouble() && writes < kWindowBatches &&
         writer_->pending_bytes() <= kSessionQueueBytesMax && transport_.queued_messages() < kOutgoingMessagesMax;
}

void Session::ReadOn() {
  if (reading_ || half_closed_ || (state_ != State::kAwaitHello && state_ != State::kOpen)) return;
  if (!MayRead()) return;  // what must fall first calls here when it has
  if (state_ == State::kOpen && parts_.storage.QueuedBytes() > kStorageQueueBytesMax) {
    timer_->Start(kBackpressureRecheck, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->ReadOn();
    });
    return;
  }
  reading_ = true;
  transport_.Read();
}

void Session::AcknowledgeSoon() {
  if (acknowledge_posted_) return;
  acknowledge_posted_ = true;
  // Behind whatever the same commit has made durable: one message for all.
  boost::asio::post(parts_.core, [self = shared_from_this()] {
    self->acknowledge_posted_ = false;
    if (self->state_ == State::kEnded) return;
    self->SendAcknowledgements();
    self->ReadOn();
    self->EndIfDrained();
  });
}

void Session::SendAcknowledgements() {
  // While the last one is on its way, further ones are gathered.
  if (state_ != State::kOpen || acknowledger_.empty() || transport_.queued_messages() > 0) return;
  const bool more_to_come = writer_->pending_count() > 0 && !writer_->in_trouble();
  if (more_to_come && acknowledger_.batches() < kAcknowledgeBatches) return;
  for (v1::CollectorMessage& message : acknowledger_.Take()) transport_.Send(std::move(message));
}

void Session::EndIfDrained() {
  if (!half_closed_ || state_ == State::kOpening || state_ == State::kEnded) return;
  if (writer_->pending_count() > 0 || !acknowledger_.empty() || transport_.queued_messages() > 0) return;
  End(absl::OkStatus());
}

}  // namespace steward::collector
