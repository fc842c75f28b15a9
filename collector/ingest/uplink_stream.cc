#include "collector/ingest/uplink_stream.h"

#include <utility>

#include "boost/asio/post.hpp"
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
  Do({.deliver = read_ahead_.AskRound(), .read = false});
}

void UplinkStream::Do(ReadAhead::Next next) {
  if (next.deliver) boost::asio::post(core_, [this] { Deliver(); });
  if (next.read) StartRead(&incoming_);
}

void UplinkStream::OnReadDone(bool ok) {
  if (!ok) return Do(read_ahead_.HalfClosed());
  ReadAhead::Incoming incoming;
  incoming.bytes = incoming_.Length();
  if (!grpc::SerializationTraits<v1::AgentMessage>::Deserialize(&incoming_, &incoming.message.emplace()).ok()) {
    incoming.message.reset();
  }
  incoming_.Clear();
  Do(read_ahead_.Arrived(std::move(incoming)));
}

void UplinkStream::Deliver() {
  ReadAhead::Round round = read_ahead_.Fetch();
  for (ReadAhead::Incoming& incoming : round.messages) waiting_.push_back(std::move(incoming));
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (; asked_ && !waiting_.empty(); ++messages) {
    bytes += waiting_.front().bytes;
    HandOver(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (messages > 0) session_->OnMessagesTaken();
  if (round.half_closed && waiting_.empty() && !std::exchange(told_half_closed_, true)) session_->OnHalfClosed();
  Do(read_ahead_.EndRound(messages, bytes, asked_ && !waiting_.empty(), finish_.has_value()));
}

void UplinkStream::HandOver(ReadAhead::Incoming incoming) {
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
