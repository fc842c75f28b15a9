#include "agent/probes/backups.h"

#include <utility>

#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr Metric kLastRun = {.name = "steward_backup_last_run_timestamp_seconds",
                             .help = "When the backup job last ended, well or not, as it was reported."};
constexpr Metric kLastSuccessTime = {.name = "steward_backup_last_success_timestamp_seconds",
                                     .help = "When the backup job last ended well; absent if it never did."};
constexpr Metric kLastSuccess = {.name = "steward_backup_last_success", .help = "1 if the last run of the backup job ended well."};
constexpr Metric kLastBytes = {.name = "steward_backup_last_bytes",
                               .help = "Size of what was to be saved in the last run of the backup job, if it was told."};
constexpr Metric kLastDuration = {.name = "steward_backup_last_duration_seconds",
                                  .help = "How long the last run of the backup job took, if it was told.",
                                  .denominator = 1000};

constexpr Metric kFailedRuns = {.name = "steward_backup_failed_runs", .help = "Runs of the backup job that failed since the last good one."};
constexpr Metric kPlannedInterval = {.name = "steward_backup_planned_interval_seconds",
                                     .help = "How often the backup job is to run, if it was told."};
constexpr Metric kOffSite = {.name = "steward_backup_off_site",
                             .help = "1 if the backup job saves to somewhere beyond the internet, 0 if not, if it was told."};

class BackupsProbe final : public Probe {
 public:
  BackupsProbe(Platform& platform, std::string_view directory) : platform_(platform), file_(StrCat(directory, "/", kBackupFile)) {}
  std::string_view name() const override { return "backups"; }

  // The file is small and seldom another one: it is parsed when its text has changed.
  absl::Status Collect(SampleSink& sink) override {
    if (absl::Status status = platform_.ReadFile(file_, text_); !status.ok()) return status;
    if (text_ != parsed_text_ || !jobs_.ok()) {
      jobs_ = ParseBackupJobs(text_);
      std::swap(parsed_text_, text_);
    }
    if (!jobs_.ok()) return absl::InvalidArgumentError(StrCat(file_, ": ", ToStd(jobs_.status().message())));
    ReportBackupJobs(*jobs_, sink);
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
  const std::string file_;
  std::string text_;
  std::string parsed_text_;
  absl::StatusOr<BackupJobs> jobs_ = BackupJobs();
};

}  // namespace

void ReportBackupJobs(const BackupJobs& jobs, SampleSink& sink) {
  for (const auto& [name, job] : jobs) {
    const LabelView labels[] = {{"job", name}};
    sink.Add(kLastRun, labels, absl::ToUnixSeconds(job.run_time));
    sink.Add(kLastSuccess, labels, job.ok ? 1 : 0);
    if (job.success_time != absl::InfinitePast()) sink.Add(kLastSuccessTime, labels, absl::ToUnixSeconds(job.success_time));
    if (job.bytes) sink.AddUnsigned(kLastBytes, labels, *job.bytes);
    if (job.duration) sink.Add(kLastDuration, labels, absl::ToInt64Milliseconds(*job.duration));
    sink.AddUnsigned(kFailedRuns, labels, job.failed_runs);
    if (job.every) sink.Add(kPlannedInterval, labels, absl::ToInt64Seconds(*job.every));
    if (job.off_site) sink.Add(kOffSite, labels, *job.off_site ? 1 : 0);
  }
}

std::unique_ptr<Probe> MakeBackupsProbe(Platform& platform, std::string_view reports_directory) {
  return std::make_unique<BackupsProbe>(platform, reports_directory);
}

}  // namespace steward::agent
