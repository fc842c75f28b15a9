#include "collector/metrics/fleet_series.h"

#include <array>
#include <initializer_list>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "collector/latest/text_format.h"
#include "google/protobuf/util/time_util.h"

namespace steward::collector {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

void AppendLine(std::string_view name, Labels labels, double value, std::string& out) {
  out.append(name);
  char separator = '{';
  for (const auto& [label, text] : labels) {
    out += separator;
    AppendLabel(label, text, out);
    separator = ',';
  }
  out += "} ";
  AppendNumber(value, out);
  out += '\n';
}

double Seconds(absl::Time time) { return static_cast<double>(absl::ToUnixMillis(time)) / 1000; }

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(google::protobuf::util::TimeUtil::TimestampToMilliseconds(time)) / 1000;
}

void AppendIssueDetails(absl::Span<const IssueRecord> issues, absl::Span<const MachineStatus> machines,
                        std::string& out) {
  absl::flat_hash_map<std::string_view, std::string_view> instances;
  for (const MachineStatus& machine : machines) instances[machine.record->id] = machine.record->instance;
  const auto instance_of = [&](const v1::Issue& issue) -> std::string_view {
    const auto found = instances.find(issue.machine_id());
    return found == instances.end() ? std::string_view(issue.host_name()) : found->second;
  };

  AppendFamilyHeader("steward_issue_info", "What an issue that is not over says of itself; always 1.", "gauge", out);
  for (const IssueRecord& record : issues) {
    const v1::Issue& issue = record.issue;
    AppendLine("steward_issue_info",
               {{"instance", instance_of(issue)},
                {"machine", issue.machine_id()},
                {"site", issue.site()},
                {"class", issue.class_()},
                {"id", issue.id()},
                {"type", issue.type()},
                {"subject", issue.subject()},
                {"severity", issue.severity()},
                {"state", issue.state()},
                {"party", issue.party()},
                {"title", issue.title()}},
               1, out);
  }
  AppendFamilyHeader("steward_issue_opened_timestamp_seconds", "When an issue that is not over was opened.", "gauge",
                     out);
  for (const IssueRecord& record : issues) {
    AppendLine("steward_issue_opened_timestamp_seconds",
               {{"site", record.issue.site()}, {"id", record.issue.id()}, {"severity", record.issue.severity()}},
               Seconds(record.issue.opened_time()), out);
  }
}

}  // namespace

void AppendMachineStates(absl::Span<const MachineStatus> machines, std::string& out) {
  if (machines.empty()) return;
  AppendFamilyHeader("steward_machine_up",
                     "1 while the machine's last batch is younger than 3 of its intervals, at least 90 s.", "gauge",
                     out);
  for (const MachineStatus& machine : machines) {
    const MachineRecord& record = *machine.record;
    AppendLine("steward_machine_up",
               {{"instance", record.instance},
                {"machine", record.id},
                {"site", record.site},
                {"class", record.machine_class}},
               machine.up ? 1 : 0, out);
  }
  AppendFamilyHeader("steward_machine_info", "What is known of an enrolled machine; always 1.", "gauge", out);
  for (const MachineStatus& machine : machines) {
    const MachineRecord& record = *machine.record;
    AppendLine("steward_machine_info",
               {{"instance", record.instance},
                {"machine", record.id},
                {"site", record.site},
                {"class", record.machine_class},
                {"host_name", record.host_name},
                {"operating_system", record.operating_system},
                {"agent_version", record.agent_version}},
               1, out);
  }
  AppendFamilyHeader("steward_machine_last_seen_timestamp_seconds",
                     "Time of the machine's newest batch; absent while there is none.", "gauge", out);
  for (const MachineStatus& machine : machines) {
    if (machine.last_seen_time == absl::InfinitePast()) continue;
    const MachineRecord& record = *machine.record;
    AppendLine("steward_machine_last_seen_timestamp_seconds",
               {{"instance", record.instance},
                {"machine", record.id},
                {"site", record.site},
                {"class", record.machine_class}},
               Seconds(machine.last_seen_time), out);
  }
}

void AppendCoverage(absl::Span<const MachineStatus> machines, const CoverageRatio& ratio, std::string& out) {
  std::string lines;
  for (const MachineStatus& machine : machines) {
    const MachineRecord& record = *machine.record;
    const std::optional<double> share = ratio(record);
    if (!share) continue;
    AppendLine("steward_coverage_ratio",
               {{"instance", record.instance},
                {"machine", record.id},
                {"site", record.site},
                {"class", record.machine_class}},
               *share, lines);
  }
  if (lines.empty()) return;
  AppendFamilyHeader("steward_coverage_ratio",
                     "Observed share of the last 24 hours (or since enrolment), of the time in which the machine was "
                     "neither off nor asleep; what was delivered later counts as observed. Absent if it was so all the "
                     "time.",
                     "gauge", out);
  out += lines;
}

void AppendIssues(absl::Span<const IssueRecord> issues, absl::Span<const MachineStatus> machines, std::string& out) {
  std::vector<IssueRecord> shown;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, int> counts;
  for (const MachineStatus& machine : machines) {
    for (const char* severity : {"critical", "high", "medium", "low"}) {
      for (const char* party : {"it-manager", "partner"}) {
        counts.try_emplace({machine.record->site, severity, "open", party}, 0);
      }
    }
  }
  for (const IssueRecord& record : issues) {
    const v1::Issue& issue = record.issue;
    if (issue.state() == "pending" || issue.drill()) continue;
    ++counts[{issue.site(), issue.severity(), issue.state(), issue.party()}];
    shown.push_back(record);
  }
  if (!counts.empty()) {
    AppendFamilyHeader("steward_issues", "Issues that are not over.", "gauge", out);
    for (const auto& [key, count] : counts) {
      const auto& [site, severity, state, party] = key;
      AppendLine("steward_issues", {{"site", site}, {"severity", severity}, {"state", state}, {"party", party}}, count,
                 out);
    }
  }
  if (!shown.empty()) AppendIssueDetails(shown, machines, out);
}

}  // namespace steward::collector
