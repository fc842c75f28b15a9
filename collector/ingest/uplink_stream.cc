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

void UplinkStream::Read() { StartRead(&incoming_); }

void UplinkStream::OnReadDone(bool ok) {
  if (!ok) {
    boost::asio::post(core_, [this] { session_->OnHalfClosed(); });
    return;
  }
  v1::AgentMessage message;
  const bool parsed = grpc::SerializationTraits<v1::AgentMessage>::Deserialize(&incoming_, &message).ok();
  incoming_.Clear();
  boost::asio::post(core_, [this, parsed, message = std::move(message)]() mutable {
    if (parsed) {
      session_->OnMessage(std::move(message));
    } else {
      session_->End(absl::InvalidArgumentError("what arrived is no AgentMessage; is this a Steward agent?"));
    }
  });
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
