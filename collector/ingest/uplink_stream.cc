#include "collector/ingest/uplink_stream.h"

#include <utility>

#include "boost/asio/post.hpp"
#include "collector/ingest/limits.h"
#include "grpcpp/impl/codegen/proto_utils.h"

namespace steward::collector {

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()), std::string(status.message()));
}

void UplinkStream::Start(absl::StatusOr<VerifiedPeer> peer, std::string address) {
  if (!peer.ok()) {
    Reactor::Finish(ToGrpc(peer.status()));
    return;
  }
  boost::asio::post(core_, [this, peer = *std::move(peer), address = std::move(address)]() mutable {
    session_ = hub_.Open(std::move(peer), std::move(address), *this);
  });
}

void UplinkStream::Read() {
  asked_ = true;
  const MutexLock lock(&mutex_);
  if (std::exchange(deliver_posted_, true)) return;
  boost::asio::post(core_, [this] { Deliver(); });
}

bool UplinkStream::MayReadAhead() {
  return !read_under_way_ && !half_closed_ && held_messages_ < kReadAheadMessagesMax && held_bytes_ < kReadAheadBytesMax;
}

void UplinkStream::OnReadDone(bool ok) {
  Incoming incoming;
  if (ok) {
    incoming.bytes = incoming_.Length();
    if (!grpc::SerializationTraits<v1::AgentMessage>::Deserialize(&incoming_, &incoming.message.emplace()).ok()) {
      incoming.message.reset();
    }
    incoming_.Clear();
  }
  bool read_on = false;
  bool post = false;
  {
    const MutexLock lock(&mutex_);
    read_under_way_ = false;
    half_closed_ = !ok;
    if (ok) {
      ++held_messages_;
      held_bytes_ += incoming.bytes;
      arrived_.push_back(std::move(incoming));
    }
    read_on = read_under_way_ = MayReadAhead();
    post = !std::exchange(deliver_posted_, true);
  }
  if (post) boost::asio::post(core_, [this] { Deliver(); });
  if (read_on) StartRead(&incoming_);
}

void UplinkStream::Deliver() {
  bool half_closed = false;
  {
    const MutexLock lock(&mutex_);
    for (Incoming& incoming : arrived_) waiting_.push_back(std::move(incoming));
    arrived_.clear();
    half_closed = half_closed_;
  }
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (; asked_ && !waiting_.empty(); ++messages) {
    bytes += waiting_.front().bytes;
    HandOver(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (messages > 0) session_->OnMessagesTaken();
  if (half_closed && waiting_.empty() && !std::exchange(told_half_closed_, true)) session_->OnHalfClosed();
  bool read_on = false;
  {
    const MutexLock lock(&mutex_);
    held_messages_ -= messages;
    held_bytes_ -= bytes;
    // What was asked for by Read above is served with this round, or with the next arrival.
    deliver_posted_ = false;
    if (!arrived_.empty() || (asked_ && !waiting_.empty())) {
      deliver_posted_ = true;
      boost::asio::post(core_, [this] { Deliver(); });
    }
    read_on = !finish_.has_value() && MayReadAhead();
    read_under_way_ = read_under_way_ || read_on;
  }
  if (read_on) StartRead(&incoming_);
}

void UplinkStream::HandOver(Incoming incoming) {
  asked_ = false;
  if (incoming.message.has_value()) {
    session_->OnMessage(*std::move(incoming.message), true);
  } else {
    session_->End(absl::InvalidArgumentError("what arrived is no AgentMessage; is this a Steward agent?"));
  }
}

void UplinkStream::Send(v1::CollectorMessage message) {
  grpc::ByteBuffer& buffer = queue_.emplace_back();
  bool own = false;
  grpc::SerializationTraits<v1::CollectorMessage>::Serialize(message, &buffer, &own);
  if (queue_.size() == 1) StartWrite(&buffer);
}

void UplinkStream::OnWriteDone(bool ok) {
  boost::asio::post(core_, [this, ok] {
    queue_.pop_front();
    if (finish_) {
      queue_.clear();
      if (!std::exchange(finished_, true)) Reactor::Finish(ToGrpc(*finish_));
      return;
    }
    if (!ok) {
      session_->OnLost();
      return;
    }
    if (!queue_.empty()) StartWrite(&queue_.front());
    session_->OnSent();
  });
}

void UplinkStream::Finish(absl::Status status) {
  finish_ = std::move(status);
  if (queue_.empty() && !std::exchange(finished_, true)) Reactor::Finish(ToGrpc(*finish_));
}

void UplinkStream::OnCancel() {
  boost::asio::post(core_, [this] {
    if (session_ != nullptr) session_->OnLost();
  });
}

void UplinkStream::OnDone() {
  boost::asio::post(core_, [this] { delete this; });
}

}  // namespace steward::collector
