#include "collector/policy/timeline/timeline_people.h"

#include <algorithm>

#include "base/duration.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {

bool IsAct(const TimelineStep& step) {
  constexpr std::string_view kActs[] = {"acknowledge", "claim", "close", "snooze"};
  return std::find(std::begin(kActs), std::end(kActs), step.words[0]) != std::end(kActs);
}

absl::StatusOr<v1::ActOnIssueRequest> ActOf(const TimelineStep& step, absl::Time now) {
  const auto usage = absl::InvalidArgumentError("write acknowledge TYPE, claim TYPE, close TYPE or snooze TYPE 2d");
  const bool snoozed = step.words[0] == "snooze";
  if (step.words.size() != (snoozed ? 3 : 2)) return usage;
  v1::ActOnIssueRequest request;
  request.set_reason("as the timeline says");
  if (step.words[0] == "acknowledge") request.mutable_acknowledge();
  if (step.words[0] == "claim") request.mutable_claim();
  if (step.words[0] == "close") request.mutable_close();
  if (!snoozed) return request;
  const auto length = ParseDuration(step.words[2]);
  if (!length.ok()) return usage;
  SetTime(now + *length, *request.mutable_snooze()->mutable_until());
  return request;
}

}  // namespace steward::collector
