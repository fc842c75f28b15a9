// workstation-underpowered: a PC is too small for the work that is done on it, day after day, while people work.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/text.h"
#include "collector/rules/machine_memory.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"
#include "re2/re2.h"

namespace steward::collector {
namespace {

// Catalogue, workstation-underpowered: of a day the level that is exceeded in a twentieth of the time, on 10 of 20 days seen.
constexpr std::array<Threshold, 4> kThresholds = {Threshold{"days", 10}, Threshold{"memory_percent", 90}, Threshold{"cpu_percent", 90},
                                                  Threshold{"disk_percent", 80}};
enum Input : std::size_t { kAvailable, kTotal, kIdle, kDiskTime };

std::vector<Selector> Inputs() {
  std::vector<Selector> selectors(4);
  selectors[kAvailable].metric = selectors[kAvailable].text = "node_memory_MemAvailable_bytes";
  selectors[kTotal].metric = selectors[kTotal].text = "node_memory_MemTotal_bytes";
  selectors[kIdle].metric = "node_cpu_seconds_total";
  selectors[kIdle].matchers.push_back({"mode", Selector::Operator::kEqual, "idle", nullptr});
  selectors[kIdle].text = "node_cpu_seconds_total{mode=\"idle\"}";
  selectors[kDiskTime].metric = "node_disk_io_time_seconds_total";
  constexpr char kDisks[] = "sd.*|nvme.*|vd.*|hd.*|mmcblk.*";
  selectors[kDiskTime].matchers.push_back({"device", Selector::Operator::kMatches, kDisks, std::make_shared<const re2::RE2>(kDisks)});
  selectors[kDiskTime].text = StrCat("node_disk_io_time_seconds_total{device=~\"", kDisks, "\"}");
  return selectors;
}

class WorkstationUnderpowered final : public Rule {
 public:
  WorkstationUnderpowered() : selectors_(Inputs()), inputs_{selectors_, {}} {}

  std::string_view type() const override { return "workstation-underpowered"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "it-manager"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }
  const RuleInputs& inputs() const override { return inputs_; }

  void JudgeSample(const MachineSample& sample, const RuleSettings& settings, std::vector<Finding>& out) const override {
    if (!IsWorkstation(sample.machine) || sample.memory == nullptr) return;
    WorkdayLoad& load = sample.memory->load;
    const std::vector<SubjectSeries> machine = sample.series.Subjects(sample.rule);
    if (machine.empty()) return;
    if (sample.workday) load.Add(*sample.workday, sample.time, machine.front().interval, Busy(sample.series, machine.front()));
    else load.EndDay();
    if (load.days() > 0) out.push_back(Judge(sample, machine.front().interval, settings));
  }

  Watched WatchedOn(const MachineRecord& machine, const SeriesTracker& series, std::size_t rule) const override {
    if (!IsWorkstation(machine)) return {0, "is judged of desktops and laptops"};
    return series.CountSubjects(rule) > 0 ? Watched{1, ""} : Watched{0, "no data of node_memory_MemAvailable_bytes"};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    return {"PC too small for its work",
            StrCat(MachineName(machine), " was at its limit on ", static_cast<int>(finding.value), " of the last ", detail("days seen"),
                   " days on which it was used: memory on ", detail("memory short"), ", processor on ", detail("processor busy"), ", disk on ",
                   detail("disk busy"), "."),
            "Who works on it waits for it every day.",
            "Add memory or an SSD where that is what is short, or bring its replacement forward."};
  }

 private:
  WorkdayLoad::Percents Busy(const SeriesTracker& series, const SubjectSeries& machine) const {
    WorkdayLoad::Percents busy = {-1, -1, -1};
    double available = 0, total = 0;
    if (Number(series.Read(machine, kAvailable, selectors_[kAvailable], Reading::kLatest), available) &&
        Number(series.Read(machine, kTotal, selectors_[kTotal], Reading::kLatest), total) && total > 0) {
      busy[WorkdayLoad::kMemory] = std::clamp(100 * (1 - available / total), 0.0, 100.0);
    }
    if (const Values idle = series.Read(machine, kIdle, selectors_[kIdle], Reading::kRate); !idle.empty()) {
      double sum = 0;
      for (const double one : idle) sum += one;
      busy[WorkdayLoad::kProcessors] = std::clamp(100 * (1 - sum / static_cast<double>(idle.size())), 0.0, 100.0);
    }
    // The busiest one: which of them the system is on is not told where volumes stand between.
    for (const double part : series.Read(machine, kDiskTime, selectors_[kDiskTime], Reading::kRate)) {
      busy[WorkdayLoad::kDisk] = std::max(busy[WorkdayLoad::kDisk], std::clamp(100 * part, 0.0, 100.0));
    }
    return busy;
  }

  static Finding Judge(const MachineSample& sample, absl::Duration interval, const RuleSettings& settings) {
    const WorkdayLoad& load = sample.memory->load;
    const WorkdayLoad::Percents limits = {settings.Level("memory_percent"), settings.Level("cpu_percent"), settings.Level("disk_percent")};
    const double days = settings.Level("days");
    const std::size_t above = load.DaysAbove(limits);
    Finding finding;
    finding.time = finding.since = sample.time;
    finding.interval = interval;
    finding.value = static_cast<double>(above);
    finding.metric = "node_memory_MemAvailable_bytes";
    finding.unit = "d";
    const bool is_over = above == 0 && load.days() == WorkdayLoad::kDaysKept;
    const Zone zone = finding.value >= days ? Zone::kRaised : is_over ? Zone::kClear : Zone::kBetween;
    finding.levels.push_back({"days", Severity::kLow, zone, days, settings.Raise(absl::ZeroDuration()), settings.Clear(absl::ZeroDuration())});
    if (zone == Zone::kRaised) {
      finding.details["days seen"] = std::to_string(load.days());
      finding.details["memory short"] = std::to_string(load.DaysAbove(WorkdayLoad::kMemory, limits[WorkdayLoad::kMemory]));
      finding.details["processor busy"] = std::to_string(load.DaysAbove(WorkdayLoad::kProcessors, limits[WorkdayLoad::kProcessors]));
      finding.details["disk busy"] = std::to_string(load.DaysAbove(WorkdayLoad::kDisk, limits[WorkdayLoad::kDisk]));
    }
    return finding;
  }

  const std::vector<Selector> selectors_;
  const RuleInputs inputs_;
};

}  // namespace

std::unique_ptr<Rule> MakeWorkstationUnderpowered() { return std::make_unique<WorkstationUnderpowered>(); }

}  // namespace steward::collector
