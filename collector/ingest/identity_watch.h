// Tells two machines with one identity (a copied disk, a copied virtual machine) from one that connects again.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "collector/storage/records.h"

namespace steward::collector {

// One run of one system with one spool. A machine goes from one to the next and never back to an earlier one; two that
// take the stream from each other do.
struct Incarnation {
  std::string boot_id;
  std::uint64_t epoch = 0;
  friend bool operator==(const Incarnation&, const Incarnation&) = default;
};

class IdentityWatch {
 public:
  enum class Verdict { kFine, kConflictFound, kRefuse };

  // A stream said Hello; `connected`: another one of this machine is open. kConflictFound: from now on the one that is
  // connected keeps the identity. kRefuse: known to be the copy, the other one is served. `now` is the boot clock.
  Verdict OnHello(const MachineId& machine, const Incarnation& incarnation, bool connected, absl::Duration now);
  void Forget(const MachineId& machine) { machines_.erase(machine); }

 private:
  struct Known {
    std::deque<Incarnation> incarnations;  // as they came; the last has, or had last, the stream
    std::deque<absl::Duration> returns;    // of an earlier one
    absl::Duration conflict_until;
  };
  absl::flat_hash_map<MachineId, Known> machines_;
};

}  // namespace steward::collector
