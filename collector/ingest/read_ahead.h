// What a stream has read ahead of its session, between gRPC's threads and the core thread: bounded, and no arrival is left
// without a round of delivery on the core thread, the end of the stream included.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// Thread safe. `deliver` is true once for each round: whoever is told so posts it to the core thread.
class ReadAhead {
 public:
  struct Incoming {
    std::optional<v1::AgentMessage> message;  // none: what came is no message
    std::size_t bytes = 0;
  };
  struct Next {
    bool deliver = false;
    bool read = false;  // start to read the next message
  };
  struct Round {
    std::vector<Incoming> messages;  // oldest first
    bool half_closed = false;        // nothing follows them
  };

  // A read that is done: a message, or the end.
  Next Arrived(Incoming incoming);
  Next HalfClosed();

  // Asks for a round without an arrival; true: it is to be posted.
  bool AskRound();

  // A round of delivery: fetches what arrived, and says at its end what of it and of earlier rounds the session took.
  // `wants_more`: the session could take what earlier rounds left. `finishing`: nothing more is read,
  // and no round follows, which could meet a stream that is gone.
  Round Fetch();
  Next EndRound(std::size_t messages, std::size_t bytes, bool wants_more, bool finishing);

 private:
  bool StartRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  std::vector<Incoming> arrived_ ABSL_GUARDED_BY(mutex_);   // not fetched yet
  std::size_t held_messages_ ABSL_GUARDED_BY(mutex_) = 0;   // not taken by the session yet
  std::size_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool read_under_way_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_fetched_ ABSL_GUARDED_BY(mutex_) = false;
  bool round_posted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace steward::collector
