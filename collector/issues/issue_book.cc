#include "collector/issues/issue_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/own_words.h"
#include "collector/issues/proto_time.h"
#include "collector/issues/rule_state.h"

namespace steward::collector {
namespace {

constexpr std::string_view kOffline = "machine-offline";
constexpr std::string_view kAgentSilent = "agent-silent";
constexpr std::string_view kRules = "rules";
constexpr std::string_view kClock = "clock";
constexpr int kClaimSamples = 2;  // beyond the clear time, until a claim counts as not confirmed

// Their opening explains why the machine's other issues get no data.
bool IsAbsenceType(std::string_view type) { return type == kOffline || type == kAgentSilent; }

std::string ReasonOf(const Finding& finding, const v1::Evidence& evidence) {
  std::string reason = absl::StrFormat("%.4g", finding.value);
  if (!finding.unit.empty()) StrAppend(&reason, " ", finding.unit);
  if (evidence.threshold() != 0) absl::StrAppendFormat(&reason, ", level %.4g", evidence.threshold());  // some rules have none
  return reason;
}

}  // namespace

bool IssueBook::Entry::IsLiveIssue() const { return has_issue && IsLive(record.issue.state()); }

bool IssueBook::Entry::IsOfRule() const {
  return IsLiveIssue() && judged != absl::InfinitePast() && record.issue.type() != kInitialFindings;
}

Severity IssueBook::Entry::Level() const {
  Severity worst = Severity::kNone;
  for (const LevelLatch& level : levels) {
    if (level.up) worst = std::max(worst, level.severity);
  }
  return worst;
}

std::string IssueBook::Entry::RuleStateText() const {
  RuleState state;
  state.levels = levels;
  state.judged = judged;
  state.raised = raised;
  state.reach = reach;
  state.interval = interval;
  state.told = told;
  state.told_mover = told_mover;
  state.hidden = hidden;
  state.hidden_since = hidden_since;
  state.quiet_until = quiet_until;
  state.flapping = flaps.flapping();
  state.rounds = flaps.rounds();
  state.dismissed = dismissed;
  state.window_since = window_since;
  state.first_look = first_look;
  state.dismissed_value = dismissed_value;
  state.untold_change = untold_change;
  state.probe = probe;
  return EncodeRuleState(state);
}

bool IssueBook::Entry::InMotion() const {
  return std::any_of(levels.begin(), levels.end(), [](const LevelLatch& level) { return level.InMotion(); });
}

void IssueBook::Load(const std::vector<IssueRecord>& records) {
  for (const IssueRecord& record : records) {
    const bool pending = record.issue.state() == "pending";
    if (record.issue.state() == "closed") ended_.try_emplace(record.dedupe_key, record.issue.id());  // the newest comes first
    if (record.issue.type() == kInitialFindings) {
      absl::Time& reported = reported_.try_emplace(record.issue.site(), absl::InfinitePast()).first->second;
      reported = std::max(reported, GetTime(record.issue.opened_time()));
    }
    if (record.issue.state() == "closed" || (pending && record.rule_state.empty())) continue;
    Entry& entry = entries_[record.dedupe_key];
    if (pending) {
      entry.pending_stored = true;
    } else {
      entry.record = record;
      entry.has_issue = true;
      CompleteClocks(TermsOfIssue(record.issue), entry.record.issue);
    }
    RuleState state;
    if (!DecodeRuleState(record.rule_state, state)) continue;
    if (!state.rounds.empty()) entry.flaps.Restore(state.flapping, std::move(state.rounds));
    if (record.issue.state() != "resolved") {
      entry.levels = std::move(state.levels);
      entry.judged = entry.checkpoint = state.judged;
      entry.raised = state.raised;
      entry.reach = state.reach;
      entry.interval = state.interval;
      entry.dismissed = state.dismissed;
      entry.window_since = state.window_since;
      entry.first_look = state.first_look;
      entry.dismissed_value = state.dismissed_value;
      entry.untold_change = state.untold_change;
      entry.probe = std::move(state.probe);
      entry.told = state.told;
      entry.told_mover = state.told_mover;
      entry.hidden = state.hidden;
      entry.hidden_since = state.hidden_since;
      entry.quiet_until = state.quiet_until;
      entry.evidence = record.issue.evidence();
    }
  }
  FindParentKeys();
}

void IssueBook::FindParentKeys() {
  std::map<std::string_view, std::string_view> keys;  // by id
  for (const auto& [key, entry] : entries_) {
    if (entry.IsLiveIssue()) keys[entry.record.issue.id()] = key;
  }
  for (auto& [key, entry] : entries_) {
    const auto parent = keys.find(entry.record.issue.parent_id());
    if (entry.IsLiveIssue() && parent != keys.end()) entry.parent_key = parent->second;
  }
}

void IssueBook::Judge(const Finding& finding, Entry& entry) {
  const absl::Duration gap = entry.judged == absl::InfinitePast() ? absl::ZeroDuration() : finding.time - entry.judged;
  entry.judged = finding.time;
  entry.interval = finding.interval;
  std::vector<LevelLatch> levels;
  for (LevelJudgement judgement : finding.levels) {
    judgement.clear = entry.flaps.ClearTime(judgement.clear, finding.IsClear(), finding.time);
    const auto known = std::find_if(entry.levels.begin(), entry.levels.end(),
                                    [&](const LevelLatch& level) { return level.name == judgement.name; });
    LevelLatch latch;
    if (known != entry.levels.end()) latch = std::move(*known);
    latch.name = std::string(judgement.name);
    latch.Judge(judgement, gap, kGapIntervals * finding.interval, finding.time - std::max(finding.since, entry.held.until));
    levels.push_back(std::move(latch));
  }
  entry.levels = std::move(levels);
}

void IssueBook::Apply(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now,
                      std::vector<IssueChange>& out) {
  const bool first_look = first_weeks_.Note(machine, rule.type(), finding) && !finding.asked_for;
  if (Hold(machine, rule, finding, now, out)) return;
  const std::string key = DedupeKey(machine.id, rule.type(), finding.subject);
  const bool raised = std::any_of(finding.levels.begin(), finding.levels.end(),
                                  [](const LevelJudgement& level) { return level.zone == Zone::kRaised; });
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (!raised) return;
    if (rule.type() == kAgentSilent && HasLive(machine.id, kOffline)) return;  // one cause, one issue
    found = entries_.try_emplace(key).first;
  }
  Entry& entry = found->second;
  if (finding.time <= entry.judged) return;
  if (rule.type() == kAgentSilent && raised && !entry.IsLiveIssue() && HasLive(machine.id, kOffline)) return;

