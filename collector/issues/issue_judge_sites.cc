// The part of the judge that looks at the machines of a site together, and at the collector.
#include <algorithm>

#include "collector/issues/issue_ids.h"
#include "collector/issues/issue_judge.h"
#include "collector/rules/site_presence.h"

namespace steward::collector {
namespace {

// The collector's own machine is heard over the loopback even if the site is cut off.
bool IsOnLoopback(const MachineRecord& machine) { return machine.address.starts_with("127.") || machine.address == "::1"; }

bool IsHeard(const MachineWatch& watch, absl::Time now) {
  return now - watch.presence.last_seen() <= std::max(watch.presence_times.silence, 3 * watch.record.interval);
}

SitePresence PresenceOf(const std::vector<const MachineWatch*>& watches, absl::Time now) {
  SitePresence site;
  for (const MachineWatch* watch : watches) {
    site.last_heard = std::max(site.last_heard, watch->presence.last_seen());
    if (IsHeard(*watch, now)) ++site.heard;
  }
  for (const MachineWatch* watch : watches) {
    const bool together = watch->presence.last_seen() >= site.last_heard - SitePresence::kTogether;
    if (together && !IsHeard(*watch, now) && watch->presence.farewell() == Farewell::kNone) ++site.lost;
  }
  return site;
}

// Whether it is time, and until when it is not again. A clock that was set back holds nothing up.
bool IsDue(absl::Time now, absl::Time& next, absl::Duration every) {
  if (now < next && next <= now + every) return false;
  next = now + every;
  return true;
}

// Stands for the site where a machine is asked for.
MachineRecord SiteRecord(std::string_view name) {
  MachineRecord record;
  record.id = SiteScope(name);
  record.site = std::string(name);
  return record;
}

}  // namespace

std::set<std::string> IssueJudge::Sites() const {
  std::set<std::string> sites = {""};  // the collector's own
  for (const auto& [id, watch] : watches_) sites.insert(watch.record.site);
  return sites;
}

void IssueJudge::CloseSwitchedOff(const std::string& site, absl::Time now, JudgeOutput& out) {
  const MachineRecord record = SiteRecord(site);
  for (const auto& rule : rules_) {
    if (!rule->judges_sites() && rule->viewpoints() == 0) continue;
    const RuleSettings settings(rule->thresholds(), config_of_(rule->type(), record));
    if (!settings.enabled()) book_.Close(record.id, rule->type(), "the rule is switched off", now, out.changes);
  }
}

void IssueJudge::JudgeCollector(absl::Time now, JudgeOutput& out) {
  if (!health_) return;
  const CollectorHealth health = health_();
  const MachineRecord record = SiteRecord("");
  for (const auto& rule : rules_) {
    const RuleSettings settings(rule->thresholds(), config_of_(rule->type(), record));
    if (!settings.enabled()) continue;
    std::vector<Finding> findings;
    rule->JudgeCollector(health, start_, now, settings, findings);
    for (Finding& finding : findings) Tell(record, *rule, settings, std::move(finding), now, out);
  }
}

void IssueJudge::JudgeViews(absl::Time now, JudgeOutput& out) {
  if (!IsDue(now, next_views_, kViewsJudged)) return;
  for (const SiteViews::Joint& joint : views_.Judge(now)) {
    book_.Apply(SiteRecord(joint.site), *joint.rule, joint.finding, now, out.changes);
  }
}

void IssueJudge::MarkSitesStale(absl::Time now, JudgeOutput& out) {
  if (now - start_ < IssueBook::kStaleAfter) return;  // its machines come back one by one
  const auto none_is_gone = [](const v1::Issue&, std::string_view, absl::Time) { return false; };
  for (const std::string& site : Sites()) book_.MarkStale(SiteScope(site), now, none_is_gone, now, out.changes);
}

void IssueJudge::JudgeSites(absl::Time now, JudgeOutput& out) {
  if (!own_network_works_()) listening_since_ = now;
  const absl::Time judged_from = listening_since_ + PresenceTimes().silence;
  if (now < judged_from || !IsDue(now, next_sites_, kSitesJudged)) return;
  std::map<std::string_view, std::vector<const MachineWatch*>> sites, beyond;
  for (const auto& [id, watch] : watches_) {
    if (!watch.presence.ever_seen()) continue;
    sites[watch.record.site].push_back(&watch);
    if (!IsOnLoopback(watch.record)) beyond[watch.record.site].push_back(&watch);
  }
  for (const auto& rule : rules_) {
    if (!rule->judges_sites()) continue;
    for (const auto& [name, watches] : sites) {
      const MachineRecord record = SiteRecord(name);
      CloseWhatIsTakenOut(record, *rule, now, out);
      const RuleSettings settings(rule->thresholds(), config_of_(rule->type(), record));
      if (!settings.enabled()) continue;
      SitePresence site = PresenceOf(beyond[name].empty() ? watches : beyond[name], now);
      site.site = record.site;
      site.judged_from = judged_from;
      std::vector<Finding> findings;
      rule->JudgeSite(site, now, settings, findings);
      for (Finding& finding : findings) Tell(record, *rule, settings, std::move(finding), now, out);
    }
  }
}

}  // namespace steward::collector
