// What `steward-agent report backup` leaves for the probe `backups`: <state>/reports/backups.json, the last run of every job.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

inline constexpr char kBackupFile[] = "backups.json";
inline constexpr std::size_t kBackupJobsMax = 50;
inline constexpr std::size_t kBackupJobNameBytesMax = 63;

struct BackupJob {
  bool ok = false;                                 // of the last run, as all but success_time
  absl::Time run_time;                             // whole seconds, as in the file
  absl::Time success_time = absl::InfinitePast();  // of the last good run; InfinitePast: none known
  std::optional<std::uint64_t> bytes;              // of what was to be saved
  std::optional<absl::Duration> duration;          // whole milliseconds
  std::uint64_t failed_runs = 0;                   // since the last good one
  std::optional<absl::Duration> every;             // as planned, whole seconds; stands until another run tells it
  std::optional<bool> off_site;                    // where to; stands likewise
};
using BackupJobs = std::map<std::string, BackupJob>;  // by name

// InvalidArgument, with what a name may be.
absl::Status CheckBackupJobName(std::string_view name);

// Notes a run. Of earlier ones stand the last success, how many failed since, and what is planned.
// InvalidArgument: not a name. ResourceExhausted: a job more than there may be; both say what to do.
absl::Status NoteBackupRun(const std::string& name, const BackupJob& run, BackupJobs& jobs);

std::string FormatBackupJobs(const BackupJobs& jobs);
// No text is no job. InvalidArgument: not what FormatBackupJobs writes.
absl::StatusOr<BackupJobs> ParseBackupJobs(std::string_view text);

}  // namespace steward::agent
