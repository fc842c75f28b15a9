#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/duration.h"
#include "base/text.h"
#include "collector/config/rule_scopes.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/issue_judge.h"
#include "collector/policy/responsibility.h"
#include "collector/policy/site_book.h"
#include "collector/policy/timeline/timeline.h"
#include "collector/policy/timeline/timeline_host.h"
#include "collector/policy/timeline/timeline_mail.h"
#include "collector/policy/timeline/timeline_people.h"
#include "collector/policy/timeline/timeline_register.h"
#include "collector/policy/window_request.h"
#include "collector/rules/rule_list.h"

namespace steward::collector {
namespace {

// The policy with what the timeline sets itself.
Config Laid(const Timeline& timeline, Config config) {
  PolicyConfig& policy = config.policy;
  policy.windows.insert(policy.windows.end(), timeline.windows.begin(), timeline.windows.end());
  if (timeline.zone.empty()) return config;
  SiteConfig site{.name = timeline.site, .time_zone = timeline.zone, .week = {}, .holidays = {}};
  std::fill_n(site.week.begin(), 5, DayHours{absl::Hours(8), absl::Hours(17)});
  std::erase_if(policy.sites, [&](const SiteConfig& other) { return other.name == site.name; });
  policy.sites.push_back(std::move(site));
  return config;
}

// How far time moves at once: a long story and one of many machines would take too long by seconds.
absl::Duration StepOf(const Timeline& timeline) {
  if (timeline.fleet > 1) return absl::Seconds(30);
  return timeline.end > absl::Hours(12) ? absl::Seconds(5) : absl::Seconds(1);
}

DeliveryConfig HoursOf(const Timeline& timeline, const Config& config) {
  DeliveryConfig hours = config.delivery;
  if (!timeline.zone.empty()) hours.time_zone = timeline.zone;
  if (hours.time_zone.empty()) hours.time_zone = "UTC";
  return hours;
}

// Machines, their people and a collector that can be killed.
class Simulation {
 public:
  Simulation(const Timeline& timeline, const Policy& policy) : timeline_(timeline), policy_(policy) {
    for (int number = 1; number <= timeline.fleet; ++number) {
      hosts_.push_back(std::make_unique<TimelineHost>(timeline, number, now_, [this](const auto& what) {
        Take([&](JudgeOutput& out) { what(*judge_, out); });
      }));
    }
    windows_.SetZones(sites_.Zones());
    SetWindows(std::nullopt);
  }

  absl::StatusOr<std::vector<TimelineEvent>> Run() {
    const absl::Duration step = StepOf(timeline_);
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
      const bool is_sampled = (now_ - start_) % timeline_.interval < step;
      for (const auto& host : hosts_) {
        if (absl::Status status = host->Pass(is_sampled); !status.ok()) return status;
      }
      Take([&](JudgeOutput& out) { judge_->Tick(now_, out); });
      mail_.Pass(now_);
      CountMessages();
    }
    return std::move(events_);
  }

