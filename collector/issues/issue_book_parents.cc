// The part of the book that keeps quiet about what another issue explains.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/parents.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

constexpr std::string_view kRules = "rules";
constexpr std::size_t kRelatedShown = 10;

std::string_view ActionOf(ParentEffect effect) {
  switch (effect) {
    case ParentEffect::kFreeze: return "stale";
    case ParentEffect::kLink: return "linked";
    case ParentEffect::kHide: break;
  }
  return "suppressed";
}

}  // namespace

std::vector<MachineLink> IssueBook::LinksOfIssue(const v1::Issue& issue) const {
  return links_of_ && !issue.machine_id().empty() ? links_of_(issue.machine_id()) : std::vector<MachineLink>();
}

bool IssueBook::ExplainsHere(const ParentRow& row, const v1::Issue& parent, const v1::Issue& child) const {
  if (!Explains(row, parent, child)) return false;
  if (!IsLinked(row.scope)) return true;
  const std::vector<MachineLink> links = LinksOfIssue(child);
  return std::any_of(links.begin(), links.end(), [&](const MachineLink& link) {
    return link.kind == row.scope && link.machine_id == parent.machine_id();
  });
}

std::optional<IssueBook::Explanation> IssueBook::ExplainWithin(const ParentRow& row, const std::string& scope, const v1::Issue& child) const {
  const std::string prefix = StrCat(scope, "/", row.parent, "/");
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix); ++it) {
    const Entry& entry = it->second;
    const bool live = entry.IsLiveIssue();
    // Of hosts that need each other one is told.
    const bool is_hidden_itself = row.scope == ParentScope::kHost && live && !entry.record.issue.parent_id().empty();
    if (live && !is_hidden_itself && Explains(row, entry.record.issue, child)) return Explanation{it->first, &entry.record.issue, row.effect};
    // Whether the site is gone is known a little later than that a machine is.
    if (!live && row.scope == ParentScope::kSite && entry.InMotion()) return Explanation{it->first, nullptr, row.effect};
  }
  return std::nullopt;
}

std::optional<IssueBook::Explanation> IssueBook::Explain(const v1::Issue& child) const {
  for (const ParentRow& row : ParentTable()) {
    if (!IsChildType(row, child.type())) continue;
    if (!IsLinked(row.scope)) {
      auto why = ExplainWithin(row, row.scope == ParentScope::kSite ? SiteScope(child.site()) : child.machine_id(), child);
      if (why) return why;
      continue;
    }
    for (const MachineLink& link : LinksOfIssue(child)) {
      if (link.kind != row.scope) continue;
      if (auto why = ExplainWithin(row, link.machine_id, child)) return why;
      if (link.fell_silent) return Explanation{DedupeKey(link.machine_id, row.parent, ""), nullptr, row.effect};
    }
  }
  return std::nullopt;
}

bool IssueBook::IsExplainedStill(const Entry& child) const {
  const auto found = entries_.find(child.parent_key);
  if (found == entries_.end() || !found->second.IsLiveIssue()) return false;
  const v1::Issue& parent = found->second.record.issue;
  const absl::Span<const ParentRow> table = ParentTable();
  return parent.id() == child.record.issue.parent_id() &&
         std::any_of(table.begin(), table.end(), [&](const ParentRow& row) { return ExplainsHere(row, parent, child.record.issue); });
}

void IssueBook::HideIfExplained(Entry& entry) {
  const auto why = Explain(entry.record.issue);
  entry.told = entry.record.issue.initial_finding();  // the report of them names it
  entry.hidden = why && why->effect != ParentEffect::kLink;
  entry.quiet_until = entry.hidden_since = absl::InfinitePast();
  entry.parent_key.clear();  // of the episode before
  entry.record.issue.clear_parent_id();
  if (!why || why->parent == nullptr) return;
  entry.parent_key = why->key;
  entry.record.issue.set_parent_id(why->parent->id());
}

