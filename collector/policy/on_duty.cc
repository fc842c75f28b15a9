#include "collector/policy/on_duty.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "base/text.h"

namespace steward::collector {
namespace {

// Hours that go over midnight belong to the day on which they begin.
bool WorksAt(const PersonConfig& person, absl::CivilSecond now, bool& away) {
  const absl::CivilDay today(now);
  const absl::Duration time = absl::Seconds(now - absl::CivilSecond(today));
  const auto hours = [&](absl::CivilDay day) { return person.week[static_cast<std::size_t>(absl::GetWeekday(day))]; };
  const DayHours of_today = hours(today);
  const DayHours of_yesterday = hours(today - 1);
  const bool since_today = !of_today.empty() && time >= of_today.from && (of_today.to < of_today.from || time < of_today.to);
  const bool since_yesterday = of_yesterday.to < of_yesterday.from && time < of_yesterday.to;
  away = person.holidays.contains(since_today ? today : today - 1);
  return since_today || since_yesterday;
}

const PersonConfig* Find(const std::vector<PersonConfig>& people, std::string_view name) {
  const auto found = std::find_if(people.begin(), people.end(), [&](const PersonConfig& person) { return person.name == name; });
  return found == people.end() ? nullptr : &*found;
}

void Add(const PersonConfig& person, OnDuty& duty) {
  if (std::find(duty.people.begin(), duty.people.end(), person.name) != duty.people.end()) return;
  duty.people.push_back(person.name);
  duty.channels.push_back(person.channel);
}

}  // namespace

OnDuty WhoIsOnDuty(const PolicyConfig& policy, std::string_view party, absl::TimeZone zone, absl::Time now) {
  OnDuty duty;
  const absl::CivilSecond local = absl::ToCivilSecond(now, zone);
  bool any = false;
  for (const PersonConfig& person : policy.people) {
    if (person.party != party) continue;
    any = true;
    bool away = false;
    if (!WorksAt(person, local, away)) continue;
    if (!away) {
      Add(person, duty);
      continue;
    }
    const PersonConfig* deputy = Find(policy.people, person.deputy);
    if (deputy != nullptr && !deputy->holidays.contains(absl::CivilDay(local))) Add(*deputy, duty);
  }
  if (!any) return duty;
  if (!duty.people.empty()) {
    duty.note = absl::StrJoin(duty.people, ", ");
    return duty;
  }
  const auto found = policy.parties.find(std::string(party));
  const std::string fallback = found == policy.parties.end() ? "" : found->second.fallback;
  if (!fallback.empty()) duty.channels.push_back(fallback);
  duty.note = fallback.empty() ? "nobody" : StrCat("nobody, so this went to \"", fallback, "\"");
  return duty;
}

}  // namespace steward::collector
