// A channel carries one message to people or their programs. It only sends and says whether a retry makes sense:
// routing, order, retries and expiry are stages around it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

struct Notification {
  std::string event;            // opened, updated, resolved, test
  std::string idempotency_key;  // the same for a repeat
  v1::Issue issue;              // as it was then; empty for a test
  absl::Time time;              // when it was written
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
  // Calls `done` once, on the delivery thread, after a bounded time; never from within this call.
  virtual void Send(const Notification& notification, std::function<void(SendOutcome)> done) = 0;
};

}  // namespace steward::collector