  if (HappensAgain(rule, finding, entry)) {
    entry.dismissed = Severity::kNone;
    entry.levels.clear();
    entry.raised = absl::InfinitePast();
  }
  Judge(finding, entry);
  const bool any = entry.Level() != Severity::kNone;
  const bool rising = std::any_of(entry.levels.begin(), entry.levels.end(), [](const LevelLatch& l) { return l.rising; });
  if ((any || rising) && entry.raised == absl::InfinitePast()) {
    entry.raised = finding.since;
    entry.first_look = first_look;
    entry.evidence.Clear();
    entry.checkpoint = finding.time;
  }
  if (any || rising || entry.IsLiveIssue()) KeepEvidence(rule, finding, entry);
  if (entry.probe != finding.probe) entry.probe = finding.probe;

  if (entry.IsLiveIssue()) {
    Continue(machine, rule, finding, now, entry, out);
  } else if (entry.Level() > entry.dismissed) {
    Open(machine, rule, finding, now, key, entry, out);
  } else if (any || rising) {
    if (entry.judged - entry.checkpoint >= (entry.InMotion() ? kCheckpoint : kEvidenceStored)) StorePending(key, entry, out);
  } else {
    DropPending(key, entry, out);
    if (!entry.has_issue) entries_.erase(found);
  }
}

