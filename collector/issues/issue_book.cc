#include "collector/issues/issue_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/proto_time.h"
#include "collector/issues/rule_state.h"

namespace steward::collector {
namespace {

constexpr std::string_view kOffline = "machine-offline";
constexpr std::string_view kAgentSilent = "agent-silent";
constexpr std::string_view kRules = "rules";

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

Severity IssueBook::Entry::Level() const {
  Severity worst = Severity::kNone;
  for (const LevelLatch& level : levels) {
    if (level.up) worst = std::max(worst, level.severity);
  }
  return worst;
}

bool IssueBook::Entry::InMotion() const {
  return std::any_of(levels.begin(), levels.end(), [](const LevelLatch& level) { return level.InMotion(); });
}

void IssueBook::Load(const std::vector<IssueRecord>& records) {
  for (const IssueRecord& record : records) {
    const bool pending = record.issue.state() == "pending";
    if (record.issue.state() == "closed" || (pending && record.rule_state.empty())) continue;
    Entry& entry = entries_[record.dedupe_key];
    if (pending) {
      entry.pending_stored = true;
    } else {
      entry.record = record;
      entry.has_issue = true;
    }
    RuleState state;
    if (record.issue.state() != "resolved" && DecodeRuleState(record.rule_state, state)) {
      entry.levels = std::move(state.levels);
      entry.judged = entry.checkpoint = state.judged;
      entry.raised = state.raised;
      entry.reach = state.reach;
      entry.interval = state.interval;
      entry.evidence = record.issue.evidence();
    }
    }
}

void IssueBook::Judge(const Finding& finding, Entry& entry) {
  const absl::Duration elapsed = entry.judged == absl::InfinitePast()
                                     ? absl::ZeroDuration()
                                     : std::min(finding.time - entry.judged, kGapIntervals * finding.interval);
  entry.judged = finding.time;
  entry.interval = finding.interval;
  std::vector<LevelLatch> levels;
  for (const LevelJudgement& judgement : finding.levels) {
    const auto known = std::find_if(entry.levels.begin(), entry.levels.end(),
                                    [&](const LevelLatch& level) { return level.name == judgement.name; });
    LevelLatch latch;
    if (known != entry.levels.end()) latch = std::move(*known);
    latch.name = std::string(judgement.name);
    latch.Judge(judgement, elapsed, finding.time - finding.since);
    levels.push_back(std::move(latch));
  }
  entry.levels = std::move(levels);
}

void IssueBook::Apply(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now,
                      std::vector<IssueChange>& out) {
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

  Judge(finding, entry);
  const bool any = entry.Level() != Severity::kNone;
  const bool rising = std::any_of(entry.levels.begin(), entry.levels.end(), [](const LevelLatch& l) { return l.rising; });
  if ((any || rising) && entry.raised == absl::InfinitePast()) {
    entry.raised = finding.since;
    entry.evidence.Clear();
    entry.checkpoint = finding.time;
  }
  if (any || rising || entry.IsLiveIssue()) KeepEvidence(rule, finding, entry);

  if (entry.IsLiveIssue()) {
    Continue(machine, rule, finding, now, entry, out);
  } else if (any) {
    Open(machine, rule, finding, now, key, entry, out);
  } else if (rising) {
    if (entry.judged - entry.checkpoint >= kCheckpoint) StorePending(key, machine, rule, entry, out);
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

void IssueBook::Describe(const MachineRecord& machine, const Rule& rule, const Finding& finding, Entry& entry) {
  v1::Issue& issue = entry.record.issue;
  issue.set_machine_id(machine.id);
  issue.set_host_name(machine.host_name);
  issue.set_site(machine.site);
  issue.set_class_(machine.machine_class);
  *issue.mutable_evidence() = entry.evidence;
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
  if (!entry.has_issue) {
    entry.record = {};
    entry.record.dedupe_key = key;
    entry.record.issue.set_id(IssueId(key, entry.raised));
    entry.record.issue.set_type(std::string(rule.type()));
    entry.record.issue.set_subject(finding.subject);
    entry.record.issue.set_state("pending");
    entry.has_issue = true;
  } else {
    entry.record.issue.set_reopened(entry.record.issue.reopened() + 1);
    entry.record.issue.clear_resolved_time();
  }
  v1::Issue& issue = entry.record.issue;
  issue.set_severity(std::string(SeverityName(severity)));
  issue.set_party(std::string(rule.party()));
  issue.set_stale(false);
  SetTime(entry.raised, *issue.mutable_raised_time());
  SetTime(finding.time, *issue.mutable_opened_time());
  SetTime(finding.time + RespondWithin(severity), *issue.mutable_deadline());
  entry.reach = severity;
  Describe(machine, rule, finding, entry);
  Transit(Happening::kTrue, ReasonOf(finding, entry.evidence), now, entry, out);
  if (IsAbsenceType(rule.type())) Adopt(entry.record.issue, now, out);
}

void IssueBook::Continue(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now, Entry& entry,
                         std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const Severity before = ParseSeverity(issue.severity());
  const Severity after = entry.Level();
  const bool was_stale = issue.stale();
  if (issue.parent_id().empty()) issue.set_stale(false);
  if (after == Severity::kNone) {
    Describe(machine, rule, finding, entry);
    SetTime(finding.time, *issue.mutable_resolved_time());
    const bool parent = IsAbsenceType(rule.type());
    const v1::Issue ended = issue;
    entry.levels.clear();
    entry.raised = absl::InfinitePast();
    Transit(Happening::kFalse, ReasonOf(finding, entry.evidence), now, entry, out);
    if (parent) Release(ended, now, out);
    return;
  }
  if (after != before) {
    issue.set_severity(std::string(SeverityName(after)));
    if (after > before) {
      const absl::Time deadline = std::min(GetTime(issue.deadline()), finding.time + RespondWithin(after));
      SetTime(deadline, *issue.mutable_deadline());
      entry.reach = std::max(entry.reach, after);
    }
    Describe(machine, rule, finding, entry);
    IssueEventRecord event{issue.id(), now, std::string(kRules), "severity", std::string(SeverityName(before)),
                           std::string(SeverityName(after)), ReasonOf(finding, entry.evidence)};
    Store(entry, std::move(event), "updated", out);
    return;
  }
  const bool store = entry.judged - entry.checkpoint >= (entry.InMotion() ? kCheckpoint : kEvidenceStored);
  if (store || was_stale != issue.stale()) {
    Describe(machine, rule, finding, entry);
    Store(entry, std::nullopt, "", out);
  }
}

void IssueBook::Transit(Happening happening, std::string_view reason, absl::Time now, Entry& entry,
                        std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const Transition* transition = FindTransition(issue.state(), happening);
  if (transition == nullptr) return;
  IssueEventRecord event{issue.id(), now, std::string(kRules), std::string(transition->action), issue.state(),
                         std::string(transition->to), std::string(reason)};
  issue.set_state(std::string(transition->to));
  if (IsEnded(issue.state())) {
    issue.clear_parent_id();
    issue.set_stale(false);
  }
  Store(entry, std::move(event), transition->notify, out);
  if (issue.state() == "closed") entry.has_issue = false;
}

void IssueBook::Store(Entry& entry, std::optional<IssueEventRecord> event, std::string_view notify,
                      std::vector<IssueChange>& out) {
  if (!notify.empty()) ++entry.record.transition;
  entry.record.rule_state = EncodeRuleState({entry.levels, entry.judged, entry.raised, entry.reach, entry.interval});
  entry.checkpoint = entry.judged;
  out.push_back({entry.record, std::move(event), std::string(notify), entry.reach});
}

void IssueBook::StorePending(const std::string& key, const MachineRecord& machine, const Rule& rule, Entry& entry,
                             std::vector<IssueChange>& out) {
  IssueChange change;
  change.record.dedupe_key = key;
  change.record.rule_state = EncodeRuleState({entry.levels, entry.judged, entry.raised, entry.reach, entry.interval});
  v1::Issue& issue = change.record.issue;
  issue.set_id(PendingId(key));
  issue.set_state("pending");
  issue.set_type(std::string(rule.type()));
  issue.set_machine_id(machine.id);
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
  if (entry.Level() == Severity::kNone) entry.raised = absl::InfinitePast();
}

void IssueBook::Adopt(const v1::Issue& parent, absl::Time now, std::vector<IssueChange>& out) {
  for (auto it = entries_.lower_bound(StrCat(parent.machine_id(), "/"));
       it != entries_.end() && it->first.starts_with(StrCat(parent.machine_id(), "/")); ++it) {
    Entry& entry = it->second;
    v1::Issue& issue = entry.record.issue;
    if (!entry.IsLiveIssue() || issue.id() == parent.id() || !issue.parent_id().empty()) continue;
    if (issue.type() == kOffline) continue;  // nothing explains it but the site
    issue.set_parent_id(parent.id());
    issue.set_stale(true);
    IssueEventRecord event{issue.id(), now, std::string(kRules), "stale", "", "", StrCat("explained by ", parent.type())};
    Store(entry, std::move(event), "", out);
  }
}

void IssueBook::Release(const v1::Issue& parent, absl::Time now, std::vector<IssueChange>& out) {
  for (auto it = entries_.lower_bound(StrCat(parent.machine_id(), "/"));
       it != entries_.end() && it->first.starts_with(StrCat(parent.machine_id(), "/")); ++it) {
    Entry& entry = it->second;
    if (!entry.IsLiveIssue() || entry.record.issue.parent_id() != parent.id()) continue;
    entry.record.issue.clear_parent_id();  // stale until it is judged again
    IssueEventRecord event{entry.record.issue.id(), now, std::string(kRules), "parent-ended", "", "", parent.type()};
    Store(entry, std::move(event), "", out);
  }
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
  const std::string prefix = type.empty() ? StrCat(machine_id, "/") : StrCat(machine_id, "/", type, "/");
  auto it = entries_.lower_bound(prefix);
  while (it != entries_.end() && it->first.starts_with(prefix)) {
    Entry& entry = it->second;
    entry.levels.clear();
    DropPending(it->first, entry, out);
    if (entry.has_issue) Transit(Happening::kUnwatched, reason, now, entry, out);
    it = entries_.erase(it);
    }
}

void IssueBook::MarkStale(std::string_view machine_id, absl::Time newest, absl::Time now, std::vector<IssueChange>& out) {
  const std::string prefix = StrCat(machine_id, "/");
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix); ++it) {
    Entry& entry = it->second;
    v1::Issue& issue = entry.record.issue;
    if (!entry.IsLiveIssue() || issue.stale() || IsAbsenceType(issue.type())) continue;
    if (entry.judged >= newest - std::max(kStaleAfter, kGapIntervals * entry.interval)) continue;
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
      IssueChange change;
      change.record.dedupe_key = key;
      change.record.rule_state = EncodeRuleState({entry.levels, entry.judged, entry.raised, entry.reach, entry.interval});
      change.record.issue.set_id(PendingId(key));
      change.record.issue.set_state("pending");
      *change.record.issue.mutable_evidence() = entry.evidence;
      entry.pending_stored = true;
      entry.checkpoint = entry.judged;
      out.push_back(std::move(change));
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
