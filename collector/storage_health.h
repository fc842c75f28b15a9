// Whether the store can take things in: what the last writes said, and the room on its disk. Told by metrics, by one line of
// the log a change, and by readiness.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace steward::collector {

struct DiskRoom {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

// Of the file system that holds `path`; none if it cannot be asked.
std::optional<DiskRoom> RoomOf(const std::string& path);

// Thread-safe.
class StorageHealth {
 public:
  // Below either of the two it warns: the store's journal (some 64 MiB at most) and a day's data should still fit.
  static constexpr std::uint64_t kLowBytes = 1 << 30;
  static constexpr double kLowShare = 0.1;
  // Below this nothing fits that is worth trying.
  static constexpr std::uint64_t kFullBytes = 256 << 10;

  // `path` is the database, for messages. `registry` outlives the object.
  StorageHealth(std::string path, std::function<std::optional<DiskRoom>()> room, prometheus::Registry& registry);

  // What became of a write that went to the disk.
  void Tried(const absl::Status& status);
  // Asks the disk for its room. Now and then.
  void Look();

  bool failing() const;
  std::optional<DiskRoom> room() const;  // at the last look
  absl::Status Ready() const;  // Unavailable: why nothing is taken in, and what to do

 private:
  static constexpr int kKinds = 3;

  void Fail(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Recover() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string RoomText() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const std::function<std::optional<DiskRoom>()> room_of_;
  prometheus::Gauge* faults_[kKinds];
  prometheus::Gauge& free_bytes_;
  prometheus::Gauge& low_space_;
  mutable Mutex mutex_;
  std::optional<DiskRoom> room_ ABSL_GUARDED_BY(mutex_);
  bool low_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);  // OK: the last write was taken
};

}  // namespace steward::collector
