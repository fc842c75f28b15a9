// What is known of whether a site is there: of its machines together.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace steward::collector {

struct SitePresence {
  std::string site;
  std::size_t heard = 0;    // machines that report now
  std::size_t lost = 0;     // fell silent without a good-bye, within kTogether of the last one
  absl::Time last_heard = absl::InfinitePast();  // of any of them
  absl::Time judged_from = absl::InfinitePast(); // silence before it is nobody's fault (the collector could not hear)

  static constexpr absl::Duration kTogether = absl::Minutes(5);
};

}  // namespace steward::collector
