// What people get of the issues of a timeline: each party has a channel with digest = "by-severity".
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "collector/delivery/stages/channel_stages.h"
#include "collector/issues/issue_book.h"

namespace steward::collector {

class TimelineMail {
 public:
  explicit TimelineMail(DeliveryConfig hours) : hours_(std::move(hours)) {}

  void Add(const IssueChange& change, absl::Time now);
  // Sends what is due.
  void Pass(absl::Time now);
  // How many messages the party got since it was asked last.
  int Take(const std::string& party);

 private:
  struct Box {
    ChannelStages stages;
    int sent = 0;
  };
  DeliveryConfig hours_;
  std::map<std::string, Box> boxes_;  // by party
};

}  // namespace steward::collector