 private:
  absl::Status Do(const TimelineStep& step) {
    if (step.words[0] == "window") return DoWindow(step);
    if (step.words[0] == "register") return DoRegister(step);
    if (step.words[0] == "release") return DoRelease(step);
    if (IsAct(step)) return DoAct(step);
    if (step.words[0] == "collector" && DoCollector(step)) return absl::OkStatus();
    for (const auto& host : hosts_) {
      if (!host->Is(step)) continue;
      if (absl::Status status = host->Do(step); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  bool DoCollector(const TimelineStep& step) {
    const std::string what = absl::StrJoin(step.words, " ");
    if (what == "collector starts") {
      StartCollector();
      Connect();
      return true;
    }
    if (what == "collector stops") Take([&](JudgeOutput& out) { judge_->Checkpoint(out); });
    else if (what != "collector killed") return false;
    judge_.reset();
    for (const auto& host : hosts_) host->LoseCollector();
    return true;
  }

  void StartCollector() {
    judge_ = std::make_unique<IssueJudge>(
        Rules(),
        [this](std::string_view rule, const MachineRecord& machine) {
          RuleConfig config = RuleFor(config_, rule, {machine.id, machine.host_name, machine.site, machine.machine_class});
          if (const auto found = timeline_.rules.find(std::string(rule)); found != timeline_.rules.end()) Lay(found->second, config);
          return config;
        },
        now_);
    judge_->UseTerms([this](std::string_view site) -> const SiteTerms& { return sites_.TermsOf(site); });
    judge_->UseWindows(windows_);
    judge_->UseParties([this](const v1::Issue& issue, std::string_view by_rule) {
      return ResponsibleParty(config_.policy.responsibility, issue, by_rule);
    });
    judge_->UseFirstWeeks([this] { return config_.policy.first_weeks; });
    std::vector<IssueRecord> records;
    for (const auto& [id, record] : stored_) records.push_back(record);
    judge_->LoadIssues(records);
    if (timeline_.is_old_site) {
      MachineRecord older;
      older.id = "older";
      older.site = timeline_.site;
      older.state = MachineState::kRetired;
      Take([&](JudgeOutput& out) { judge_->LoadMachine(older, "", out); });
    }
    for (const auto& host : hosts_) {
      const MachineRecord& record = host->record();
      Take([&](JudgeOutput& out) { judge_->LoadMachine(record, memories_[record.id], out); });
    }
    Take([&](JudgeOutput& out) { judge_->EndUnjudged(now_, out); });
  }

  std::vector<std::unique_ptr<Rule>> Rules() const { return MakeRules(policy_.own_rules, OsSupport::Shipped(), entries_); }

  // register warranty ends=2027-03-01
  absl::Status DoRegister(const TimelineStep& step) {
    const absl::Status status = EnterRegister(step.words, hosts_.front()->record().host_name, timeline_.site, entries_);
    if (status.ok()) Take([&](JudgeOutput& out) { judge_->Reconfigure(Rules(), now_, out); });
    return status;
  }

  void Connect() {
    for (const auto& host : hosts_) host->Connect();
  }

  template <typename Function>
  void Take(Function function) {
    if (!judge_) return;  // the collector is down
    JudgeOutput out;
    function(out);
    for (const IssueChange& change : out.changes) {
      stored_[change.record.issue.id()] = change.record;
      mail_.Add(change, now_);
      if (!change.event) continue;
      const v1::Issue& issue = change.record.issue;
      std::string subject = issue.subject().empty() ? "-" : issue.subject();
      std::replace(subject.begin(), subject.end(), ' ', '_');  // words are what a timeline is made of
      events_.push_back({now_ - start_, NumberOf(issue.machine_id()), change.event->action, issue.type(), std::move(subject),
                         issue.severity(), issue.id(), change.notify.empty() ? "" : IdempotencyKey(change.record)});
    }
    for (const JudgeOutput::Memory& memory : out.memories) memories_[memory.machine_id] = memory.text;
    for (const JudgeOutput::Look& look : out.looks) hosts_[static_cast<std::size_t>(NumberOf(look.machine_id) - 1)]->Look();
  }

  // Of the fleet; 0: it is no machine's.
  int NumberOf(std::string_view machine_id) const {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (hosts_[i]->record().id == machine_id) return static_cast<int>(i) + 1;
    }
    return 0;
  }

  // As they are asked for.
  void CountMessages() {
    for (; counted_ < timeline_.expected.size() && start_ + timeline_.expected[counted_].at <= now_; ++counted_) {
      const std::vector<std::string>& words = timeline_.expected[counted_].words;
      if (words[0] != kMessages) continue;
      events_.push_back({now_ - start_, 0, words[0], words[1], std::to_string(mail_.Take(words[1])), "", "", ""});
    }
  }

  // The policy's windows, and the one that a step has begun.
  void SetWindows(std::optional<Window> once) {
    if (once) once_ = std::move(once);
    std::vector<Window> windows;
    for (const WindowConfig& config : config_.policy.windows) windows.push_back(WindowOf(KeptWindow(config)));
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

  // release disk-space-low, or all
  absl::Status DoRelease(const TimelineStep& step) {
    if (step.words.size() != 2) return absl::InvalidArgumentError("write release disk-space-low, or release all");
    v1::ReleaseFindingsRequest request;
    request.set_site(timeline_.site);
    if (step.words[1] != "all") request.set_type(step.words[1]);
    absl::Status status;
    Take([&](JudgeOutput& out) {
      status = judge_->ReleaseFindings(request, {"Mari", "Mari", Role::kItManager}, now_, out).status();
    });
    return status;
  }

  absl::Status DoAct(const TimelineStep& step) {
    auto request = ActOf(step, now_);
    if (!request.ok()) return request.status();
    const Actor actor = request->has_close() ? Actor{"Mari", "Mari", Role::kItManager} : Actor{"Jaan", "Jaan", Role::kPartner};
    absl::Status status = absl::InvalidArgumentError(StrCat("there is no ", step.words[1], " then"));
    std::vector<std::string> ids;
    for (const auto& [id, record] : stored_) {
      const int number = NumberOf(record.issue.machine_id());
      const bool meant = record.issue.type() == step.words[1] && (number == 0 || hosts_[static_cast<std::size_t>(number - 1)]->Is(step));
      if (meant && IsLive(record.issue.state())) ids.push_back(id);
    }
    for (const std::string& id : ids) {
      request->set_id(id);
      Take([&](JudgeOutput& out) { status = judge_->Act(*request, actor, now_, out).status(); });
      if (!status.ok()) break;
    }
    return status;
  }

  const Timeline& timeline_;
  const absl::Time start_ = timeline_.start;
  const Policy& policy_;
  const Config config_ = Laid(timeline_, policy_.config);
  const SiteBook sites_{config_.policy, absl::UTCTimeZone()};
  WindowBook windows_;
  std::optional<Window> once_;
  std::vector<std::unique_ptr<TimelineHost>> hosts_;
  std::vector<RegisterEntry> entries_ = config_.policy.entries;
  std::unique_ptr<IssueJudge> judge_;
  absl::Time now_ = start_;
  std::map<std::string, IssueRecord> stored_;
  std::map<std::string, std::string> memories_;  // by machine
  TimelineMail mail_{HoursOf(timeline_, config_)};
  std::size_t counted_ = 0;  // expectations that were looked at for messages
  std::vector<TimelineEvent> events_;
};

}  // namespace

absl::StatusOr<std::vector<TimelineEvent>> RunTimeline(const Timeline& timeline, const Policy& policy) {
  std::vector<std::unique_ptr<Rule>> rules = MakeRules(policy.own_rules);
  for (const auto& [name, config] : timeline.rules) {
    const std::string& type = name;
    if (std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule->type() == type; })) continue;
    return absl::InvalidArgumentError(StrCat(timeline.name, ": there is no rule \"", name, "\""));
  }
  return Simulation(timeline, policy).Run();
}

}  // namespace steward::collector
