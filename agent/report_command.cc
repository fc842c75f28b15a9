#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <optional>
#include <system_error>

#include "absl/strings/numbers.h"
#include "agent/command_support.h"
#include "agent/commands.h"
#include "agent/report/backup_file.h"
#include "agent/report/backup_output.h"
#include "agent/report/problem_file.h"
#include "agent/report/report_directory.h"
#include "agent/status_socket.h"
#include "base/duration.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kDurationMax = absl::Hours(24 * 366 * 100);
constexpr absl::Duration kEveryMin = absl::Minutes(10);
constexpr absl::Duration kEveryMax = absl::Hours(24 * 366);

absl::Time Now() { return absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())); }

// What the options say; what is wrong with them.
absl::StatusOr<BackupJob> RunOf(const ReportBackupOptions& options) {
  if (absl::Status status = CheckBackupJobName(options.job); !status.ok()) return status;
  if (options.result.empty() && options.from.empty()) return absl::InvalidArgumentError("--result ok or --result failed is needed, or --from");
  if (!options.result.empty() && options.result != "ok" && options.result != "failed") return absl::InvalidArgumentError("--result must be ok or failed");
  if (!options.from.empty() && options.from != "restic" && options.from != "borg") {
    return absl::InvalidArgumentError("--from must be restic or borg; for others tell --result, --bytes and --duration");
  }
  if (!options.from.empty() && isatty(STDIN_FILENO)) return absl::InvalidArgumentError("--from reads the backup's output from standard input: use a pipe");
  BackupJob run;
  run.ok = options.result != "failed";
  if (std::uint64_t bytes = 0; !options.bytes.empty()) {
    if (!absl::SimpleAtoi(options.bytes, &bytes)) return absl::InvalidArgumentError("--bytes must be a whole number of bytes");
    run.bytes = bytes;
  }
  if (absl::Duration duration; !options.duration.empty()) {
    if (!absl::ParseDuration(options.duration, &duration) || duration < absl::ZeroDuration() || duration > kDurationMax) {
      return absl::InvalidArgumentError("--duration must be like 90s or 1h30m");
    }
    run.duration = absl::Trunc(duration, absl::Milliseconds(1));
  }
  if (!options.every.empty()) {
    const auto every = ParseDuration(options.every);
    if (!every.ok()) return absl::InvalidArgumentError(StrCat("--every ", ToStd(every.status().message())));
    if (*every < kEveryMin || *every > kEveryMax) return absl::InvalidArgumentError("--every is from 10m to 366d");
    run.every = absl::Trunc(*every, absl::Seconds(1));
  }
  if (!options.where.empty()) {
    if (options.where != "on-site" && options.where != "off-site") return absl::InvalidArgumentError("--where must be on-site or off-site");
    run.off_site = options.where == "off-site";
  }
  return run;
}

// To the end, whatever comes: the backup must not die of a pipe that nobody reads.
absl::StatusOr<BackupOutcome> ReadOutcome(const std::string& program) {
  const std::unique_ptr<BackupOutput> output = program == "restic" ? NewResticOutput() : NewBorgOutput();
  char part[16384];
  while (true) {
    const ssize_t size = read(STDIN_FILENO, part, sizeof part);
    if (size > 0) output->Take({part, static_cast<std::size_t>(size)});
    if (size == 0) return output->Finish();
    if (size < 0 && errno != EINTR) {
      return absl::UnavailableError(StrCat("cannot read standard input: ", std::generic_category().message(errno)));
    }
  }
}

absl::Status KeepRun(const ReportBackupOptions& options, const BackupJob& run) {
  return ChangeReportFile(options.state, kBackupFile, [&](const std::string& content) -> absl::StatusOr<std::string> {
    auto jobs = ParseBackupJobs(content);
    if (!jobs.ok()) return jobs.status();
    if (options.forget) {
      if (jobs->erase(options.job) == 0) return absl::NotFoundError(StrCat("there is no backup job \"", options.job, "\""));
    } else if (absl::Status status = NoteBackupRun(options.job, run, *jobs); !status.ok()) {
      return status;
    }
    return FormatBackupJobs(*jobs);
  });
}

}  // namespace

int RunReportBackupCommand(const ReportBackupOptions& options) {
  if (options.forget && !(options.result + options.bytes + options.duration + options.from + options.every + options.where).empty()) {
    return Fail(kWrongUsage, absl::InvalidArgumentError("--forget stands alone with --job"));
  }
  auto run = options.forget ? BackupJob() : RunOf(options);
  if (!run.ok()) return Fail(kWrongUsage, run.status());
  const absl::Status owner = WorkAsOwnerOf(options.state);  // before anything of others is read
  if (!options.from.empty()) {
    const auto outcome = ReadOutcome(options.from);
    if (!outcome.ok()) return Fail(kFailed, outcome.status());
    if (!outcome->ok) std::cerr << "steward-agent: backup " << options.job << " is reported as failed: " << outcome->why << std::endl;
    run->ok = run->ok && outcome->ok;
    if (!run->bytes) run->bytes = outcome->bytes;
    if (!run->duration) run->duration = outcome->duration;
  }
  if (!owner.ok()) return Fail(kFailed, owner);
  run->run_time = Now();
  if (absl::Status status = KeepRun(options, *run); !status.ok()) return Fail(kFailed, status);
  return kDone;
}

int RunReportProblemCommand(const std::string& state, const std::string& text) {
  const auto kept = ProblemText(text);
  if (!kept.ok()) return Fail(kWrongUsage, kept.status());
  if (absl::Status status = WorkAsOwnerOf(state); !status.ok()) return Fail(kFailed, status);
  const absl::Status status = ChangeReportFile(state, kProblemFile, [&](const std::string& content) -> absl::StatusOr<std::string> {
    auto problems = ParseProblems(content);
    if (!problems.ok()) return problems.status();
    NoteProblem({Now(), *kept}, *problems);
    return FormatProblems(*problems);
  });
  if (!status.ok()) return Fail(kFailed, status);
  if (absl::Status looks = AskToLook(state); looks.ok()) {
    std::cout << "reported: the agent sends it as soon as it reaches the collector" << std::endl;
  } else {
    std::cout << "noted, and sent when the agent runs again: " << std::string(looks.message()) << std::endl;
  }
  return kDone;
}

}  // namespace steward::agent
