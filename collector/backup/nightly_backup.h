// Backups by themselves, every night, and what they say of themselves: steward_backup_*.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/backup/backup_file.h"
#include "collector/config/config.h"
#include "collector/identity/random.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace steward::collector {

// The first `time_of_day` in `zone` after `last`; `now` if that is past, or if `last` lies in a future that cannot be.
absl::Time NextBackupTime(absl::Time last, absl::Time now, absl::Duration time_of_day, absl::TimeZone zone);

// steward-20261122-023000Z.backup, and back; InfinitePast for other names.
std::string BackupFileName(absl::Time time);
absl::Time BackupFileTime(const std::filesystem::path& file);

// Our backups in a folder, oldest first. Files of other names are nobody's business here.
std::vector<std::filesystem::path> ListBackups(const std::filesystem::path& folder);

// Core thread. A backup that was due while the collector was off is made soon after the start.
class NightlyBackup {
 public:
  // A start is busy enough.
  static constexpr absl::Duration kAfterStart = absl::Minutes(10);
  static constexpr absl::Duration kRetry = absl::Hours(1);
  // The wall clock may step: it is looked at this often.
  static constexpr absl::Duration kLookEvery = absl::Minutes(15);

  struct Parts {
    const BackupConfig& config;
    std::filesystem::path data;
    Clock& clock;
    boost::asio::any_io_executor core;
    prometheus::Registry& registry;
    RandomSource random;
    std::string version;
  };

  // All references outlive it.
  explicit NightlyBackup(Parts parts);
  ~NightlyBackup();

  void Start();
  // Ends one that is under way; the former ones stay.
  void Stop();
  // Of the newest good backup; InfinitePast: there is none.
  absl::Time last() const { return last_; }

 private:
  struct Outcome {
    absl::StatusOr<BackupResult> result;
    std::filesystem::path file;
    absl::Time time;
    absl::Duration duration;
  };

  void Wait(absl::Duration delay);
  void Look();
  void Begin();
  absl::StatusOr<BackupResult> Make(const std::filesystem::path& file, absl::Time now);  // its own thread
  void OnDone(const Outcome& outcome);
  void Prune();

  const Parts parts_;
  const std::filesystem::path folder_;
  const std::unique_ptr<Timer> timer_;
  prometheus::Gauge& last_success_;
  prometheus::Gauge& bytes_;
  prometheus::Gauge& duration_;
  prometheus::Counter& failures_;
  absl::Time last_ = absl::InfinitePast();
  std::atomic<bool> cancelled_ = false;
  bool running_ = false;
  std::thread worker_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
