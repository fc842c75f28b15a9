// The last value of every live series of one machine, with its labels as ready text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "collector/ingest/observation.h"
#include "collector/latest/family_table.h"

namespace steward::collector {

// A group that was not sampled for this many of its intervals leaves the latest values.
inline constexpr int kIntervalsUntilStale = 3;

// One family of a walk over all families; the same object may serve machine after machine.
struct FamilyLines {
  std::uint32_t family = 0;
  std::string name;
  std::string header;   // goes before the first line written and is emptied then
  std::string scratch;
};

// Written by the core thread, read by any; each call holds the lock for one machine only.
class MachineValues {
 public:
  // `families` outlives the object.
  explicit MachineValues(FamilyTable& families) : families_(families) {}

  // Takes the labels that every line of the machine carries.
  void SetMachine(const MachineRecord& machine);

  // Takes over the sampled groups. `boot_now` is the collector's boot clock, `age` how old the samples are on arrival:
  // groups that are stale already are not taken.
  void Update(const Observation& observation, absl::Duration boot_now, absl::Duration age);

  // Appends the machine's lines of one family, if fresh at `boot_now`. `hint` makes a walk over all families in ascending
  // order cheap: keep one, from 0, a machine and walk.
  void AppendFamily(FamilyLines& lines, absl::Duration boot_now, std::uint32_t& hint, std::string& out) const;

  std::size_t series_count(absl::Duration boot_now) const;

 private:
  // One line without its number: what stands after the machine's labels, up to the space before the number.
  struct Row {
    std::uint32_t family = 0;
    std::uint32_t position = 0;  // in values
    std::uint32_t tail_offset = 0;
    std::uint32_t tail_length = 0;
  };
  struct Group {
    std::uint32_t id = 0;
    absl::Duration fresh_until;         // boot clock
    std::vector<std::uint32_t> series;  // ids in the epoch, as observed
    std::vector<double> values;         // beside series
    std::vector<Row> rows;              // by family, then label text; without doubles and refused ones
    std::string tails;
  };
  // Where a family stands in a group.
  struct Range {
    std::uint32_t family = 0;
    std::uint32_t group = 0;  // index in groups_
    std::uint32_t begin = 0;  // rows
    std::uint32_t end = 0;
  };

  Group& GroupById(std::uint32_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LayOut(Group& group, const ObservedGroup& observed, const wire::DescriptorTable& descriptors)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void IndexRanges() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::uint32_t FirstRange(std::uint32_t family, std::uint32_t hint) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  FamilyTable& families_;
  mutable Mutex mutex_;
  std::string labels_ ABSL_GUARDED_BY(mutex_);  // instance="...",machine="...",site="...",class="..."
  absl::Duration interval_ ABSL_GUARDED_BY(mutex_) = absl::Seconds(15);
  std::uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Group> groups_ ABSL_GUARDED_BY(mutex_);  // ascending by id
  std::vector<Range> ranges_ ABSL_GUARDED_BY(mutex_);  // by family, then group
};

}  // namespace steward::collector
