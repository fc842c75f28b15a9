#include "collector/ingest/event_times.h"

#include <algorithm>

namespace steward::collector {
namespace {

bool ExplainsAbsence(v1::MachineEvent::Kind kind) {
  switch (kind) {
    case v1::MachineEvent::AGENT_STARTED:
    case v1::MachineEvent::AGENT_STOPPED:
    case v1::MachineEvent::MACHINE_SHUTTING_DOWN:
    case v1::MachineEvent::MACHINE_RESTARTING:
    case v1::MachineEvent::SUSPENDING:
    case v1::MachineEvent::RESUMED:
    case v1::MachineEvent::MACHINE_BOOTED:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::vector<MachineEventRecord> EventTimes(absl::Time time, absl::Span<const v1::MachineEvent> events) {
  std::int64_t newest_ms = 0;
  for (const v1::MachineEvent& event : events) newest_ms = std::max(newest_ms, event.boot_ms());
  std::vector<MachineEventRecord> records;
  for (const v1::MachineEvent& event : events) {
    if (!ExplainsAbsence(event.kind()) || records.size() == kEventsKeptPerBatch) continue;
    const std::int64_t boot_ms = std::max<std::int64_t>(event.boot_ms(), 0);
    records.push_back({time - absl::Milliseconds(newest_ms - boot_ms), event.kind()});
  }
  return records;
}

}  // namespace steward::collector
