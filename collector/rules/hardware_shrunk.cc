// hardware-shrunk of disks and processors: something is gone that was there (memory is a rule of the catalogue's data). Until
// somebody accepts that, it stays; what has been gone for kForgotten is how the machine is now.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "base/text.h"
#include "collector/rules/machine_memory.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kForgotten = absl::Hours(24 * 400);
constexpr std::array<Threshold, 1> kThresholds = {Threshold{"missing", 1}};

// Of the machine itself, and not plugged in from outside or reached over a network.
bool IsBuiltIn(std::string_view device, std::string_view path) {
  return !device.starts_with("mmcblk") && !device.starts_with("sr") && !absl::StrContains(ToAbsl(path), "usb") && !path.starts_with("ip-");
}

// What both have in common.
class HardwareShrunk : public Rule {
 public:
  explicit HardwareShrunk(Selector selector, std::vector<std::string> subject_labels)
      : selector_(std::move(selector)), labels_(std::move(subject_labels)), inputs_{{&selector_, 1}, labels_} {}

  std::string_view type() const override { return "hardware-shrunk"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }
  const RuleInputs& inputs() const override { return inputs_; }

  Watched WatchedOn(const MachineRecord& /*machine*/, const SeriesTracker& series, std::size_t rule) const override {
    const std::size_t subjects = series.CountSubjects(rule);
    return subjects > 0 ? Watched{subjects, ""} : Watched{0, StrCat("no data of ", selector_.metric)};
  }

 protected:
  // Missing in two inventories, one after the other.
  Finding Judge(const MachineSample& sample, absl::Duration interval, const RuleSettings& settings, std::string subject, double missing) const {
    Finding finding;
    finding.subject = std::move(subject);
    finding.time = finding.since = sample.time;
    finding.interval = interval;
    finding.value = missing;
    finding.metric = selector_.metric;
    const double least = settings.For(finding.subject).Level("missing");
    finding.levels.push_back({"missing", Severity::kMedium, missing >= least ? Zone::kRaised : Zone::kClear, least,
                              settings.Raise(interval), settings.Clear(absl::ZeroDuration())});
    return finding;
  }

  Selector selector_;
  std::vector<std::string> labels_;
  RuleInputs inputs_;
};

class DisksShrunk final : public HardwareShrunk {
 public:
  DisksShrunk() : HardwareShrunk(DiskInfo(), {"device", "model", "path", "serial"}) {}

  void JudgeSample(const MachineSample& sample, const RuleSettings& settings, std::vector<Finding>& out) const override {
    const std::vector<SubjectSeries> there = sample.series.Subjects(sample.rule);
    if (there.empty() || sample.memory == nullptr) return;
    std::map<std::string, KnownPart>& disks = sample.memory->hardware.disks;
    for (const SubjectSeries& disk : there) {
      const std::string& serial = disk.labels[3];
      if (disk.ended || serial.empty() || !IsBuiltIn(disk.labels[0], disk.labels[2])) continue;
      if (!disks.contains(serial) && disks.size() >= KnownHardware::kDisksMax) continue;
      disks.insert_or_assign(serial, KnownPart{disk.labels[1], sample.time});
    }
    for (auto disk = disks.begin(); disk != disks.end();) {
      const bool is_forgotten = sample.time - disk->second.seen > kForgotten;
      const bool is_missing = disk->second.seen < sample.time && !is_forgotten;
      Finding finding = Judge(sample, there.front().interval, settings, StrCat("disk ", disk->first), is_missing ? 1 : 0);
      if (is_missing) finding.details = {{"model", disk->second.name}, {"last seen", ClockTime(disk->second.seen)}};
      out.push_back(std::move(finding));
      disk = is_forgotten ? disks.erase(disk) : std::next(disk);
    }
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto model = finding.details.find("model");
    return {"Disk vanished", StrCat("The ", finding.subject, model == finding.details.end() ? "" : StrCat(" (", model->second, ")"), " is no longer in ", MachineName(machine), "."),
            "It has failed or come loose, or was taken out with what is on it.",
            "Look whether it is still there, reseat it, or find out who took it. If it was meant, accept this."};
  }

 private:
  static Selector DiskInfo() {
    Selector selector;
    selector.metric = selector.text = "node_disk_info";
    return selector;
  }
};

class ProcessorsShrunk final : public HardwareShrunk {
 public:
  ProcessorsShrunk() : HardwareShrunk(IdleTime(), {}) {}

  void JudgeSample(const MachineSample& sample, const RuleSettings& settings, std::vector<Finding>& out) const override {
    const std::vector<SubjectSeries> machine = sample.series.Subjects(sample.rule);
    if (machine.empty() || sample.memory == nullptr) return;
    const auto now = static_cast<int>(sample.series.Read(machine.front(), 0, selector_, Reading::kLatest).size());
    if (now == 0) return;
    KnownHardware& known = sample.memory->hardware;
    if (now >= known.cores || sample.time - known.cores_seen > kForgotten) {
      known.cores = now;
      known.cores_seen = sample.time;
    }
    const auto interval = std::max(machine.front().interval, kInventory);
    Finding finding = Judge(sample, interval, settings, "processors", known.cores - now);
    if (!finding.IsClear()) finding.details = {{"now", std::to_string(now)}, {"before", std::to_string(known.cores)}};
    out.push_back(std::move(finding));
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    return {"Processors vanished",
            StrCat(MachineName(machine), " has ", detail("now"), " processors (cores or threads); before, it had ", detail("before"), "."),
            "A processor has failed, or cores were switched off in the firmware or taken from the virtual machine.",
            "Look at the firmware's settings and messages, or find out who changed them. If it was meant, accept this."};
  }

 private:
  static constexpr absl::Duration kInventory = absl::Minutes(10);  // as long as for memory: they are sampled more often than that

  static Selector IdleTime() {
    Selector selector;
    selector.metric = "node_cpu_seconds_total";
    selector.matchers.push_back({"mode", Selector::Operator::kEqual, "idle", nullptr});
    selector.text = "node_cpu_seconds_total{mode=\"idle\"}";
    return selector;
  }
};

}  // namespace

std::vector<std::unique_ptr<Rule>> MakeHardwareShrunk() {
  std::vector<std::unique_ptr<Rule>> rules;
  rules.push_back(std::make_unique<DisksShrunk>());
  rules.push_back(std::make_unique<ProcessorsShrunk>());
  return rules;
}

}  // namespace steward::collector
