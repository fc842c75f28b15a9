// What stands between the outbox and a channel that people read: few messages, each worth reading. Decides which leave as
// they are, which wait and which become one. Pure: no clock, no storage; what it forgets at a stop it decides anew.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/config/config.h"
#include "collector/delivery/route.h"
#include "collector/delivery/stages/delivery_hours.h"
#include "collector/delivery/stages/grouping.h"
#include "collector/delivery/stages/rate_limit.h"
#include "collector/storage/records.h"

namespace steward::collector {

class ChannelStages {
 public:
  // Messages of one bundle, or a single one without a reason.
  struct Leaving {
    std::string reason;  // group, digest, rate (delivery.proto); empty: as it is
    std::vector<OutboxRecord> records;
  };
  using DigestOf = std::function<std::string(const v1::Issue& issue)>;

  ChannelStages(const ChannelConfig& channel, const DeliveryHours& hours, DigestOf digest_of)
      : quiet_(channel.quiet_hours), hours_(hours), digest_of_(std::move(digest_of)), rate_(channel.messages_per_hour) {}

  // Takes a message that was never tried; they come in the order they were written.
  void Add(OutboxRecord record, absl::Time now);
  // What leaves now. The messages of one issue keep their order.
  std::vector<Leaving> Take(absl::Time now);
  // What leaves now wakes nobody (due_time.h).
  bool IsQuietNow(const v1::Issue& issue, absl::Time now) const;
  // When Take has to be called again, if nothing is added; InfiniteFuture: never.
  absl::Time next() const;

 private:
  struct Held {
    OutboxRecord record;
    absl::Time due;
    std::string bundle;  // those with the same leave as one; empty: by itself
  };

  std::vector<Leaving> Due(absl::Time now);
  absl::Time CollectedUntil(const std::string& bundle, absl::Time otherwise) const;

  DayHours quiet_;
  DeliveryHours hours_;
  DigestOf digest_of_;
  RateLimit rate_;
  Grouping grouping_;
  std::vector<Held> held_;            // in the order they came
  std::vector<OutboxRecord> beyond_;  // due, but beyond the rate
  absl::Time rate_next_ = absl::InfiniteFuture();
};

// For the channel of this name; null if a program reads it, which gets every message by itself and at once. `routes` outlives
// it.
std::unique_ptr<ChannelStages> MakeStages(const Config& config, const std::string& channel, const RouteTable& routes);

}  // namespace steward::collector
