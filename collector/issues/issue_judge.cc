#include "collector/issues/issue_judge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "base/text.h"
#include "collector/issues/issue_ids.h"
#include "collector/rules/presence_times.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kHousekeeping = kIdentityJudgedEvery;
constexpr std::string_view kOffline = "machine-offline";
constexpr std::string_view kAgentSilent = "agent-silent";
constexpr std::string_view kMissing = "machine-missing";
constexpr std::string_view kIdentity = "identity-conflict";

}  // namespace

IssueJudge::IssueJudge(std::vector<std::unique_ptr<Rule>> rules, ConfigOf config_of, absl::Time start)
    : rules_(std::move(rules)), config_of_(std::move(config_of)), start_(start) {
  for (const auto& rule : rules_) inputs_.push_back(rule->inputs());
}

void IssueJudge::Configure(MachineWatch& watch, absl::Time now, JudgeOutput& out) {
  watch.settings.clear();
  for (const auto& rule : rules_) {
    watch.settings.emplace_back(rule->thresholds(), config_of_(rule->type(), watch.record));
    if (rule->type() == kOffline) watch.presence_times = PresenceTimesFrom(watch.settings.back());
    book_.CloseSubjects(watch.record.id, rule->type(), [&settings = watch.settings.back()](std::string_view subject) {
      return !settings.For(subject).enabled();
    }, "the rule is switched off", now, out.changes);
    CloseWhatIsTakenOut(watch.record, *rule, now, out);
  }
  watch.absence_watched = IsAbsenceWatched(watch.record.id);
  watch.identity_watched = book_.IsWatched(watch.record.id, kIdentity);
}

void IssueJudge::Reconfigure(std::vector<std::unique_ptr<Rule>> rules, absl::Time now, JudgeOutput& out) {
  const std::vector<std::unique_ptr<Rule>> before = std::exchange(rules_, std::move(rules));  // settings refer to them until the end
  inputs_.clear();
  views_.Clear();
  for (const auto& rule : rules_) inputs_.push_back(rule->inputs());
  for (auto& [id, watch] : watches_) {
    const std::string memory = watch.Memory();
    watch.series = SeriesTracker();
    watch.Remember(memory);
    Configure(watch, now, out);
  }
  EndUnjudged(now, out);
}

void IssueJudge::EndUnjudged(absl::Time now, JudgeOutput& out) {
  const std::set<std::string> sites = Sites();
  book_.CloseUnjudged([&](const v1::Issue& issue) -> std::string {
    const bool has_rule = std::any_of(rules_.begin(), rules_.end(), [&](const auto& rule) { return rule->type() == issue.type(); });
    if (!has_rule) return "there is no such rule any more";
    if (!issue.machine_id().empty()) return watches_.contains(issue.machine_id()) ? "" : "the machine is no longer watched";
    return sites.contains(issue.site()) ? "" : "the site has no machines any more";
  }, now, out.changes);
  for (const std::string& site : sites) CloseSwitchedOff(site, now, out);
}

MachineWatch& IssueJudge::WatchOf(const MachineRecord& machine) {
  const auto found = watches_.find(machine.id);
  if (found != watches_.end()) return found->second;
  book_.first_weeks().Meet(machine);
  MachineWatch& watch = watches_.try_emplace(machine.id, machine, absl::InfinitePast()).first->second;
  JudgeOutput none;  // a machine that is new has nothing to close
  Configure(watch, start_, none);
  return watch;
}

void IssueJudge::LoadMachine(const MachineRecord& machine, std::string_view memory, JudgeOutput& out) {
  book_.first_weeks().Meet(machine);
  if (machine.state == MachineState::kRetired) {
    book_.Close(machine.id, "", "the machine was retired", start_, out.changes);
    return;
  }
  MachineWatch watch(machine, absl::InfinitePast());
  Configure(watch, start_, out);
  watch.presence = Presence(machine.last_seen_time, start_ + watch.presence_times.silence);
  watch.Remember(memory);
  watches_.insert_or_assign(machine.id, std::move(watch));
}