void IssueBook::KeepEvidence(const Rule& rule, const Finding& finding, Entry& entry) {
  v1::Evidence& evidence = entry.evidence;
  v1::EvidencePoint point;
  SetTime(finding.time, *point.mutable_time());
  point.set_value(finding.value);
  *evidence.mutable_latest() = point;
  if (!evidence.has_first()) *evidence.mutable_first() = point;
  const bool worse = finding.lower_is_worse ? point.value() < evidence.worst().value() : point.value() > evidence.worst().value();
  if (!evidence.has_worst() || worse) *evidence.mutable_worst() = point;
  evidence.set_metric(std::string(finding.metric));
  evidence.set_unit(std::string(finding.unit));
  evidence.set_rule_version(StrCat(rule.type(), "/", rule.version()));
  // The threshold of the worst level that holds or is about to.
  for (std::size_t i = 0; i < finding.levels.size(); ++i) {
    if (i == 0 || entry.levels[i].up || entry.levels[i].rising) evidence.set_threshold(finding.levels[i].threshold);
  }
  if (finding.details.empty()) return;
  evidence.clear_details();
  for (const auto& [name, value] : finding.details) (*evidence.mutable_details())[name] = value;
}

void IssueBook::Describe(const MachineRecord& machine, const Rule& rule, const Finding& finding, Entry& entry) const {
  v1::Issue& issue = entry.record.issue;
  issue.set_machine_id(IsSiteScope(machine.id) ? "" : machine.id);
  const std::string own_words = OwnWords(finding, issue);
  issue.set_host_name(machine.host_name);
  issue.set_site(machine.site);
  issue.set_class_(machine.machine_class);
  *issue.mutable_evidence() = entry.evidence;
  if (!own_words.empty()) (*issue.mutable_evidence()->mutable_details())[kOwnWordsDetail] = own_words;
  if (!entry.related.empty()) (*issue.mutable_evidence()->mutable_details())[kRelatedDetail] = entry.related;
  if (finding.IsClear()) return;  // on the way out: the words of the last bad moment stay
  IssueText text = rule.Describe(machine, finding, entry.Level());
  issue.set_title(std::move(text.title));
  issue.set_summary(std::move(text.summary));
  issue.set_meaning(std::move(text.meaning));
  issue.set_next_step(std::move(text.next_step));
}

void IssueBook::Open(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now,
                     const std::string& key, Entry& entry, std::vector<IssueChange>& out) {
  DropPending(key, entry, out);
  if (entry.has_issue && entry.raised - GetTime(entry.record.issue.resolved_time()) > kReopenWithin) {
    Transit(Happening::kQuiet, "quiet for 7 days", now, entry, out);
  }
  const Severity severity = entry.Level();
  if (entry.dismissed != Severity::kNone) entry.raised = finding.time;  // another issue than the one that was dismissed
  if (!entry.has_issue) {
    entry.record = {};
    entry.record.dedupe_key = key;
    // Its rule was switched off meanwhile, and the condition is the one from before: another issue all the same.
    if (const auto old = ended_.find(key); old != ended_.end() && old->second == IssueId(key, entry.raised)) entry.raised = finding.time;
    entry.record.issue.set_id(IssueId(key, entry.raised));
    entry.record.issue.set_type(std::string(rule.type()));
    entry.record.issue.set_subject(finding.subject);
    entry.record.issue.set_state("pending");
    if (const auto old = ended_.find(key); old != ended_.end()) entry.record.issue.set_previous_id(old->second);
    entry.has_issue = true;
  } else {
    entry.record.issue.set_reopened(entry.record.issue.reopened() + 1);
    entry.record.issue.clear_resolved_time();
    entry.record.issue.clear_evidence();
    entry.record.issue.clear_self_cleared();
    entry.record.issue.clear_rule_severity();
  }
  entry.dismissed = Severity::kNone;
  v1::Issue& issue = entry.record.issue;
  issue.set_severity(std::string(SeverityName(severity)));
  issue.set_site(machine.site);
  issue.set_class_(machine.machine_class);
  issue.set_party(party_for_ ? party_for_(issue, rule.party()) : std::string(rule.party()));
  issue.set_stale(false);
  SetTime(entry.raised, *issue.mutable_raised_time());
  SetTime(finding.time, *issue.mutable_opened_time());
  StartClocks(severity, finding.time, TermsOfIssue(issue), issue);
  HoldBack(machine, now, entry);
  entry.reach = severity;
  NoteOverrun(now, entry);
  issue.set_machine_id(IsSiteScope(machine.id) ? "" : machine.id);
  entry.related.clear();
  NameRelated(entry);
  Describe(machine, rule, finding, entry);
  HideIfExplained(entry);
  Transit(Happening::kTrue, ReasonOf(finding, entry.evidence), now, entry, out);
}

