// The newest state of every active machine: is it up, when was it last seen, and the last value of each live series.
// What /metrics, service discovery, the console and `stewardctl machines` are answered from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/ingest/observation.h"
#include "collector/latest/machine_values.h"

namespace steward::collector {

// A machine is up while its last batch is younger than the larger of this and three of its intervals.
inline constexpr absl::Duration kUpAtLeast = absl::Seconds(90);

// True if a machine that was last seen then counts as up. InfinitePast: never seen, not up.
bool IsUp(absl::Time last_seen, absl::Duration interval, absl::Time now);

struct MachineStatus {
  std::shared_ptr<const MachineRecord> record;
  absl::Time last_seen_time = absl::InfinitePast();  // of the newest batch; InfinitePast: never
  bool up = false;
  bool connected = false;
  std::shared_ptr<const MachineValues> values;
};

// The sink's calls come from the core thread, the others from any.
class Latest final : public ObservationSink {
 public:
  // `clock` outlives the object.
  explicit Latest(const Clock& clock) : clock_(clock) {}

  // At start, before the first observation: the machines known from before. Retired ones are left out.
  void Load(absl::Span<const MachineRecord> machines);

  // Only the newest observations of a machine change anything.
  void OnObservation(const Observation& observation) override;
  void OnConnected(const MachineRecord& machine, const std::string& address, absl::Time now) override;
  void OnDisconnected(const MachineRecord& machine, absl::Time now) override;
  // A retired machine leaves with all its values; batches still under way do not bring it back.
  void OnMachineChanged(const MachineRecord& machine) override;

  // Active machines by instance, then id, as of now.
  std::vector<MachineStatus> Machines() const;
  // None: unknown or retired.
  std::optional<MachineStatus> Find(std::string_view machine_id) const;

  const FamilyTable& families() const { return families_; }
  const Clock& clock() const { return clock_; }

 private:
  struct Machine {
    std::shared_ptr<const MachineRecord> record;
    absl::Time last_seen_time = absl::InfinitePast();
    int streams = 0;  // a new one may open before the old one is noticed to be dead
    std::shared_ptr<MachineValues> values;
  };

  // Adds the machine if need be; null if it was retired.
  Machine* Put(const MachineRecord& machine) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static MachineStatus StatusOf(const Machine& machine, absl::Time now);

  const Clock& clock_;
  FamilyTable families_;
  mutable Mutex mutex_;  // the map, not the values: those have locks of their own
  absl::flat_hash_map<MachineId, Machine> machines_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<MachineId> retired_ ABSL_GUARDED_BY(mutex_);  // since the start
};

}  // namespace steward::collector