void IssueJudge::OnObservation(const Observation& observation, JudgeOutput& out) {
  if (observation.machine->state == MachineState::kRetired) return;
  MachineWatch& watch = WatchOf(*observation.machine);
  const absl::Time now = observation.arrival_time;
  const absl::Duration late = std::max(kLate, 2 * watch.record.interval);
  const bool live = observation.newest && observation.time > watch.newest && now - observation.time <= late &&
                    observation.time - now <= late;  // a sample from the future would silence all that follow
  watch.presence.OnBatch(now, live);
  if (live) {
    watch.newest = observation.time;
    for (const v1::MachineEvent& event : observation.events) watch.presence.OnEvent(event.kind(), now);
  }
  if (watch.absence_watched) JudgePresence(watch, now, out);
  out.late = !live;
  if (!live) return;

  watch.series.Update(observation, inputs_);
  MachineSample sample{watch.record, observation.time, watch.file_systems.Update(observation), watch.series, 0,
                       &watch.memory, observation.clock_error, WorkdayAt(watch.record, observation.time)};
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const RuleSettings& settings = watch.settings[i];
    if (!settings.enabled() && !settings.has_subjects()) continue;
    findings.clear();
    sample.rule = i;
    rules_[i]->JudgeSample(sample, settings, findings);
    for (Finding& finding : findings) {
      const RuleSettings& here = settings.For(finding.subject);
      finding.asked_for = rules_[i]->is_own() || here.raise_is_none();
      if (!here.enabled()) continue;
      if (rules_[i]->viewpoints() > 0) views_.Put(watch.record, *rules_[i], AsTold(std::move(finding), here), now);
      else Tell(watch.record, *rules_[i], here, std::move(finding), now, out);
    }
  }
  if (watch.memory_stored == absl::InfinitePast()) watch.memory_stored = observation.time;
  if (observation.time - watch.memory_stored >= kMemoryStored) {
    watch.memory_stored = observation.time;
    out.memories.push_back({watch.record.id, watch.Memory()});
  }
}

Finding IssueJudge::AsTold(Finding finding, const RuleSettings& settings) {
  if (settings.severity() == Severity::kNone) return finding;
  for (LevelJudgement& level : finding.levels) level.severity = settings.severity();
  return finding;
}

void IssueJudge::Tell(const MachineRecord& record, const Rule& rule, const RuleSettings& settings, Finding finding, absl::Time now,
                      JudgeOutput& out) {
  book_.Apply(record, rule, AsTold(std::move(finding), settings), now, out.changes);
}

void IssueJudge::OnConnected(const MachineRecord& machine, const std::string& address, absl::Time now, JudgeOutput& out) {
  if (machine.state == MachineState::kRetired) return;
  OnMachineChanged(machine, now, out);
  MachineWatch& watch = WatchOf(machine);
  watch.record.address = address;
  watch.presence.OnConnected(now);
}

void IssueJudge::OnDisconnected(const MachineRecord& machine, absl::Time now, JudgeOutput& out) {
  const auto found = watches_.find(machine.id);
  if (found == watches_.end()) return;
  found->second.presence.OnDisconnected(now);
  JudgePresence(found->second, now, out);
}

void IssueJudge::OnIdentityConflict(const MachineRecord& machine, const IdentityConflict& conflict, JudgeOutput& out) {
  if (machine.state != MachineState::kRetired) JudgeIdentity(WatchOf(machine), &conflict, conflict.time, out);
}

