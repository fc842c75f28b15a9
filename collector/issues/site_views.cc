#include "collector/issues/site_views.h"

#include <algorithm>

#include "base/text.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kIntervalMin = absl::Seconds(5);
constexpr std::size_t kNamesShown = 5;

Zone ZoneAt(const Finding& finding, std::string_view level) {
  const auto found = std::find_if(finding.levels.begin(), finding.levels.end(), [&](const LevelJudgement& one) { return one.name == level; });
  return found == finding.levels.end() ? Zone::kBetween : found->zone;  // a level of another class: it says nothing
}

// The number of levels at which it is raised.
auto Badness(const Finding& finding) {
  return std::count_if(finding.levels.begin(), finding.levels.end(), [](const LevelJudgement& level) { return level.zone == Zone::kRaised; });
}

bool IsWorse(const Finding& one, const Finding& other) {
  if (Badness(one) != Badness(other)) return Badness(one) > Badness(other);
  return one.lower_is_worse ? one.value < other.value : one.value > other.value;
}

struct Count {
  std::size_t raised = 0, clear = 0, all = 0;
};

Zone ZoneOf(const Count& count, std::size_t wanted) {
  if (count.raised >= wanted) return Zone::kRaised;
  return count.clear > 0 && count.all - count.clear < wanted ? Zone::kClear : Zone::kBetween;
}

}  // namespace

void SiteViews::Put(const MachineRecord& machine, const Rule& rule, Finding finding, absl::Time now) {
  Thing& thing = views_[{machine.site, std::string(rule.type()), finding.subject}];
  thing.rule = &rule;
  thing.is_new = true;
  thing.by_machine.insert_or_assign(machine.id, View{MachineName(machine), std::move(finding), now});
}

void SiteViews::Forget(std::string_view machine_id) {
  for (auto& [key, thing] : views_) {
    if (const auto view = thing.by_machine.find(machine_id); view != thing.by_machine.end()) thing.by_machine.erase(view);
  }
}

std::optional<Finding> SiteViews::Join(const Key& key, const Thing& thing, absl::Time now) {
  std::vector<const View*> fresh;
  for (const auto& [id, view] : thing.by_machine) {
    if (now - view.put <= kFreshIntervals * std::max(view.finding.interval, kIntervalMin)) fresh.push_back(&view);
  }
  if (fresh.empty()) return std::nullopt;
  const View& worst = **std::max_element(fresh.begin(), fresh.end(), [](const View* a, const View* b) { return IsWorse(b->finding, a->finding); });
  Finding joint = worst.finding;
  joint.time = joint.since = now;
  // Machines that are off now count as viewpoints: what one of them sees alone at night is not believed either.
  const std::size_t of_those_who_look = (thing.rule->viewpoints_percent() * fresh.size() + 99) / 100;
  const std::size_t wanted = std::max(std::min(thing.rule->viewpoints(), thing.by_machine.size()), of_those_who_look);
  for (LevelJudgement& level : joint.levels) {
    Count count{0, 0, fresh.size()};
    for (const View* view : fresh) {
      const Zone zone = ZoneAt(view->finding, level.name);
      if (zone == Zone::kRaised) ++count.raised;
      if (zone == Zone::kClear) ++count.clear;
    }
    level.zone = ZoneOf(count, wanted);
  }
  if (joint.IsClear()) {
    joint.details.clear();
    return joint;
  }
  std::size_t seen = 0;
  std::string names;
  for (const View* view : fresh) {
    if (view->finding.IsClear() || ++seen > kNamesShown) continue;
    StrAppend(&names, names.empty() ? "" : ", ", view->name);
  }
  if (seen > kNamesShown) StrAppend(&names, " and ", seen - kNamesShown, " more");
  joint.details["site"] = key.site;
  joint.details["seen_from"] = StrCat(names, " (", seen, " of ", fresh.size(), fresh.size() == 1 ? " machine that looks)" : " machines that look)");
  return joint;
}

std::vector<SiteViews::Joint> SiteViews::Judge(absl::Time now) {
  std::vector<Joint> joints;
  for (auto thing = views_.begin(); thing != views_.end();) {
    std::erase_if(thing->second.by_machine, [&](const auto& view) { return now - view.second.put > kForgotten; });
    if (thing->second.by_machine.empty()) {
      thing = views_.erase(thing);
      continue;
    }
    if (std::exchange(thing->second.is_new, false)) {
      auto finding = Join(thing->first, thing->second, now);
      if (finding) joints.push_back({thing->first.site, thing->second.rule, *std::move(finding)});
    }
    ++thing;
  }
  return joints;
}

}  // namespace steward::collector
