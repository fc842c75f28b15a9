// When the fleet's uplink is cut: "at=30s,for=20s" once, "at=30s,for=20s,every=2m" again and again.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::fleet {

struct Outage {
  absl::Duration at;                                // after the start
  absl::Duration length;
  absl::Duration every = absl::InfiniteDuration();  // from one cut to the next; more than `length`

  bool IsCut(absl::Duration since_start) const;
  // Until IsCut says something else; InfiniteDuration if it never does.
  absl::Duration UntilChange(absl::Duration since_start) const;
};

// InvalidArgument says what is wrong and what is expected.
absl::StatusOr<Outage> ParseOutage(std::string_view text);

}  // namespace steward::fleet
