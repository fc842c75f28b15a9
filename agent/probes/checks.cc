#include "agent/probes/checks.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "agent/platform/platform.h"
#include "agent/probes/check_output.h"
#include "agent/probes/job_runner.h"
#include "agent/probes/note_board.h"
#include "agent/probes/told_once.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr Metric kStatus = {.name = "steward_check_status",
                            .help = "What a check of the company's own says: 0 good, 1 warning, 2 critical, 3 unknown."};
constexpr Metric kValue = {.name = "steward_check_value",
                           .help = "A metric of a check, in base units: seconds, bytes, ratio.",
                           .type = MetricType::kUntyped,
                           .kind = ValueKind::kDouble};
constexpr Metric kDuration = {.name = "steward_check_duration_seconds",
                              .help = "How long the last run of a check's program took.",
                              .denominator = 1000};
constexpr Metric kLastRun = {.name = "steward_check_last_run_timestamp_seconds",
                             .help = "When the last run of a check's program ended."};

constexpr absl::Duration kIntervalMin = absl::Seconds(5);
// A program that is still there so long after it was ended waits for a dead device.
constexpr absl::Duration kGrace = absl::Seconds(5);

bool IsCheckName(std::string_view name) {
  for (const std::string_view left : {".dpkg-", ".rpm", ".ucf-"}) {  // what package managers leave
    if (name.find(left) != std::string_view::npos) return false;
  }
  return !name.starts_with('.') && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

absl::Duration SteadyNow() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

std::string FileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

struct CheckRun {
  std::vector<CheckVerdict> verdicts;  // each with its name; empty: there is `trouble`
  std::string trouble;
  absl::Duration duration;
  absl::Time end;
};

CheckRun RunOnce(Platform& platform, const std::string& path, absl::Duration deadline) {
  const absl::Duration begin = SteadyNow();
  const absl::StatusOr<CheckResult> result = platform.RunCheck(path, deadline);
  CheckRun run;
  run.duration = SteadyNow() - begin;
  run.end = platform.WallTime().value_or(absl::Now());
  if (!result.ok()) {
    run.trouble = std::string(result.status().message());
    return run;
  }
  run.verdicts = ParseCheckOutput(result->exit_code, result->output);
  for (CheckVerdict& verdict : run.verdicts) {
    if (verdict.name.empty()) verdict.name = FileName(path);
  }
  return run;
}

class ChecksProbe final : public Probe {
 public:
  ChecksProbe(Platform& platform, const ProbeSettings& settings) : platform_(platform), settings_(settings) {}
  std::string_view name() const override { return "checks"; }
  absl::Duration interval_min() const override { return kIntervalMin; }

  absl::Status Collect(SampleSink& sink) override {
    troubles_.clear();
    const std::map<std::string, CheckSettings> programs = Find();
    RunThose(programs);
    names_.clear();
    notes_.clear();
    series_ = 0;
    for (const auto& [path, answer] : runner_.Answers()) {
      const bool stuck = answer.running > programs.at(path).deadline + kGrace;
      if (answer.result) ReportRun(path, *answer.result, sink);
      if (stuck) {
        ReportTrouble(path, StrCat(path, " does not end although it was killed: it waits for a device"), sink);
      } else if (answer.result && !answer.result->trouble.empty()) {
        ReportTrouble(path, answer.result->trouble, sink);
      } else if (answer.result) {
        services_[path].clear();
        for (const CheckVerdict& verdict : answer.result->verdicts) ReportVerdict(path, verdict, sink);
      }
    }
    told_.Tell(troubles_);
    std::sort(notes_.begin(), notes_.end(), [](const Note& a, const Note& b) { return a.key < b.key; });
    if (settings_.notes) settings_.notes->Set(kCheckGroup, notes_);
    return programs.empty() ? absl::NotFoundError(StrCat(settings_.checks_directory, ": no checks")) : absl::OkStatus();
  }

 private:
  // By path, with the times that hold for each.
  std::map<std::string, CheckSettings> Find() {
    std::map<std::string, CheckSettings> programs;
    std::vector<std::string> names;
    if (!platform_.ListDirectory(settings_.checks_directory, names).ok()) return programs;
    for (const std::string& name : names) {
      const std::string path = StrCat(settings_.checks_directory, "/", name);
      const absl::StatusOr<FileAttributes> found = platform_.Attributes(path);
      if (!IsCheckName(name) || !found.ok() || found->kind != FileAttributes::Kind::kFile) continue;
      if ((found->mode & 0111) == 0) {
        troubles_[path] = "is not run: not executable (chmod +x)";
      } else if (programs.size() == kChecksMax) {
        troubles_[path] = StrCat("left out, as all behind it: more than ", kChecksMax, " checks");
        break;
      } else {
        programs[path] = SettingsOf(name);
      }
    }
    return programs;
  }

  void RunThose(const std::map<std::string, CheckSettings>& programs) {
    std::map<std::string, Runner::Job> jobs;
    for (const auto& program : programs) {
      const std::string& path = program.first;
      const absl::Duration deadline = program.second.deadline;
      jobs[path] = {program.second.interval,
                    [&platform = platform_, path, deadline] { return RunOnce(platform, path, deadline); }};
    }
    std::erase_if(services_, [&](const auto& one) { return !programs.contains(one.first); });
    runner_.Run(std::move(jobs));
    if (settings_.once) runner_.WaitForAll();
  }

  CheckSettings SettingsOf(const std::string& name) const {
    const auto own = std::find_if(settings_.checks.begin(), settings_.checks.end(),
                                  [&](const CheckSettings& check) { return check.name == name; });
    return own == settings_.checks.end() ? settings_.check : *own;
  }

  static void ReportRun(const std::string& path, const CheckRun& run, SampleSink& sink) {
    const std::string file = FileName(path);
    const LabelView labels[] = {{"check", file}};
    sink.Add(kDuration, labels, absl::ToInt64Milliseconds(run.duration));
    sink.Add(kLastRun, labels, absl::ToUnixSeconds(run.end));
  }

  void ReportVerdict(const std::string& path, const CheckVerdict& verdict, SampleSink& sink) {
    services_[path].push_back(verdict.name);
    if (!names_.insert(verdict.name).second) {
      troubles_[path] = StrCat(verdict.name, " is left out: another check has that name");
      return;
    }
    series_ += 1 + verdict.values.size();
    if (series_ > kCheckSeriesMax) {
      troubles_[path] = StrCat(verdict.name, " is left out: the checks have more than ", kCheckSeriesMax, " series");
      return;
    }
    const LabelView check[] = {{"check", verdict.name}};
    sink.Add(kStatus, check, verdict.status);
    for (const CheckValue& value : verdict.values) {
      const LabelView labels[] = {{"check", verdict.name}, {"metric", value.metric}};
      sink.AddDouble(kValue, labels, value.value);
    }
    const std::string status(CheckStatusName(verdict.status));
    notes_.push_back({verdict.name, status, verdict.text.empty() ? status : StrCat(status, ": ", verdict.text)});
  }

  // What it told when it went well is not known any more.
  void ReportTrouble(const std::string& path, const std::string& trouble, SampleSink& sink) {
    troubles_[path] = trouble;
    std::vector<std::string> services = services_[path];
    if (services.empty()) services = {FileName(path)};
    services_[path].clear();
    for (const std::string& service : services) ReportVerdict(path, {.name = service, .text = trouble}, sink);
  }

  using Runner = JobRunner<CheckRun>;

  Platform& platform_;
  const ProbeSettings settings_;
  Runner runner_{kChecksAtOnce};
  std::map<std::string, std::vector<std::string>> services_;  // that a program has told of, by its path
  ToldOnce told_{"checks"};
  // Of the present report.
  std::map<std::string, std::string> troubles_;
  std::set<std::string> names_;
  std::vector<Note> notes_;
  std::size_t series_ = 0;
};

}  // namespace

std::unique_ptr<Probe> MakeChecksProbe(Platform& platform, const ProbeSettings& settings) {
  return std::make_unique<ChecksProbe>(platform, settings);
}

}  // namespace steward::agent
