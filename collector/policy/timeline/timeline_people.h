// What people do about an issue in a timeline. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/policy/timeline/timeline.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

bool IsAct(const TimelineStep& step);

// acknowledge TYPE, claim TYPE, close TYPE, snooze TYPE 2d: without the id of the issue. InvalidArgument: how it is written.
absl::StatusOr<v1::ActOnIssueRequest> ActOf(const TimelineStep& step, absl::Time now);

}  // namespace steward::collector
