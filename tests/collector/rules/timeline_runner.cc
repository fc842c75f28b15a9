#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "collector/config/duration.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/issue_judge.h"
#include "collector/policy/site_book.h"
#include "collector/policy/window_request.h"
#include "collector/rules/rule_list.h"
#include "tests/collector/rules/timeline.h"

namespace steward::collector::testing {
namespace {

constexpr absl::Duration kLookTakes = absl::Seconds(5);  // one that nobody answers
constexpr absl::Duration kKeepalive = absl::Seconds(75); // until the stream of a vanished machine is given up

absl::StatusOr<double> ParseBytes(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}};
  for (const auto& [unit, factor] : kUnits) {
    double number = 0;
    if (text.ends_with(unit) && absl::SimpleAtod(ToAbsl(text.substr(0, text.size() - 2)), &number)) return number * factor;
  }
  return absl::InvalidArgumentError(StrCat("\"", text, "\" is no size: write 100GB"));
}

// A simulated machine, its link, and a collector that can be killed.
class Simulation {
 public:
  explicit Simulation(const Timeline& timeline) : timeline_(timeline) {
    machine_.id = "6f1c2f9e-0000-4000-8000-000000000001";
    machine_.host_name = machine_.instance = "srv-file";
    machine_.address = "192.0.2.10";
    machine_.site = kTimelineSite;
    machine_.machine_class = timeline.machine_class;
    machine_.interval = timeline.interval;
    windows_.SetZones(sites_.Zones());
    SetWindows(std::nullopt);
  }

  absl::StatusOr<std::vector<TimelineEvent>> Run() {
    const absl::Duration step = timeline_.end > absl::Hours(12) ? absl::Seconds(5) : absl::Seconds(1);
    StartCollector();
    Connect();
    std::size_t next = 0;
    for (now_ = start_; now_ <= start_ + timeline_.end; now_ += step) {
      for (; next < timeline_.steps.size() && start_ + timeline_.steps[next].at <= now_; ++next) {
        if (absl::Status status = Do(timeline_.steps[next]); !status.ok()) {
          return absl::InvalidArgumentError(
              StrCat(timeline_.name, ":", timeline_.steps[next].line, ": ", ToStd(status.message())));
        }
      }
      Move();
      if (stream_ends_ <= now_) Disconnect();
      if (running_ && (now_ - start_) % timeline_.interval < step) Sample();
      AnswerLooks();
      if (judge_) Take([&](JudgeOutput& out) { judge_->Tick(now_, out); });
    }
    return std::move(events_);
  }

 private:
  struct Disk {
    std::string type = "ext4";
    double size = 0, used = 0;  // bytes
    bool mounted = true;
  };
  struct Sampled {
    std::string text, metric;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0, from = 0, to = 0;
    absl::Time begin, until;
    absl::Duration interval;
    absl::Time sampled = absl::InfinitePast();
    bool present = true;
  };
  struct Ramp {
    std::string mountpoint;
    absl::Time from, to;
    double used_from = 0, used_to = 0;
  };

