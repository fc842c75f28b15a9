// Records as the management API shows them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/latest/latest.h"
#include "collector/storage/records.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// Whole nanoseconds; the infinite times become the ends of what a Timestamp can hold.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
google::protobuf::Duration ToDuration(absl::Duration duration);
// InvalidArgument: outside the years 1 to 9999, or nanos not in range; `name` is the field's.
absl::StatusOr<absl::Time> FromTimestamp(const google::protobuf::Timestamp& time, std::string_view name);

// How many issues that people see are live, by machine id.
std::map<std::string, std::uint32_t> OpenIssues(absl::Span<const IssueRecord> issues);

// `record` joined with what Latest knows of it; `open_issues` as counted.
v1::Machine MachineMessage(const MachineRecord& record, const Latest& latest, std::uint32_t open_issues);
v1::Delivery DeliveryMessage(const OutboxRecord& record);

}  // namespace steward::collector