void IssueBook::Continue(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now, Entry& entry,
                         std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const Severity before = ParseSeverity(issue.rule_severity().empty() ? issue.severity() : issue.rule_severity());
  const Severity after = entry.Level();
  const bool was_stale = issue.stale();
  if (issue.parent_id().empty()) issue.set_stale(false);
  if (after == Severity::kNone) {
    Describe(machine, rule, finding, entry);
    return End(finding.time, ReasonOf(finding, entry.evidence), now, entry, out);
  }
  if (IsClaimRefuted(finding, entry)) {
    issue.clear_claimed_time();
    issue.clear_claimed_party();
    issue.set_claims_refused(issue.claims_refused() + 1);
    Transit(Happening::kStillTrue, StrCat("still true: ", ReasonOf(finding, entry.evidence)), now, entry, out);
  }
  MarkFlapping(finding, now, entry, out);
  if (after != before) return Regrade(machine, rule, finding, before, now, entry, out);
  const bool store = entry.judged - entry.checkpoint >= (entry.InMotion() ? kCheckpoint : kEvidenceStored);
  if (store || was_stale != issue.stale()) {
    Describe(machine, rule, finding, entry);
    Store(entry, std::nullopt, "", out);
  }
}

void IssueBook::End(absl::Time time, std::string_view reason, absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const bool claimed = issue.state() == "claimed";
  SetTime(claimed ? GetTime(issue.claimed_time()) : time, *issue.mutable_resolved_time());
  issue.set_self_cleared(!issue.has_acknowledged_time());
  entry.levels.clear();
  entry.raised = absl::InfinitePast();
  entry.flaps.End(time);
  issue.set_flapping(false);
  entry.held = {};
  Transit(Happening::kFalse, reason, now, entry, out);
}

bool IssueBook::HappensAgain(const Rule& rule, const Finding& finding, Entry& entry) {
  if (entry.dismissed == Severity::kNone || entry.has_issue || !PersonCloses(rule.type())) return false;
  const bool again = finding.value > entry.dismissed_value;
  entry.dismissed_value = std::min(entry.dismissed_value, finding.value);
  return again;
}

void IssueBook::Regrade(const MachineRecord& machine, const Rule& rule, const Finding& finding, Severity before,
                        absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const Severity shown = ParseSeverity(issue.severity());
  const Severity after = entry.Level();
  // What a person set stays until the rule says worse.
  const bool rules_say = issue.rule_severity().empty() || (after > before && after >= shown);
  if (rules_say) {
    issue.set_severity(std::string(SeverityName(after)));
    issue.clear_rule_severity();
  } else {
    issue.set_rule_severity(std::string(SeverityName(after)));
  }
  Describe(machine, rule, finding, entry);
  if (!rules_say || after == shown) return Store(entry, std::nullopt, "", out);
  const bool worse = after > shown;
  const std::string reason = ReasonOf(finding, entry.evidence);
  const bool freed = worse && FreeIfWorse(machine, after, now, issue);
  if (worse) {
    entry.reach = std::max(entry.reach, after);
    Transit(Happening::kWorse, reason, now, entry, out);
  }
  AdjustClocks(worse, after, finding.time, TermsOfIssue(issue), issue);
  const bool quieted = issue.state() == "snoozed" || issue.state() == "accepted";
  IssueEventRecord event{issue.id(), now, std::string(kRules), "severity", std::string(SeverityName(shown)),
                         std::string(SeverityName(after)), reason};
  Store(entry, std::move(event), freed ? "opened" : quieted ? "" : "updated", out);
}

