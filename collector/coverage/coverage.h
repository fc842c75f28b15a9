// The coverage record: what share of each machine's days was observed, and why not the rest.
//
// Ingest tells of each committed batch; that costs a look-up and no write. Every few minutes what has changed is united
// with the rows of its days. After a crash the batches committed since are read again from the store: adding a batch
// twice changes nothing. The events that explain gaps are stored with their batches, by ingest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/coverage/machine_coverage.h"
#include "collector/ingest/observation.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Workstations show a person's hours: so long their times are kept, then only the sums of each day.
inline constexpr std::int64_t kTimesKeptDays = 14;

class Coverage final : public ObservationSink, public std::enable_shared_from_this<Coverage> {
 public:
  static constexpr absl::Duration kFlushEvery = absl::Minutes(2);

  // References outlive the object and its queued writes.
  Coverage(Storage& storage, Clock& clock, boost::asio::any_io_executor core);

  // Reads what is stored. Before anything else.
  absl::Status Load();
  // Core thread, as all that is not said to be otherwise.
  void Start();
  void Stop();  // stores what is new; no observation after it
  void Flush();

  void OnObservation(const Observation& observation) override;
  void OnConnected(const MachineRecord&, const std::string&, absl::Time) override {}
  void OnDisconnected(const MachineRecord&, absl::Time) override {}
  void OnMachineChanged(const MachineRecord& machine) override;
  void OnMachineDeleted(const MachineRecord& machine) override;

  // Any thread: the last `count` days up to today, ascending; fewer for a machine that is younger.
  absl::StatusOr<std::vector<CoverageDay>> Days(StorageReader& reader, const MachineRecord& machine, int count) const;
  // Any thread: observed share of the last 24 hours (or since enrolment) less the time in which the machine was off or
  // asleep. None: it was so all the time, or nothing is known of it.
  std::optional<double> Ratio(const MachineRecord& machine) const;

 private:
  struct Round;  // one flush

  void Wait(absl::Duration delay);
  void CatchUp();
  void Count(const MachineId& id, absl::Duration interval, absl::Time time, BatchName name, absl::Time arrival_time)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MachineCoverage& Of(const MachineId& id, absl::Duration interval) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<Round> TakeDirty();
  void Write(const std::shared_ptr<Round>& round, std::size_t begin, std::size_t end);
  void Flushed(const Round& round, std::size_t begin, std::size_t end, const absl::Status& status);
  absl::StatusOr<std::vector<CoverageDay>> DaysFrom(StorageReader& reader, const MachineRecord& machine,
                                                    std::int64_t first_day, absl::Time now) const;
  void SummarizeOldDays();
  absl::Status SummarizeMachine(StorageTransaction& transaction, const MachineRecord& machine, absl::Time now) const;

  Storage& storage_;
  Clock& clock_;
  const boost::asio::any_io_executor core_;
  const std::unique_ptr<Timer> flush_timer_;
  const std::unique_ptr<Timer> catch_up_timer_;
  bool flushing_ = false;
  bool caught_up_ = false;
  std::string cursor_;                             // in the order of commits: all before it is here or stored
  absl::Time cursor_time_ = absl::InfinitePast();  // all behind it arrived later
  std::int64_t summarized_day_ = 0;                // on which old days were looked for
  mutable Mutex mutex_;
  absl::flat_hash_map<MachineId, MachineCoverage> machines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace steward::collector
