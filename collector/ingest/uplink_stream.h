// gRPC's stream as a session's transport. gRPC's callbacks only parse what came and move it to the core thread, where all
// else happens. The stream is read ahead of the session within bounds, so that one hand-over moves several messages.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/ingest/read_ahead.h"
#include "collector/ingest/session.h"
#include "collector/ingest/session_hub.h"
#include "collector/ingest/session_transport.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"

namespace steward::collector {

// The codes are the same numbers.
grpc::Status ToGrpc(const absl::Status& status);

class UplinkStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>, public SessionTransport {
 public:
  // `hub` outlives the stream, which deletes itself when gRPC is done with it.
  UplinkStream(boost::asio::any_io_executor core, SessionHub& hub) : core_(std::move(core)), hub_(hub) {}

  // gRPC's thread. Without a good peer nothing is read.
  void Start(absl::StatusOr<VerifiedPeer> peer, std::string address);

  // Core thread.
  void Read() override;
  void Send(v1::CollectorMessage message) override;
  std::size_t queued_messages() const override { return queue_.size(); }
  void Finish(absl::Status status) override;

  // gRPC's threads.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

  void Deliver();                       // to the session, as far as it asks
  void HandOver(ReadAhead::Incoming incoming);
  void Do(ReadAhead::Next next);

  const boost::asio::any_io_executor core_;
  SessionHub& hub_;
  std::shared_ptr<Session> session_;
  grpc::ByteBuffer incoming_;           // gRPC's between StartRead and OnReadDone

  ReadAhead read_ahead_;

  // Core thread.
  std::deque<ReadAhead::Incoming> waiting_;  // for the session to ask
  bool asked_ = false;
  bool told_half_closed_ = false;
  std::deque<grpc::ByteBuffer> queue_;  // the first is being written
  std::optional<absl::Status> finish_;  // waits for the write under way
  bool finished_ = false;
};

}  // namespace steward::collector
