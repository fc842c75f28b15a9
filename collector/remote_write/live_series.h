// Which series of each machine are alive for a receiver, so that one that ends is ended there too, by Prometheus'
// staleness marker at the time of the batch that no longer has it. Without one, a query goes on seeing the last value
// for five minutes.
//
// Only what has ended for good gets a marker: a series that the agent ended, that a new epoch or a new name of the
// machine does not have any more, all of a machine that was retired. A machine that is merely silent gets none: it may
// be cut off, and what it sampled meanwhile comes later, with no hole in it. What ended while the collector was down is
// not known, as with a restarted Prometheus.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/remote_write/series_labels.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// One thread. Holds 4 bytes a live series.
class LiveSeries {
 public:
  using Mark =
      absl::FunctionRef<void(const MachineLabels& machine, const v1::SeriesDescriptor& series, absl::Time time)>;

  // Calls `mark` for what the batch shows to have ended. Batches of a machine's past only tell what ended within them.
  // Errors: of the storage, which is asked for the descriptors of a past epoch.
  absl::Status Observe(const CommittedSamples& batch, const MachineLabels& labels, StorageReader& reader, Mark mark);

  // Calls `mark` for all series of the machines that are retired or no longer stored, and forgets them.
  absl::Status EndRetired(StorageReader& reader, Mark mark);

 private:
  struct Group {
    std::uint32_t id = 0;
    std::vector<std::uint32_t> series;  // ascending
  };
  // As of its newest batch.
  struct Machine {
    MachineLabels labels;
    std::uint64_t epoch = 0;
    absl::Time time;
    std::vector<Group> groups;
  };

  static void Compare(Machine& machine, const CommittedSamples& batch, Mark mark);
  static absl::Status Replace(Machine& machine, const CommittedSamples& batch, const MachineLabels& labels,
                              StorageReader& reader, Mark mark);
  static absl::Status MarkAll(const MachineId& id, const Machine& machine, StorageReader& reader, Mark mark);

  absl::flat_hash_map<MachineId, Machine> machines_;
};

}  // namespace steward::collector