void IssueJudge::OnMachineChanged(const MachineRecord& machine, absl::Time now, JudgeOutput& out) {
  if (machine.state == MachineState::kRetired) {
    views_.Forget(machine.id);
    if (watches_.erase(machine.id) != 0) out.memories.push_back({machine.id, ""});
    book_.Close(machine.id, "", "the machine was retired", now, out.changes);
    EndUnjudged(now, out);
    return;
  }
  MachineWatch& watch = WatchOf(machine);
  const bool other_site = watch.record.site != machine.site;
  const bool other_scope = other_site || watch.record.machine_class != machine.machine_class;
  std::string address = std::move(watch.record.address);
  watch.record = machine;
  if (watch.record.address.empty()) watch.record.address = std::move(address);
  if (other_scope) Configure(watch, now, out);
  if (!other_site) return;
  views_.Forget(machine.id);
  EndUnjudged(now, out);
}

void IssueJudge::OnLook(std::string_view machine_id, Reach reach, absl::Time now, JudgeOutput& out) {
  const auto found = watches_.find(machine_id);
  if (found == watches_.end()) return;
  found->second.presence.OnLook(reach, now);
  JudgePresence(found->second, now, out);
}

void IssueJudge::JudgePresence(MachineWatch& watch, absl::Time now, JudgeOutput& out) {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!watch.settings[i].enabled()) continue;
    findings.clear();
    rules_[i]->JudgePresence(watch.record, watch.presence, now, watch.settings[i], findings);
    for (Finding& finding : findings) Tell(watch.record, *rules_[i], watch.settings[i], std::move(finding), now, out);
  }
  watch.absence_watched = IsAbsenceWatched(watch.record.id);
  if (!watch.presence.WantsLook(watch.record, now, watch.presence_times)) return;
  if (watch.record.address.empty() || IsAddressShared(watch)) {
    watch.presence.OnLook(Reach::kUnknown, now);  // what answers there need not be this machine
  } else {
    out.looks.push_back({watch.record.id, watch.record.address, watch.presence_times.look_step / 2});
  }
}

void IssueJudge::JudgeIdentity(MachineWatch& watch, const IdentityConflict* conflict, absl::Time now, JudgeOutput& out) {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!watch.settings[i].enabled()) continue;
    findings.clear();
    rules_[i]->JudgeIdentity(watch.record, conflict, now, watch.settings[i], findings);
    for (Finding& finding : findings) Tell(watch.record, *rules_[i], watch.settings[i], std::move(finding), now, out);
  }
  watch.identity_watched = book_.IsWatched(watch.record.id, kIdentity);
}

bool IssueJudge::IsAbsenceWatched(std::string_view machine_id) const {
  return book_.IsWatched(machine_id, kOffline) || book_.IsWatched(machine_id, kAgentSilent) || book_.IsWatched(machine_id, kMissing);
}

bool IssueJudge::IsAddressShared(const MachineWatch& watch) const {
  return std::any_of(watches_.begin(), watches_.end(), [&](const auto& other) {
    return other.second.record.id != watch.record.id && other.second.record.address == watch.record.address;
  });
}

std::vector<std::pair<std::string, Watched>> IssueJudge::WatchedOn(std::string_view machine_id) const {
  std::vector<std::pair<std::string, Watched>> types;
  const auto found = watches_.find(machine_id);
  if (found == watches_.end()) return types;
  const MachineWatch& watch = found->second;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Watched watched = watch.settings[i].enabled() ? rules_[i]->WatchedOn(watch.record, watch.series, i)
                                                        : Watched{0, "switched off by the configuration"};
    const auto same = std::find_if(types.begin(), types.end(), [&](const auto& one) { return one.first == rules_[i]->type(); });
    if (same == types.end()) {
      types.emplace_back(rules_[i]->type(), watched);
    } else if (watched.why_not.empty()) {  // several rules, of which one judges
      same->second.subjects += watched.subjects;
      same->second.why_not.clear();
    }
  }
  return types;
}

