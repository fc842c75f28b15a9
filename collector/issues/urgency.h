// At what hours an issue may be told, and when it is told again if nobody takes it (catalogue, "Escalation"). Pure.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "collector/issues/service_level.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// Whether it may be told outside of working hours, where people let its severity decide: what is critical, and on a server
// what is high and about storage, backup or security.
bool IsToldAtAnyHour(const v1::Issue& issue);

// When it is told again; InfiniteFuture: never. Only while it is open, that is until somebody takes it, and its clock runs.
// What is critical every kRepeatCritical; what was told of a server at night, once more when work begins. `told`: when whose
// move it is heard of it last.
inline constexpr absl::Duration kRepeatCritical = absl::Minutes(30);
absl::Time RemindAt(const v1::Issue& issue, absl::Time told, const Terms& terms);

}  // namespace steward::collector