bool IssueBook::IsClaimRefuted(const Finding& finding, const Entry& entry) {
  const v1::Issue& issue = entry.record.issue;
  if (issue.state() != "claimed" || IsClosedByPerson(issue)) return false;
  absl::Duration clear;
  for (std::size_t i = 0; i < finding.levels.size(); ++i) {
    if (!entry.levels[i].up) continue;
    if (entry.levels[i].falling) return false;  // on its way out
    clear = std::max(clear, finding.levels[i].clear);
  }
  return finding.time > GetTime(issue.claimed_time()) + clear + kClaimSamples * finding.interval;
}

Terms IssueBook::TermsOfIssue(const v1::Issue& issue) const {
  static const SiteTerms none;
  return Terms(terms_of_ ? terms_of_(issue.site()) : none, issue.class_());
}

void IssueBook::Transit(Happening happening, std::string_view reason, absl::Time now, Entry& entry,
                        std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const Transition* transition = FindTransition(issue.state(), happening);
  if (transition == nullptr) return;
  IssueEventRecord event{issue.id(), now, std::string(happening == Happening::kDateCome ? kClock : kRules),
                         std::string(transition->action), issue.state(), "", std::string(reason)};
  LeaveState(now, TermsOfIssue(issue), issue);
  EnterState(*transition, issue);
  event.to = issue.state();
  if (IsEnded(issue.state())) {
    issue.clear_parent_id();
    issue.clear_window_id();
    issue.set_stale(false);
  } else {
    SetNextDeadline(issue);
  }
  Store(entry, std::move(event), transition->notify, out);
  if (issue.state() != "closed") return;
  entry.has_issue = false;
  ended_.insert_or_assign(entry.record.dedupe_key, issue.id());
}

void IssueBook::Store(Entry& entry, std::optional<IssueEventRecord> event, std::string_view notify,
                      std::vector<IssueChange>& out, std::vector<std::string> parties) {
  if (entry.record.issue.initial_finding()) notify = "";  // nobody is told of it by itself
  notify = Heard(notify, entry);
  if (!notify.empty()) ++entry.record.transition;
  const bool to_mover = parties.empty() || std::find(parties.begin(), parties.end(), entry.record.issue.party()) != parties.end();
  if (!notify.empty() && event && to_mover) entry.told_mover = event->time;
  entry.record.rule_state = entry.RuleStateText();
  entry.checkpoint = entry.judged;
  out.push_back({entry.record, std::move(event), std::string(notify), entry.reach, std::move(parties)});
}

void IssueBook::StorePending(const std::string& key, Entry& entry, std::vector<IssueChange>& out) {
  const std::size_t slash = key.find('/');
  IssueChange change;
  change.record.dedupe_key = key;
  change.record.rule_state = entry.RuleStateText();
  v1::Issue& issue = change.record.issue;
  issue.set_id(PendingId(key));
  issue.set_state("pending");
  issue.set_machine_id(IsSiteScope(key) ? "" : key.substr(0, slash));
  issue.set_type(key.substr(slash + 1, key.find('/', slash + 1) - slash - 1));
  SetTime(entry.raised, *issue.mutable_raised_time());
  *issue.mutable_evidence() = entry.evidence;
  entry.pending_stored = true;
  entry.checkpoint = entry.judged;
  out.push_back(std::move(change));
}

// The row stays, empty, for the next time: there is one a key.
void IssueBook::DropPending(const std::string& key, Entry& entry, std::vector<IssueChange>& out) {
  if (entry.pending_stored) {
    IssueChange change;
    change.record.dedupe_key = key;
    change.record.issue.set_id(PendingId(key));
    change.record.issue.set_state("pending");
    out.push_back(std::move(change));
    entry.pending_stored = false;
  }
  if (entry.Level() != Severity::kNone) return;
  entry.raised = absl::InfinitePast();
  entry.dismissed = Severity::kNone;
  entry.held = {};
}