std::map<std::string, RuleCover> IssueJudge::Cover() const {
  std::map<std::string, RuleCover> cover;
  for (const auto& rule : rules_) cover.try_emplace(std::string(rule->type()));
  for (const auto& [id, watch] : watches_) {
    for (const auto& [type, watched] : WatchedOn(id)) {
      RuleCover& of_type = cover[type];
      if (watched.why_not.empty()) ++of_type.machines;
      of_type.subjects += watched.subjects;
    }
    for (std::size_t i = 0; i < rules_.size(); ++i) cover[std::string(rules_[i]->type())].left_out += watch.series.CountLeftOut(i);
  }
  return cover;
}

absl::StatusOr<v1::Issue> IssueJudge::Drill(std::string_view type, const MachineRecord& machine, const Actor& actor,
                                            absl::Time now, JudgeOutput& out) {
  const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const auto& one) { return one->type() == type; });
  if (rule == rules_.end()) {
    return absl::NotFoundError(StrCat("no issue type \"", type, "\"; `stewardctl machine watched ", machine.host_name, "` lists them"));
  }
  return book_.Drill(**rule, machine, actor, now, out.changes);
}

void IssueJudge::UseNeeds(std::function<Needs(const MachineRecord&)> needs_of) {
  needs_of_ = std::move(needs_of);
  book_.UseLinks([this](std::string_view machine_id) { return LinksOf(machine_id); });
}

std::vector<MachineLink> IssueJudge::LinksOf(std::string_view machine_id) const {
  std::vector<MachineLink> links;
  const auto watch = watches_.find(machine_id);
  if (watch == watches_.end()) return links;
  const Needs needs = needs_of_(watch->second.record);
  const auto add = [&](ParentScope kind, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      for (const auto& [id, other] : watches_) {
        if (id == machine_id || !(id == name || absl::EqualsIgnoreCase(other.record.host_name, name))) continue;
        const absl::Duration silent = now_ - other.presence.last_seen();
        links.push_back({kind, id, kind == ParentScope::kHost && silent > 2 * other.record.interval && silent < kNeededMayBeGone});
      }
    }
  };
  add(ParentScope::kPower, needs.powered_by);
  add(ParentScope::kHost, needs.runs_on);
  return links;
}

void IssueJudge::Tick(absl::Time now, JudgeOutput& out) {
  now_ = now;
  book_.KeepWindows(now, out.changes);
  book_.KeepDates(now, out.changes);
  const bool housekeeping = now >= next_housekeeping_;
  for (auto& [id, watch] : watches_) {
    const bool silent = watch.presence.SilentSince(watch.record, now, watch.presence_times) <= now;
    if (silent || watch.absence_watched) JudgePresence(watch, now, out);
    if (housekeeping && watch.identity_watched && watch.presence.connected()) JudgeIdentity(watch, nullptr, now, out);
    if (housekeeping) JudgeDates(watch, now, out);
    if (housekeeping) MarkStale(watch, now, out);
  }
  JudgeSites(now, out);
  JudgeViews(now, out);
  if (housekeeping) MarkSitesStale(now, out);
  book_.KeepParents(now, out.changes);
  if (!housekeeping) return;
  JudgeCollector(now, out);
  book_.KeepDeadlines(now, out.changes);
  next_housekeeping_ = now + kHousekeeping;
  book_.EndDrills(now, out.changes);
  book_.ReportFindings(now, out.changes);
  book_.CloseQuiet(now, out.changes);
}

void IssueJudge::MarkStale(const MachineWatch& watch, absl::Time now, JudgeOutput& out) {
  const auto is_gone = [&](const v1::Issue& issue, std::string_view probe, absl::Time judged) {
    bool any = false;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i]->type() != issue.type()) continue;
      any = rules_[i]->IsGone(watch.series, i, issue.subject(), probe, judged);
      if (!any) break;  // it may be this rule's
    }
    return any;
  };
  book_.MarkStale(watch.record.id, watch.newest, is_gone, now, out.changes);
}

void IssueJudge::Checkpoint(JudgeOutput& out) {
  book_.Checkpoint(out.changes);
  for (const auto& [id, watch] : watches_) out.memories.push_back({id, watch.Memory()});
}

}  // namespace steward::collector
