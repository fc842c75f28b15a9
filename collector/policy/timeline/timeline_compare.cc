#include <algorithm>
#include <iterator>

#include "absl/strings/str_join.h"
#include "base/duration.h"
#include "base/text.h"
#include "collector/policy/timeline/timeline.h"

namespace steward::collector {

namespace {

// Nobody acts in most stories, so that every deadline is missed and what is critical is told again and again: said where it
// is the story.
constexpr std::string_view kOfDeadlines[] = {"escalated", "reminded"};

bool IsOfDeadlines(std::string_view action) {
  return std::find(std::begin(kOfDeadlines), std::end(kOfDeadlines), action) != std::end(kOfDeadlines);
}

absl::Duration Slack(const Timeline& timeline) { return timeline.interval + absl::Seconds(5); }

bool IsSame(const TimelineEvent& event, const TimelineStep& expected) {
  const std::vector<std::string>& words = expected.words;
  return event.action == words[0] && event.type == words[1] && event.subject == words[2] &&
         (words.size() < 4 || event.severity == words[3]) &&
         (words.size() < 5 || words[4] == (event.key.empty() ? "untold" : "told"));
}

std::string Compare(const Timeline& timeline, const std::vector<TimelineStep>& expectations, const std::vector<TimelineEvent>& events) {
  std::string wrong;
  for (std::size_t i = 0; i < std::max(events.size(), expectations.size()); ++i) {
    if (i >= expectations.size()) {
      StrAppend(&wrong, "not expected: ", events[i].ToString(), "\n");
      continue;
    }
    const TimelineStep& expected = expectations[i];
    const std::string text = StrCat(timeline.name, ":", expected.line, ": expected ", DurationText(expected.at), " ",
                                    absl::StrJoin(expected.words, " "));
    if (i >= events.size()) {
      StrAppend(&wrong, text, ", nothing came\n");
      continue;
    }
    const bool in_time = events[i].at >= expected.at && events[i].at <= expected.at + Slack(timeline);
    if (!IsSame(events[i], expected) || !in_time) StrAppend(&wrong, text, ", came ", events[i].ToString(), "\n");
  }
  return wrong;
}

// Of a fleet each machine is compared by itself: what happens to several at one moment has no order.
std::string CompareFleet(const Timeline& timeline, const std::vector<TimelineEvent>& events) {
  std::string wrong;
  for (int machine = 0; machine <= timeline.fleet; ++machine) {
    std::vector<TimelineStep> expected;
    for (const TimelineStep& step : timeline.expected) {
      if (step.first <= machine && machine <= step.last) expected.push_back(step);
    }
    std::vector<TimelineEvent> own;
    std::copy_if(events.begin(), events.end(), std::back_inserter(own), [&](const TimelineEvent& event) { return event.machine == machine; });
    const std::string of_machine = Compare(timeline, expected, own);
    if (!of_machine.empty()) StrAppend(&wrong, machine == 0 ? "the site" : StrCat("machine ", machine), ":\n", of_machine);
  }
  return wrong;
}

}  // namespace

std::string TimelineEvent::ToString() const {
  const std::string what = StrCat(DurationText(at), " ", action, " ", type, " ", subject);
  return action == kMessages ? what : StrCat(what, " ", severity, key.empty() ? " untold" : " told");
}

std::string CompareTimeline(const Timeline& timeline, std::vector<TimelineEvent> events) {
  const bool of_deadlines = std::any_of(timeline.expected.begin(), timeline.expected.end(),
                                        [](const TimelineStep& step) { return IsOfDeadlines(step.words[0]); });
  if (!of_deadlines) std::erase_if(events, [](const TimelineEvent& event) { return IsOfDeadlines(event.action); });
  return timeline.fleet == 1 ? Compare(timeline, timeline.expected, events) : CompareFleet(timeline, events);
}

}  // namespace steward::collector