void IssueBook::NameRelated(Entry& entry) const {
  const v1::Issue& parent = entry.record.issue;
  const absl::Span<const ParentRow> table = ParentTable();
  std::size_t count = 0;
  for (const auto& [key, other] : entries_) {
    const v1::Issue& child = other.record.issue;
    const auto explains = [&](const ParentRow& row) { return ExplainsHere(row, parent, child); };
    if (!other.IsLiveIssue() || std::none_of(table.begin(), table.end(), explains)) continue;
    if (++count > kRelatedShown) continue;
    StrAppend(&entry.related, count == 1 ? "" : ", ", child.type());
    if (child.machine_id() != parent.machine_id()) StrAppend(&entry.related, " ", child.host_name());
    if (!child.subject().empty()) StrAppend(&entry.related, " ", child.subject());
  }
  if (count > kRelatedShown) StrAppend(&entry.related, " and ", count - kRelatedShown, " more");
}

void IssueBook::KeepParents(absl::Time now, std::vector<IssueChange>& out) {
  for (auto& [key, entry] : entries_) {
    if (!entry.IsLiveIssue() || entry.judged == absl::InfinitePast()) continue;  // a person's word needs no data
    if (!entry.record.issue.parent_id().empty()) {
      if (!IsExplainedStill(entry)) EndParent(now, entry, out);
    } else if (const auto why = Explain(entry.record.issue); why && why->parent != nullptr) {
      Adopt(*why, now, entry, out);
    } else if (!why && now >= entry.quiet_until) {
      Show(now, entry, out);
    }
    StopHiddenClock(now, entry, out);
  }
}

void IssueBook::Adopt(const Explanation& why, absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  issue.set_parent_id(why.parent->id());
  entry.parent_key = why.key;
  if (why.effect == ParentEffect::kFreeze) issue.set_stale(true);
  else if (why.effect == ParentEffect::kHide) entry.hidden = true;
  IssueEventRecord event{issue.id(), now, std::string(kRules), std::string(ActionOf(why.effect)), "", "",
                         StrCat("explained by ", why.parent->type())};
  Store(entry, std::move(event), "", out);
}

void IssueBook::StopHiddenClock(absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const bool frozen = !issue.parent_id().empty() && issue.stale() && issue.state() == "open";  // what is in work goes on
  if (!(entry.hidden || frozen) || issue.has_paused_since() || HasNoClocks(issue)) return;
  now = absl::FromUnixMillis(absl::ToUnixMillis(now));  // as it is stored, since it is compared
  PauseClock(now, issue);
  entry.hidden_since = now;
  Store(entry, std::nullopt, "", out);
}

void IssueBook::EndParent(absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const auto parent = entries_.find(entry.parent_key);
  issue.clear_parent_id();  // stale until it is judged again
  entry.parent_key.clear();
  entry.quiet_until = now + kParentGrace;
  IssueEventRecord event{issue.id(), now, std::string(kRules), "parent-ended", "", "",
                         parent == entries_.end() ? "" : parent->second.record.issue.type()};
  Store(entry, std::move(event), "", out);
}

void IssueBook::Show(absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  const bool stopped = entry.hidden_since != absl::InfinitePast();
  if (!entry.hidden && !stopped) return;
  v1::Issue& issue = entry.record.issue;
  entry.hidden = false;
  // Else it stands still for a reason of its own, from before or since.
  if (stopped && issue.has_paused_since() && GetTime(issue.paused_since()) == entry.hidden_since) {
    ResumeAll(now, TermsOfIssue(issue), issue);
  }
  entry.hidden_since = absl::InfinitePast();
  if (entry.told && !entry.untold_change) return Store(entry, std::nullopt, "", out);
  if (entry.told) {
    entry.untold_change = false;
    IssueEventRecord event{issue.id(), now, std::string(kRules), "unsuppressed", "", "", "it has got worse meanwhile"};
    return Store(entry, std::move(event), "updated", out);
  }
  if (issue.state() == "open") StartClocks(ParseSeverity(issue.severity()), now, TermsOfIssue(issue), issue);
  IssueEventRecord event{issue.id(), now, std::string(kRules), "unsuppressed", "", "", "nothing explains it any more"};
  Store(entry, std::move(event), "opened", out);
}

std::string_view IssueBook::Heard(std::string_view notify, Entry& entry) {
  if (notify == "resolved") return entry.told ? notify : "";
  if (entry.hidden) {
    if (notify == "opened") entry.told = false;
    if (notify == "updated") entry.untold_change = true;
    return "";
  }
  if (!notify.empty()) entry.told = true;
  if (!notify.empty()) entry.untold_change = false;
  return notify;
}

}  // namespace steward::collector
