// What ingest counts about itself: steward_ingest_*.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "collector/storage/records.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// Thread-safe.
class IngestMetrics {
 public:
  // `registry` outlives the object.
  explicit IngestMetrics(prometheus::Registry& registry);

  void Committed(std::uint64_t samples, absl::Time now);
  void Duplicate() { duplicates_.Increment(); }
  void Refused(v1::Refusal::Cause cause);
  void Gap(v1::GapDeclaration::Cause cause, std::uint64_t batches);
  void StreamRefused(std::string_view reason);
  void IdentityConflict() { identity_conflicts_.Increment(); }
  void SetBack() { set_back_.Increment(); }
  // The machine's wall clock less the collector's.
  void SetClockOffset(const MachineRecord& machine, absl::Duration offset);
  void ForgetMachine(const MachineId& machine);  // retired
  void StorageError() { storage_errors_.Increment(); }
  void SetSessions(std::size_t count) { sessions_.Set(static_cast<double>(count)); }
  void SetQueueBytes(std::size_t bytes) { queue_bytes_.Set(static_cast<double>(bytes)); }

  std::uint64_t samples_total() const { return samples_total_; }
  // Over the last minute.
  double SamplesPerSecond(absl::Time now) const;
  absl::Time last_commit_time() const { return absl::FromUnixMillis(last_commit_ms_); }  // 1970: none since the start

 private:
  prometheus::Counter& samples_;
  prometheus::Counter& batches_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& storage_errors_;
  prometheus::Gauge& sessions_;
  prometheus::Gauge& queue_bytes_;
  prometheus::Counter& set_back_;
  prometheus::Counter& identity_conflicts_;
  prometheus::Family<prometheus::Gauge>& clock_offset_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Family<prometheus::Counter>& gaps_;
  prometheus::Family<prometheus::Counter>& streams_refused_;
  std::atomic<std::uint64_t> samples_total_ = 0;
  std::atomic<std::int64_t> last_commit_ms_ = 0;

  struct Second {
    std::int64_t second = 0;
    std::uint64_t samples = 0;
  };
  mutable Mutex mutex_;
  struct NamedGauge {
    prometheus::Labels labels;
    prometheus::Gauge* gauge = nullptr;
  };
  std::map<MachineId, NamedGauge> clock_offsets_ ABSL_GUARDED_BY(mutex_);
  std::array<Second, 60> last_minute_ ABSL_GUARDED_BY(mutex_);  // by second, modulo
};

}  // namespace steward::collector
