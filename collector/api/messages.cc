#include "collector/api/messages.h"

#include <algorithm>

#include "base/text.h"
#include "google/protobuf/util/time_util.h"

namespace steward::collector {
namespace {

using google::protobuf::util::TimeUtil;

std::string_view StateWord(DeliveryState state) {
  switch (state) {
    case DeliveryState::kWaiting:
      return "waiting";
    case DeliveryState::kDelivered:
      return "delivered";
    case DeliveryState::kDead:
      return "dead";
  }
  return "unknown";
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const absl::Time earliest = absl::FromUnixSeconds(TimeUtil::kTimestampMinSeconds);
  const absl::Time latest = absl::FromUnixSeconds(TimeUtil::kTimestampMaxSeconds);
  time = std::clamp(time, earliest, latest);
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(absl::ToUnixSeconds(time));
  stamp.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(stamp.seconds()))));
  return stamp;
}

google::protobuf::Duration ToDuration(absl::Duration duration) {
  return TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(duration));
}

absl::StatusOr<absl::Time> FromTimestamp(const google::protobuf::Timestamp& time, std::string_view name) {
  if (time.seconds() < TimeUtil::kTimestampMinSeconds || time.seconds() > TimeUtil::kTimestampMaxSeconds ||
      time.nanos() < 0 || time.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(StrCat(name, " is not a time of the years 1 to 9999"));
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::map<std::string, std::uint32_t> OpenIssues(absl::Span<const IssueRecord> issues) {
  std::map<std::string, std::uint32_t> open;
  for (const IssueRecord& record : issues) {
    if (record.issue.state() != "pending" && !record.issue.machine_id().empty()) ++open[record.issue.machine_id()];
  }
  return open;
}

v1::Machine MachineMessage(const MachineRecord& record, const Latest& latest, std::uint32_t open_issues) {
  v1::Machine machine;
  machine.set_id(record.id);
  machine.set_host_name(record.host_name);
  machine.set_instance(record.instance);
  machine.set_site(record.site);
  machine.set_class_(record.machine_class);
  machine.set_state(record.state == MachineState::kRetired ? "retired" : "active");
  machine.set_agent_version(record.agent_version);
  machine.set_operating_system(record.operating_system);
  machine.set_address(record.address);
  machine.set_open_issues(open_issues);
  absl::Time last_seen = record.last_seen_time;
  if (const auto status = latest.Find(record.id)) {
    machine.set_up(status->up);
    machine.set_address(status->record->address);
    last_seen = std::max(last_seen, status->last_seen_time);
  }
  if (last_seen != absl::InfinitePast()) *machine.mutable_last_seen_time() = ToTimestamp(last_seen);
  if (record.enrolled_time != absl::InfinitePast()) *machine.mutable_enrolled_time() = ToTimestamp(record.enrolled_time);
  if (record.certificate_expire_time != absl::InfinitePast()) {
    *machine.mutable_certificate_expire_time() = ToTimestamp(record.certificate_expire_time);
  }
  *machine.mutable_interval() = ToDuration(record.interval);
  machine.set_continued_as_id(record.continued_as);
  return machine;
}

v1::Delivery DeliveryMessage(const OutboxRecord& record) {
  v1::Delivery delivery;
  delivery.set_idempotency_key(record.idempotency_key);
  delivery.set_channel(record.channel);
  delivery.set_event(record.event);
  delivery.set_issue_id(record.issue_id);
  delivery.set_state(std::string(StateWord(record.state)));
  delivery.set_attempts(record.attempts);
  *delivery.mutable_created_time() = ToTimestamp(record.created_time);
  if (record.state == DeliveryState::kWaiting) {
    *delivery.mutable_next_attempt_time() = ToTimestamp(record.next_attempt_time);
  }
  delivery.set_last_answer(record.last_answer);
  return delivery;
}

}  // namespace steward::collector
