// The way from the management API to the channels.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

class ChannelTester {
 public:
  virtual ~ChannelTester() = default;
  // Sends a marked test message over the channel, at once and once, and calls `done` once, on any thread, with what came of
  // it: an answer that means "not delivered" is no error. NotFound: no such channel, with those there are.
  virtual void TestChannel(const std::string& channel,
                           std::function<void(absl::StatusOr<v1::TestChannelResponse>)> done) = 0;
  // Sends what was given up once more: all dead deliveries whose key is this or begins so, of one channel or (empty) of all.
  // Calls `done` once, on any thread, with them as they wait again. NotFound: there is none; FailedPrecondition: its channel
  // is not configured any more. `by`: who asks, for the audit trail.
  virtual void RetryDeliveries(const std::string& key, const std::string& channel, const std::string& by,
                               std::function<void(absl::StatusOr<std::vector<OutboxRecord>>)> done) = 0;
};

}  // namespace steward::collector
