#include <algorithm>

#include "absl/strings/str_join.h"
#include "base/text.h"
#include "collector/config/duration.h"
#include "collector/policy/timeline/timeline.h"

namespace steward::collector {

namespace {

constexpr std::string_view kEscalated = "escalated";

}  // namespace

std::string TimelineEvent::ToString() const {
  return StrCat(DurationText(at), " ", action, " ", type, " ", subject, " ", severity, key.empty() ? " untold" : " told");
}

std::string CompareTimeline(const Timeline& timeline, std::vector<TimelineEvent> events) {
  // Nobody acts in most stories, so that every deadline is missed: said where it is the story.
  const bool of_deadlines = std::any_of(timeline.expected.begin(), timeline.expected.end(),
                                        [](const TimelineStep& step) { return step.words[0] == kEscalated; });
  if (!of_deadlines) std::erase_if(events, [](const TimelineEvent& event) { return event.action == kEscalated; });
  const absl::Duration slack = timeline.interval + absl::Seconds(5);
  std::string wrong;
  std::size_t i = 0;
  for (; i < std::max(events.size(), timeline.expected.size()); ++i) {
    if (i >= timeline.expected.size()) {
      StrAppend(&wrong, "not expected: ", events[i].ToString(), "\n");
      continue;
    }
    const TimelineStep& expected = timeline.expected[i];
    const std::string text = StrCat(timeline.name, ":", expected.line, ": expected ", DurationText(expected.at), " ",
                                    absl::StrJoin(expected.words, " "));
    if (i >= events.size()) {
      StrAppend(&wrong, text, ", nothing came\n");
      continue;
    }
    const TimelineEvent& event = events[i];
    const bool same = event.action == expected.words[0] && event.type == expected.words[1] && event.subject == expected.words[2] &&
                      (expected.words.size() < 4 || event.severity == expected.words[3]) &&
                      (expected.words.size() < 5 || expected.words[4] == (event.key.empty() ? "untold" : "told"));
    const bool in_time = event.at >= expected.at && event.at <= expected.at + slack;
    if (!same || !in_time) StrAppend(&wrong, text, ", came ", event.ToString(), "\n");
  }
  return wrong;
}

}  // namespace steward::collector
