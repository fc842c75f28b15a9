// One stream to a collector, as the uplink sees it: messages in both directions, no gRPC. Tests put a fake here.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "agent/uplink/channel.h"
#include "steward/v1/uplink.pb.h"

namespace steward::agent {

class UplinkStream {
 public:
  // Called on the executor that was given to the connector, never within a call to the stream.
  class Handler {
   public:
    virtual ~Handler() = default;
    // The stream is open, or the last write was taken: one Write may follow.
    virtual void OnWritable() = 0;
    virtual void OnMessage(const v1::CollectorMessage& message) = 0;
    // The last call. OK: the collector closed the stream without a complaint.
    virtual void OnClosed(const absl::Status& status) = 0;
  };

  // Cancels; the handler is not called any more.
  virtual ~UplinkStream() = default;
  virtual void Write(const v1::AgentMessage& message) = 0;
  // OnClosed follows.
  virtual void Cancel() = 0;
};

class UplinkConnector {
 public:
  virtual ~UplinkConnector() = default;
  // `handler` outlives the stream. Errors come by OnClosed.
  virtual std::unique_ptr<UplinkStream> Connect(const ChannelSettings& settings, UplinkStream::Handler& handler) = 0;
};

}  // namespace steward::agent
