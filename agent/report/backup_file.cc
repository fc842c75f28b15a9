#include "agent/report/backup_file.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "agent/report/json_fields.h"
#include "base/text.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kBackupFileBytesMax = 64 << 10;

bool MayBeInName(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-'; }

absl::Status NotBackupJobs(std::string_view what) { return absl::InvalidArgumentError(StrCat("not a list of backup jobs: ", what)); }

absl::StatusOr<BackupJob> JobFromJson(const json::object& object) {
  BackupJob job;
  const json::value* ok = object.if_contains("ok");
  const auto run_time = SecondsField(object, "runTime");
  if (ok == nullptr || !ok->is_bool() || !run_time) return NotBackupJobs("a job needs ok and runTime");
  job.ok = ok->as_bool();
  job.run_time = *run_time;
  job.success_time = SecondsField(object, "successTime").value_or(absl::InfinitePast());
  job.bytes = UnsignedField(object, "bytes");
  if (const auto ms = UnsignedField(object, "durationMs"); ms && *ms <= kMillisecondsMax) job.duration = absl::Milliseconds(*ms);
  // A file of a version that did not count yet knows of one.
  job.failed_runs = UnsignedField(object, "failedRuns").value_or(job.ok ? 0 : 1);
  if (const auto s = UnsignedField(object, "everySeconds"); s && *s <= kMillisecondsMax / 1000) job.every = absl::Seconds(*s);
  if (const json::value* off_site = object.if_contains("offSite"); off_site != nullptr && off_site->is_bool()) job.off_site = off_site->as_bool();
  return job;
}

}  // namespace

absl::Status CheckBackupJobName(std::string_view name) {
  if (!name.empty() && name.size() <= kBackupJobNameBytesMax && name.front() != '.' && name.front() != '-' &&
      std::all_of(name.begin(), name.end(), MayBeInName)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(StrCat("a job's name is 1 to ", kBackupJobNameBytesMax,
                                           " letters (a-z, A-Z), digits, dots, hyphens and underscores, and begins with none of . and -"));
}

absl::Status NoteBackupRun(const std::string& name, const BackupJob& run, BackupJobs& jobs) {
  if (absl::Status status = CheckBackupJobName(name); !status.ok()) return status;
  const auto known = jobs.find(name);
  if (known == jobs.end() && jobs.size() >= kBackupJobsMax) {
    return absl::ResourceExhaustedError(StrCat("there are ", kBackupJobsMax, " backup jobs already, no more are kept; drop one with "
                                               "`steward-agent report backup --job NAME --forget`: first is ", jobs.begin()->first));
  }
  BackupJob job = run;
  job.success_time = run.ok ? run.run_time : absl::InfinitePast();
  job.failed_runs = run.ok ? 0 : 1;
  if (known != jobs.end()) {
    const BackupJob& before = known->second;
    if (!run.ok) job.success_time = before.success_time;
    if (!run.ok) job.failed_runs = before.failed_runs + 1;
    if (!job.every) job.every = before.every;
    if (!job.off_site) job.off_site = before.off_site;
  }
  jobs[name] = job;
  return absl::OkStatus();
}

std::string FormatBackupJobs(const BackupJobs& jobs) {
  json::object list;
  for (const auto& [name, job] : jobs) {
    json::object& object = list[name].emplace_object();
    object["ok"] = job.ok;
    object["runTime"] = absl::ToUnixSeconds(job.run_time);
    if (job.success_time != absl::InfinitePast()) object["successTime"] = absl::ToUnixSeconds(job.success_time);
    if (job.bytes) object["bytes"] = *job.bytes;
    if (job.duration) object["durationMs"] = absl::ToInt64Milliseconds(*job.duration);
    if (job.failed_runs > 0) object["failedRuns"] = job.failed_runs;
    if (job.every) object["everySeconds"] = absl::ToInt64Seconds(*job.every);
    if (job.off_site) object["offSite"] = *job.off_site;
  }
  return json::serialize(json::object{{"jobs", std::move(list)}}) + "\n";
}

absl::StatusOr<BackupJobs> ParseBackupJobs(std::string_view text) {
  BackupJobs jobs;
  if (text.empty()) return jobs;
  if (text.size() > kBackupFileBytesMax) return NotBackupJobs("too long");
  const json::value document = ParseJson(text);
  const json::object* list = document.is_object() ? ObjectField(document.as_object(), "jobs") : nullptr;
  if (list == nullptr) return NotBackupJobs("no JSON object with jobs");
  if (list->size() > kBackupJobsMax) return NotBackupJobs(StrCat("more than ", kBackupJobsMax));
  for (const auto& entry : *list) {
    const std::string name(entry.key());
    if (absl::Status status = CheckBackupJobName(name); !status.ok()) return status;
    if (!entry.value().is_object()) return NotBackupJobs("a job must be an object");
    auto job = JobFromJson(entry.value().as_object());
    if (!job.ok()) return job.status();
    jobs.emplace(name, *job);
  }
  return jobs;
}

}  // namespace steward::agent
