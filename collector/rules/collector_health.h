// How the collector itself is, as it sees itself.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace steward::collector {

struct CollectorHealth {
  struct Room {
    std::uint64_t free_bytes = 0, total_bytes = 0;
  };
  std::optional<Room> room;       // on the disk of its store; none: the disk does not say
  absl::Time stored;              // when the store last took something in; it is asked every few seconds
  bool makes_backups = false;     // by itself, every night
  absl::Time last_backup = absl::InfinitePast();  // a good one; InfinitePast: none that is known
};

}  // namespace steward::collector
