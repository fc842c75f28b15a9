// The real stream: AgentUplink.Connect over the shared completion queue.
#pragma once

#include <memory>
#include <utility>

#include "agent/uplink/grpc_loop.h"
#include "agent/uplink/stream.h"
#include "boost/asio/any_io_executor.hpp"

namespace steward::agent {

class GrpcConnector final : public UplinkConnector {
 public:
  // `loop` outlives the connector and its streams. Handlers run on `executor`, which has one thread.
  GrpcConnector(GrpcLoop& loop, boost::asio::any_io_executor executor) : loop_(loop), executor_(std::move(executor)) {}

  std::unique_ptr<UplinkStream> Connect(const ChannelSettings& settings, UplinkStream::Handler& handler) override;

 private:
  GrpcLoop& loop_;
  boost::asio::any_io_executor executor_;
};

}  // namespace steward::agent
