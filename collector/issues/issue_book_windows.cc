// The part of the book that keeps quiet in maintenance windows.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

constexpr std::string_view kWindow = "window";

// The store keeps whole milliseconds, and what is written here is compared with what comes back.
absl::Time WholeMillis(absl::Time time) { return absl::FromUnixMillis(absl::ToUnixMillis(time)); }

std::string NameOf(const Window& window) {
  return StrCat("\"", window.title.empty() ? window.id : window.title, "\"", window.author.empty() ? "" : " of ", window.author);
}

}  // namespace

bool IssueBook::Hold(const MachineRecord& machine, const Rule& rule, const Finding& finding, absl::Time now,
                     std::vector<IssueChange>& out) {
  if (windows_ == nullptr || IsNeverMuted(rule.type())) return false;
  const auto cover = windows_->CoverOf({machine.id, machine.host_name, machine.machine_class, machine.site}, now);
  if (!cover) return false;
  const std::string key = DedupeKey(machine.id, rule.type(), finding.subject);
  const auto found = entries_.find(key);
  const bool known = found != entries_.end();
  if (known && found->second.IsLiveIssue()) {
    if (cover->IsOver(now)) return false;  // what was open before goes on
    found->second.judged = std::max(found->second.judged, finding.time);
    return true;
  }
  const bool raised = std::any_of(finding.levels.begin(), finding.levels.end(),
                                  [](const LevelJudgement& level) { return level.zone == Zone::kRaised; });
  if (!known && !raised) return true;
  Entry& entry = known ? found->second : entries_[key];
  entry.judged = std::max(entry.judged, finding.time);
  if (entry.dismissed != Severity::kNone) return true;  // quiet already, until it clears
  if (raised && !entry.levels.empty()) return true;  // it began before: its time stands still, as the clock of an open one does
  Held held = entry.held;
  const bool is_first = held.until == absl::InfinitePast();
  if (is_first && entry.raised == absl::InfinitePast() && finding.since >= cover->begin) held.began_in = NameOf(*cover->window);
  entry.levels.clear();
  DropPending(key, entry, out);
  if (raised) {
    held.until = cover->end + WindowBook::kSettle;
    entry.held = std::move(held);
  } else if (!entry.has_issue) {
    entries_.erase(key);
  }
  return true;
}

void IssueBook::KeepWindows(absl::Time now, std::vector<IssueChange>& out) {
  if (windows_ == nullptr) return;
  now = WholeMillis(now);
  for (auto& [key, entry] : entries_) {
    if (!entry.IsLiveIssue()) continue;
    const v1::Issue& issue = entry.record.issue;
    const auto cover = windows_->CoverOf({issue.machine_id(), issue.host_name(), issue.class_(), issue.site()}, now);
    if (cover && !cover->IsOver(now)) {
      EnterWindow(*cover, now, entry, out);
    } else if (!issue.window_id().empty()) {
      LeaveWindow(now, entry, out);
    }
    TellOverrun(now, entry, out);
  }
}

void IssueBook::EnterWindow(const WindowBook::Cover& cover, absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const bool is_new = issue.window_id().empty();
  issue.set_window_id(cover.window->id);
  const bool muted = IsPausedByWindow(issue);
  // Somebody's action within the window may have made the clock go on.
  const bool stops = muted && !issue.has_paused_since();
  if (stops) {
    PauseClock(now, issue);
    entry.window_since = now;
  }
  if (!is_new && !stops) return;
  std::optional<IssueEventRecord> event;
  if (is_new) {
    event = {issue.id(), now, std::string(kWindow), muted ? "paused" : "in-window", "", "",
             StrCat("maintenance window ", NameOf(*cover.window))};
  }
  Store(entry, std::move(event), "", out);
}

void IssueBook::LeaveWindow(absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  const bool muted = IsPausedByWindow(issue);
  issue.clear_window_id();
  // Else it stands still for a reason of its own, from before or since.
  if (issue.has_paused_since() && GetTime(issue.paused_since()) == entry.window_since) {
    ResumeAll(now, TermsOfIssue(issue), issue);
  }
  entry.window_since = absl::InfinitePast();
  IssueEventRecord event{issue.id(), now, std::string(kWindow), muted ? "resumed" : "window-over", "", "",
                         "the maintenance window is over"};
  Store(entry, std::move(event), "", out);
}

bool IssueBook::NoteOverrun(absl::Time now, Entry& entry) {
  const absl::Time end = entry.held.until - WindowBook::kSettle;
  if (entry.held.began_in.empty() || now < end + WindowBook::kOverrun) return false;
  const std::string window = std::exchange(entry.held.began_in, {});
  absl::Time& told = overruns_.try_emplace(StrCat(entry.record.issue.machine_id(), "/", window), absl::InfinitePast()).first->second;
  if (told == end) return false;  // of another condition
  told = end;
  (*entry.evidence.mutable_details())["began in"] =
      StrCat("the maintenance window ", window, ", which is over for more than ", absl::ToInt64Minutes(WindowBook::kOverrun), " minutes");
  return true;
}

void IssueBook::TellOverrun(absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  if (!NoteOverrun(now, entry)) return;
  v1::Issue& issue = entry.record.issue;
  *issue.mutable_evidence() = entry.evidence;
  IssueEventRecord event{issue.id(), now, std::string(kWindow), "window-overrun", "", "", entry.evidence.details().at("began in")};
  Store(entry, std::move(event), "updated", out);
}

}  // namespace steward::collector