void IssueBook::CloseQuiet(absl::Time now, std::vector<IssueChange>& out) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    const bool quiet = entry.has_issue && entry.record.issue.state() == "resolved" &&
                       entry.raised == absl::InfinitePast() &&
                       now - GetTime(entry.record.issue.resolved_time()) >= kReopenWithin;
    if (quiet) Transit(Happening::kQuiet, "quiet for 7 days", now, entry, out);
    it = quiet ? entries_.erase(it) : std::next(it);
  }
}

void IssueBook::Close(std::string_view machine_id, std::string_view type, std::string_view reason, absl::Time now,
                      std::vector<IssueChange>& out) {
  CloseSubjects(machine_id, type, [](std::string_view) { return true; }, reason, now, out);
}

void IssueBook::CloseSubjects(std::string_view machine_id, std::string_view type, const IsMeant& is_meant, std::string_view reason,
                              absl::Time now, std::vector<IssueChange>& out) {
  const std::string prefix = type.empty() ? StrCat(machine_id, "/") : StrCat(machine_id, "/", type, "/");
  auto it = entries_.lower_bound(prefix);
  while (it != entries_.end() && it->first.starts_with(prefix)) {
    if (!is_meant(std::string_view(it->first).substr(prefix.size()))) {
      ++it;
      continue;
    }
    Entry& entry = it->second;
    entry.levels.clear();
    DropPending(it->first, entry, out);
    if (entry.has_issue) Transit(Happening::kUnwatched, reason, now, entry, out);
    it = entries_.erase(it);
  }
}

void IssueBook::CloseUnjudged(const WhyUnjudged& why, absl::Time now, std::vector<IssueChange>& out) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    const std::string reason = entry.IsOfRule() ? why(entry.record.issue) : "";
    if (!reason.empty()) {
      entry.levels.clear();
      Transit(Happening::kUnwatched, reason, now, entry, out);
    }
    it = reason.empty() ? std::next(it) : entries_.erase(it);
  }
}

void IssueBook::MarkStale(std::string_view machine_id, absl::Time newest, const IsGone& is_gone, absl::Time now,
                          std::vector<IssueChange>& out) {
  const std::string prefix = StrCat(machine_id, "/");
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix); ++it) {
    Entry& entry = it->second;
    v1::Issue& issue = entry.record.issue;
    if (!entry.IsOfRule() || IsAbsenceType(issue.type()) || IsPausedByWindow(issue)) continue;
    if (entry.judged >= newest - std::max(kStaleAfter, kGapIntervals * entry.interval)) continue;
    if (!entry.probe.empty() && !IsClosedByPerson(issue) && is_gone(issue, entry.probe, entry.judged)) {
      End(newest, "it is not there any more", now, entry, out);
      continue;
    }
    if (issue.stale()) continue;
    issue.set_stale(true);
    IssueEventRecord event{issue.id(), now, std::string(kRules), "stale", "", "", "its subject is no longer reported"};
    Store(entry, std::move(event), "", out);
  }
}

void IssueBook::Checkpoint(std::vector<IssueChange>& out) {
  for (auto& [key, entry] : entries_) {
    if (entry.checkpoint == entry.judged) continue;
    if (entry.IsLiveIssue()) {
      *entry.record.issue.mutable_evidence() = entry.evidence;
      Store(entry, std::nullopt, "", out);
    } else if (entry.raised != absl::InfinitePast()) {
      StorePending(key, entry, out);
    }
  }
}

IssueBook::Entries::const_iterator IssueBook::FirstOf(std::string_view machine_id, std::string_view type) const {
  const std::string prefix = StrCat(machine_id, "/", type, "/");
  const auto found = entries_.lower_bound(prefix);
  return found != entries_.end() && found->first.starts_with(prefix) ? found : entries_.end();
}

bool IssueBook::HasLive(std::string_view machine_id, std::string_view type) const {
  const auto found = FirstOf(machine_id, type);
  return found != entries_.end() && found->second.IsLiveIssue();
}

bool IssueBook::IsWatched(std::string_view machine_id, std::string_view type) const {
  const auto found = FirstOf(machine_id, type);
  return found != entries_.end() && (found->second.IsLiveIssue() || found->second.raised != absl::InfinitePast());
}

}  // namespace steward::collector