  static absl::Status ReadSeries(const std::string& text, Sampled& metric) {
    metric.text = text;
    const std::size_t open = text.find('{');
    metric.metric = text.substr(0, open);
    if (open == std::string::npos) return absl::OkStatus();
    if (text.back() != '}') return absl::InvalidArgumentError("a } is missing; there are no spaces in a series");
    for (const absl::string_view pair : absl::StrSplit(ToAbsl(std::string_view(text).substr(open + 1, text.size() - open - 2)), ',')) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
      if (parts.second.size() < 2) return absl::InvalidArgumentError("labels are written {name=\"value\"}");
      metric.labels.emplace_back(parts.first, parts.second.substr(1, parts.second.size() - 2));
    }
    std::sort(metric.labels.begin(), metric.labels.end());
    return absl::OkStatus();
  }

  absl::StatusOr<double> UsedOf(const Disk& disk, const std::string& word, const std::string& value) {
    double percent = 0;
    if (word == "used" && value.ends_with("%") && absl::SimpleAtod(value.substr(0, value.size() - 1), &percent)) {
      return disk.size * percent / 100;
    }
    if (word != "free") return absl::InvalidArgumentError("write \"used 88%\" or \"free 12GB\"");
    const auto free = ParseBytes(value);
    if (!free.ok()) return free.status();
    return disk.size - *free;
  }

  absl::Status DoDisk(const TimelineStep& step) {
    std::vector<std::string> words = step.words;
    if (words.size() < 3) return absl::InvalidArgumentError("write \"disk / 100GB used 50%\"");
    Disk& disk = disks_[words[1]];
    disk.mounted = true;
    std::size_t i = 2;
    if (words[i] == "gone") {
      disk.mounted = false;
      return absl::OkStatus();
    }
    if (const auto size = ParseBytes(words[i]); size.ok()) {
      disk.size = *size;
      ++i;
    } else if (words[i] != "used" && words[i] != "free" && i + 1 < words.size() && ParseBytes(words[i + 1]).ok()) {
      disk.type = words[i];
      disk.size = *ParseBytes(words[i + 1]);
      i += 2;
    }
    if (i + 1 >= words.size()) return absl::InvalidArgumentError("write \"disk / 100GB used 50%\"");
    const auto used = UsedOf(disk, words[i], words[i + 1]);
    if (!used.ok()) return used.status();
    disk.used = *used;
    if (i + 3 < words.size() && words[i + 2] == "->") {
      const auto to = UsedOf(disk, words[i], words[i + 3]);
      if (!to.ok()) return to.status();
      ramps_.push_back({words[1], start_ + step.at, start_ + step.until, *used, *to});
    }
    return absl::OkStatus();
  }

  // metric node_md_degraded{device="md0"} 1 -> 5 every 1h
  absl::Status DoMetric(const TimelineStep& step) {
    const std::vector<std::string>& words = step.words;
    const absl::Status usage = absl::InvalidArgumentError("write metric name{label=\"value\"} 5, with -> 9 and every 1h after it, or gone");
    if (words.size() < 3) return usage;
    const auto found = std::find_if(metrics_.begin(), metrics_.end(), [&](const Sampled& one) { return one.text == words[1]; });
    const bool is_new = found == metrics_.end();
    Sampled& metric = is_new ? metrics_.emplace_back() : *found;
    if (is_new) {
      metric.interval = timeline_.interval;
      if (absl::Status status = ReadSeries(words[1], metric); !status.ok()) return status;
    }
    metric.present = words[2] != "gone";
    if (!metric.present) return absl::OkStatus();
    if (!absl::SimpleAtod(words[2], &metric.value)) return usage;
    metric.from = metric.to = metric.value;
    metric.begin = start_ + step.at;
    metric.until = start_ + step.until;
    for (std::size_t i = 3; i + 1 < words.size(); i += 2) {
      if (words[i] == "->" && absl::SimpleAtod(words[i + 1], &metric.to)) continue;
      const auto interval = ParseDuration(words[i + 1]);
      if (words[i] != "every" || !interval.ok()) return usage;
      metric.interval = *interval;
    }
    return absl::OkStatus();
  }

  absl::Status Do(const TimelineStep& step) {
    if (step.words[0] == "disk") return DoDisk(step);
    if (step.words[0] == "metric") return DoMetric(step);
    if (step.words[0] == "window") return DoWindow(step);
    const std::string what = absl::StrJoin(step.words, " ");
    const std::map<std::string, std::function<void()>> actions = {
        {"samples stop", [&] { sampling_ = false; }},
        {"samples go on", [&] { sampling_ = true; }},
        {"clock 2h slow", [&] { clock_error_ = -absl::Hours(2); }},
        {"clock right", [&] { clock_error_ = absl::ZeroDuration(); }},
        {"link down", [&] { link_ = answers_ = false; Disconnect(); }},
        {"stream lost", [&] { link_ = false; Disconnect(); }},
        {"link up", [&] { link_ = answers_ = true; Connect(); }},
        {"agent stops", [&] { Leave(v1::MachineEvent::AGENT_STOPPED, true); }},
        {"agent dies", [&] { running_ = false; Disconnect(); }},
        {"agent starts", [&] { running_ = true; Connect(); }},
        {"machine vanishes", [&] { running_ = answers_ = false; stream_ends_ = now_ + kKeepalive; }},
        {"machine shuts down", [&] { Leave(v1::MachineEvent::MACHINE_SHUTTING_DOWN, false); }},
        {"machine restarts", [&] { Leave(v1::MachineEvent::MACHINE_RESTARTING, false); }},
        {"machine suspends", [&] { Leave(v1::MachineEvent::SUSPENDING, false); }},
        {"machine returns", [&] { running_ = answers_ = true; Connect(); }},
        {"copy connects",
         [&] {
           const IdentityConflict conflict{now_, {machine_.address, machine_.host_name, "a"}, {"192.0.2.99", "copy", "b"}};
           Take([&](JudgeOutput& out) { judge_->OnIdentityConflict(machine_, conflict, out); });
         }},
        {"machine retired",
         [&] {
           machine_.state = MachineState::kRetired;
           running_ = false;
           Take([&](JudgeOutput& out) { judge_->OnMachineChanged(machine_, now_, out); });
         }},
        {"collector stops",
         [&] {
           Take([&](JudgeOutput& out) { judge_->Checkpoint(out); });
           judge_.reset();
         }},
        {"collector killed", [&] { judge_.reset(); }},
        {"collector starts",
         [&] {
           StartCollector();
           Connect();
         }},
    };
    const auto action = actions.find(what);
    if (action == actions.end()) return absl::InvalidArgumentError(StrCat("\"", what, "\" is not understood"));
    action->second();
    return absl::OkStatus();
  }

  void Leave(v1::MachineEvent::Kind kind, bool answers) {
    v1::MachineEvent event;
    event.set_kind(kind);
    Sample({event});
    running_ = false;
    answers_ = answers;
    Disconnect();
  }

  void Move() {
    for (const Ramp& ramp : ramps_) {
      if (now_ < ramp.from || now_ >= ramp.to) continue;
      const double part = absl::FDivDuration(now_ - ramp.from, ramp.to - ramp.from);
      disks_[ramp.mountpoint].used = ramp.used_from + part * (ramp.used_to - ramp.used_from);
    }
    for (Sampled& metric : metrics_) {
      if (metric.until <= metric.begin || now_ < metric.begin) continue;
      const double part = std::min(1.0, absl::FDivDuration(now_ - metric.begin, metric.until - metric.begin));
      metric.value = metric.from + part * (metric.to - metric.from);
    }
  }

  void StartCollector() {
    judge_ = std::make_unique<IssueJudge>(
        MakeRules(),
        [this](std::string_view rule, const MachineRecord&) {
          const auto found = timeline_.rules.find(std::string(rule));
          return found == timeline_.rules.end() ? RuleConfig() : found->second;
        },
        now_);
    judge_->UseTerms([this](std::string_view site) -> const SiteTerms& { return sites_.TermsOf(site); });
    judge_->UseWindows(windows_);
    std::vector<IssueRecord> records;
    for (const auto& [id, record] : stored_) records.push_back(record);
    judge_->LoadIssues(records);
    Take([&](JudgeOutput& out) { judge_->LoadMachine(machine_, memory_, out); });
  }

  void Connect() {
    if (!judge_ || !link_ || !running_) return;
    connected_ = true;
    Take([&](JudgeOutput& out) { judge_->OnConnected(machine_, machine_.address, now_, out); });
    // The newest first, then what was kept meanwhile.
    std::deque<Observation> kept = std::exchange(kept_, {});
    if (!kept.empty()) {
      Deliver(kept.back());
      kept.pop_back();
    }
    for (const Observation& observation : kept) Deliver(observation);
  }

  void Disconnect() {
    stream_ends_ = absl::InfiniteFuture();
    if (connected_ && judge_) Take([&](JudgeOutput& out) { judge_->OnDisconnected(machine_, now_, out); });
    connected_ = false;
  }

  void Sample(std::vector<v1::MachineEvent> events = {}) {
    Observation observation;
    observation.machine = std::make_shared<const MachineRecord>(machine_);
    observation.epoch = 7;
    observation.sequence = ++sequence_;
    observation.time = now_ + clock_error_;
    observation.events = std::move(events);
    if (sampling_) AddDisks(observation);
    if (connected_ && judge_) Deliver(observation);
    else kept_.push_back(std::move(observation));
  }

  void Deliver(Observation observation) {
    observation.arrival_time = now_;
    observation.newest = observation.time > newest_;
    newest_ = std::max(newest_, observation.time);
    machine_.last_seen_time = newest_;
    Take([&](JudgeOutput& out) { judge_->OnObservation(observation, out); });
  }

  v1::SeriesDescriptor& AddSeries(v1::DescriptorSet& set, std::uint32_t group, std::string_view metric,
                                  const std::vector<std::pair<std::string, std::string>>& labels) {
    std::string key(metric);
    for (const auto& [name, value] : labels) StrAppend(&key, ",", name, "=", value);
    v1::SeriesDescriptor& series = *set.add_series();
    series.set_id(ids_.try_emplace(key, ids_.size() + 1).first->second);
    series.set_group(group);
    series.set_metric(std::string(metric));
    series.set_type(v1::METRIC_TYPE_GAUGE);
    series.set_kind(v1::VALUE_KIND_DOUBLE);
    for (const auto& [name, text] : labels) {
      v1::Label& label = *series.add_labels();
      label.set_name(name);
      label.set_value(text);
    }
    return series;
  }

  static void AddGroup(v1::DescriptorSet& set, std::uint32_t id, std::string_view name, absl::Duration interval) {
    v1::ProbeGroup& group = *set.add_groups();
    group.set_id(id);
    group.set_name(std::string(name));
    group.set_interval_ms(static_cast<std::uint32_t>(absl::ToInt64Milliseconds(interval)));
  }

  void AddDisks(Observation& observation) {
    v1::DescriptorSet set;
    set.set_epoch(7);
    AddGroup(set, 1, "filesystem", timeline_.interval);
    ObservedGroup values;
    values.group = 1;
    for (const auto& [mountpoint, disk] : disks_) {
      const std::string device = StrCat("/dev/", mountpoint == "/" ? "root" : mountpoint.substr(1));
      const std::pair<const char*, double> metrics[] = {{"node_filesystem_avail_bytes", disk.size - disk.used},
                                                        {"node_filesystem_free_bytes", disk.size - disk.used},
                                                        {"node_filesystem_readonly", 0},
                                                        {"node_filesystem_size_bytes", disk.size}};
      for (const auto& [metric, value] : metrics) {
        const auto id = AddSeries(set, 1, metric, {{"device", device}, {"fstype", disk.type}, {"mountpoint", mountpoint}}).id();
        if (disk.mounted) values.values.push_back({id, value});
      }
    }
    std::sort(values.values.begin(), values.values.end(), [](const auto& a, const auto& b) { return a.series < b.series; });
    observation.groups.push_back(std::move(values));
    AddMetrics(set, observation);
    auto table = std::make_shared<wire::DescriptorTable>();
    const absl::Status status = table->Add(set);
    if (!status.ok()) throw std::runtime_error(std::string(status.message()));
    observation.descriptors = std::move(table);
  }

  // A group for each metric, since each has an interval of its own.
  void AddMetrics(v1::DescriptorSet& set, Observation& observation) {
    std::uint32_t group = 1;
    for (Sampled& metric : metrics_) {
      AddGroup(set, ++group, metric.metric, metric.interval);
      const auto id = AddSeries(set, group, metric.metric, metric.labels).id();
      if (now_ - metric.sampled < metric.interval) continue;
      metric.sampled = now_;
      ObservedGroup& values = observation.groups.emplace_back();
      values.group = group;
      if (metric.present) values.values.push_back({id, metric.value});
    }
  }

  template <typename Function>
  void Take(Function function) {
    JudgeOutput out;
    function(out);
    for (const IssueChange& change : out.changes) {
      stored_[change.record.issue.id()] = change.record;
      if (!change.event) continue;
      const v1::Issue& issue = change.record.issue;
      std::string subject = issue.subject().empty() ? "-" : issue.subject();
      std::replace(subject.begin(), subject.end(), ' ', '_');  // words are what a timeline is made of
      events_.push_back({now_ - start_, change.event->action, issue.type(), std::move(subject),
                         issue.severity(), issue.id(), change.notify.empty() ? "" : IdempotencyKey(change.record)});
    }
    for (const JudgeOutput::Memory& memory : out.memories) memory_ = memory.text;
    for (std::size_t i = 0; i < out.looks.size(); ++i) looks_.push_back(now_);
  }

  void AnswerLooks() {
    while (!looks_.empty() && (answers_ || now_ - looks_.front() >= kLookTakes)) {
      looks_.pop_front();
      if (judge_) Take([&](JudgeOutput& out) { judge_->OnLook(machine_.id, answers_ ? Reach::kAnswered : Reach::kSilent, now_, out); });
    }
  }

  // The policy's windows, and the one that a step has begun.
  void SetWindows(std::optional<Window> once) {
    if (once) once_ = std::move(once);
    std::vector<Window> windows;
    for (const WindowConfig& config : timeline_.policy.windows) windows.push_back(WindowOf(KeptWindow(config)));
    if (once_) windows.push_back(*once_);
    windows_.SetWindows(std::move(windows));
  }

  // window 2h
  absl::Status DoWindow(const TimelineStep& step) {
    if (step.words.size() == 2 && step.words[1] == "removed" && once_) {
      once_->ended = now_;
      SetWindows(std::nullopt);
      return absl::OkStatus();
    }
    const auto length = ParseDuration(step.words.back());
    if (step.words.size() != 2 || !length.ok()) return absl::InvalidArgumentError("write window 2h, and later window removed");
    Window window;
    window.id = StrCat("w", step.line);
    window.title = "Updates";
    window.author = "Mari";
    window.begin.absolute = now_;
    window.end.absolute = now_ + *length;
    SetWindows(std::move(window));
    return absl::OkStatus();
  }

  const Timeline& timeline_;
  const absl::Time start_ = timeline_.start;
  const SiteBook sites_{timeline_.policy, absl::UTCTimeZone()};
  WindowBook windows_;
  std::optional<Window> once_;
  MachineRecord machine_;
  std::unique_ptr<IssueJudge> judge_;
  absl::Time now_ = start_;
  absl::Time newest_ = absl::InfinitePast();
  absl::Time stream_ends_ = absl::InfiniteFuture();
  absl::Duration clock_error_;
  bool running_ = true, sampling_ = true, link_ = true, answers_ = true, connected_ = false;
  std::uint64_t sequence_ = 0;
  std::map<std::string, Disk> disks_;
  std::vector<Ramp> ramps_;
  std::vector<Sampled> metrics_;
  std::map<std::string, std::uint32_t> ids_;  // of the series, by text: they do not change
  std::deque<Observation> kept_;
  std::deque<absl::Time> looks_;
  std::map<std::string, IssueRecord> stored_;
  std::string memory_;
  std::vector<TimelineEvent> events_;
};

}  // namespace

