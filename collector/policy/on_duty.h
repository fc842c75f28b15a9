// Who of a party is there to be told. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/config/policy_config.h"

namespace steward::collector {

struct OnDuty {
  std::vector<std::string> people;    // by name, in the policy's order
  std::vector<std::string> channels;  // theirs; without people the party's fallback
  std::string note;                   // in a sentence, for the message; empty: the policy names nobody of the party
};

// By the clock of `zone`. Somebody who is away on a day on which they would work is stood in for by their deputy, who need not
// work then, only not be away.
OnDuty WhoIsOnDuty(const PolicyConfig& policy, std::string_view party, absl::TimeZone zone, absl::Time now);

}  // namespace steward::collector
