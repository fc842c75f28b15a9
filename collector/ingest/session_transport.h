// One agent's stream as the session sees it. gRPC's is in uplink_server.cc; tests have their own.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// Core thread. The session is told about what came of a call by posting, never from within it.
class SessionTransport {
 public:
  virtual ~SessionTransport() = default;
  // Asks for one message: Session::OnMessage or OnHalfClosed follows. Only one at a time.
  virtual void Read() = 0;
  // Queues a message; one is written at a time, Session::OnSent follows each.
  virtual void Send(v1::CollectorMessage message) = 0;
  // Sent but not yet taken by the peer.
  virtual std::size_t queued_messages() const = 0;
  // Ends the stream. Nothing is called after it.
  virtual void Finish(absl::Status status) = 0;
};

}  // namespace steward::collector