std::string TimelineEvent::ToString() const {
  return StrCat(DurationText(at), " ", action, " ", type, " ", subject, " ", severity);
}

absl::StatusOr<std::vector<TimelineEvent>> RunTimeline(const Timeline& timeline) { return Simulation(timeline).Run(); }

std::string CompareTimeline(const Timeline& timeline, const std::vector<TimelineEvent>& events) {
  const absl::Duration slack = timeline.interval + absl::Seconds(5);
  std::string wrong;
  std::size_t i = 0;
  for (; i < std::max(events.size(), timeline.expected.size()); ++i) {
    if (i >= timeline.expected.size()) {
      StrAppend(&wrong, "not expected: ", events[i].ToString(), "\n");
      continue;
    }
    const TimelineStep& expected = timeline.expected[i];
    const std::string text = StrCat(timeline.name, ":", expected.line, ": expected ", DurationText(expected.at), " ",
                                    absl::StrJoin(expected.words, " "));
    if (i >= events.size()) {
      StrAppend(&wrong, text, ", nothing came\n");
      continue;
    }
    const TimelineEvent& event = events[i];
    const bool same = event.action == expected.words[0] && event.type == expected.words[1] && event.subject == expected.words[2] &&
                      (expected.words.size() < 4 || event.severity == expected.words[3]);
    const bool in_time = event.at >= expected.at && event.at <= expected.at + slack;
    if (!same || !in_time) StrAppend(&wrong, text, ", came ", event.ToString(), "\n");
  }
  return wrong;
}

}  // namespace steward::collector::testing
