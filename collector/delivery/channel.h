// A channel carries one message to people or their programs. It only sends and says whether a retry makes sense:
// routing, order, retries and expiry are stages around it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

struct Notification {
  // One of several that go as one.
  struct Part {
    std::string event;
    v1::Issue issue;
  };
  std::string event;            // opened, updated, resolved, bundle, test
  std::string idempotency_key;  // the same for a repeat
  v1::Issue issue;              // as it was then; empty for a bundle and a test
  absl::Time time;              // when it was written
  std::string reason;           // of a bundle: group, digest, rate (delivery.proto)
  std::vector<Part> parts;      // of a bundle, in the order they were written
  bool quiet = false;           // nobody is to be woken by it
};

struct SendOutcome {
  enum class Result { kDelivered, kRetry, kPermanent };
  Result result = Result::kPermanent;
  std::optional<absl::Duration> retry_after;  // the receiver's wish
  std::string answer;                         // what came back, or why nothing did
  std::string remedy;                         // what to do about it; empty if delivered
};

// Used on the delivery thread only.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual const std::string& name() const = 0;
  // Its receiver has to be told again and again of what is open: then Resume is called once, before the first Send, with
  // what the receiver was told of and not told to be over.
  virtual bool forgets() const { return false; }
  virtual void Resume(std::vector<Notification> /*open*/) {}
  // Calls `done` once, on the delivery thread, after a bounded time; never from within this call.
  virtual void Send(const Notification& notification, std::function<void(SendOutcome)> done) = 0;
};

}  // namespace steward::collector
