#include "agent/probes/systemd.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/systemctl.h"
#include "agent/probes/systemd_jobs.h"
#include "agent/probes/text.h"
#include "agent/probes/told_once.h"
#include "agent/probes/unit_logs.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 5> kStates = {"activating", "active", "deactivating", "failed", "inactive"};
constexpr std::array<std::string_view, 4> kKinds = {".service", ".timer", ".socket", ".target"};

constexpr Metric kUnitState = {.name = "node_systemd_unit_state", .help = "Systemd unit"};
constexpr Metric kUnits = {.name = "node_systemd_units", .help = "Summary of systemd unit states"};
constexpr Metric kRunning = {.name = "node_systemd_system_running",
                             .help = "Whether the system is operational (see 'systemctl is-system-running')"};
constexpr Metric kVersion = {
    .name = "node_systemd_version", .help = "Detected systemd version", .denominator = 1000};
constexpr Metric kRestarts = {.name = "node_systemd_service_restart_total",
                              .help = "Systemd unit count of Restart triggers",
                              .type = MetricType::kCounter};
constexpr Metric kLastTrigger = {.name = "node_systemd_timer_last_trigger_seconds",
                                 .help = "Seconds since epoch of last trigger."};
constexpr Metric kAccepted = {.name = "node_systemd_socket_accepted_connections_total",
                              .help = "Total number of accepted socket connections",
                              .type = MetricType::kCounter};
constexpr Metric kConnections = {.name = "node_systemd_socket_current_connections",
                                 .help = "Current number of socket connections"};
constexpr Metric kRefused = {.name = "node_systemd_socket_refused_connections_total",
                             .help = "Total number of refused socket connections",
                             .type = MetricType::kCounter};
constexpr Metric kNextTrigger = {.name = "steward_systemd_timer_next_trigger_seconds",
                                 .help = "Seconds since epoch when the timer elapses next; absent: not planned."};
constexpr Metric kResult = {.name = "steward_systemd_unit_result",
                            .help = "1: how the last run of a unit ended that did not end well, by systemd's Result."};
constexpr Metric kLeftOut = {.name = "steward_systemd_units_left_out",
                             .help = "Services, timers, sockets and targets without series of their own."};

// "3-10.0.0.1:22-10.0.0.9:50022", "12-4711-0": a running number, then two things the unit was made for. Not "15-main".
bool IsMadeForOnce(std::string_view instance) {
  const std::size_t dash = instance.find_first_not_of("0123456789");
  if (dash == 0 || dash == std::string_view::npos || instance[dash] != '-' || dash + 1 >= instance.size()) return false;
  const char next = instance[dash + 1];
  return ((next >= '0' && next <= '9') || next == '[') && instance.find('-', dash + 1) != std::string_view::npos;
}

// "252.38-1~deb12u1" is 252.38, as node_exporter has it.
std::int64_t VersionNumber(std::string_view version) {
  const std::size_t first = version.find_first_of("0123456789");
  if (first == std::string_view::npos) return 0;
  version.remove_prefix(first);
  std::size_t end = version.find_first_not_of("0123456789");
  if (end != std::string_view::npos && version[end] == '.') {
    const std::size_t minor = version.find_first_not_of("0123456789", end + 1);
    if (minor != end + 1) end = minor;
  }
  std::string_view number = version.substr(0, end);
  if (number.ends_with('.')) number.remove_suffix(1);
  return ParseFixed(number, 3).value_or(0);
}

class SystemdProbe final : public Probe {
 public:
  SystemdProbe(Platform& platform, const ProbeSettings& settings) : platform_(platform), notes_(settings.notes) {}
  std::string_view name() const override { return "systemd"; }
  absl::Duration slow_interval() const override { return absl::Minutes(1); }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::string> text = platform_.RunTool(Tool::kSystemdUnits, kSystemdDeadline);
    if (!text.ok()) return text.status();
    const absl::StatusOr<std::vector<SystemdUnit>> units = ParseSystemdUnits(*text);
    if (!units.ok()) return units.status();
    if (absl::Status status = AskDetailsIfDue(*units); !status.ok()) return status;
    ReportManager(sink);
    ReportCounts(*units, sink);
    std::size_t reported = 0;
    std::int64_t left_out = 0;
    for (const SystemdUnit& unit : *units) {
      if (!IsWanted(unit)) continue;
      if (reported < kSystemdUnitsMax && HasSystemdSeries(unit.name) && !IsUnknown(unit)) {
        ++reported;
        ReportUnit(unit, sink);
      } else {
        ++left_out;
      }
    }
    sink.Add(kLeftOut, {}, left_out);
    jobs_.Report(sink);
    return absl::OkStatus();
  }

 private:
  static bool IsWanted(const SystemdUnit& unit) {
    return unit.load == "loaded" && std::any_of(kKinds.begin(), kKinds.end(), [&](std::string_view kind) {
             return unit.name.ends_with(kind);
           });
  }
  bool IsUnknown(const SystemdUnit& unit) const { return unit.name.ends_with(".service") && !services_.contains(unit.name); }

  absl::Status AskDetailsIfDue(const std::vector<SystemdUnit>& units) {
    std::set<std::string> failed;
    std::set<std::string_view> running;
    bool has_new = false;
    for (const SystemdUnit& unit : units) {
      if (unit.active == "failed") failed.emplace(unit.name);
      else if (unit.active != "inactive") running.insert(unit.name);
      has_new = has_new || (IsWanted(unit) && HasSystemdSeries(unit.name) && IsUnknown(unit));
    }
    ++age_;
    const bool is_due = age_ >= (has_new ? kSystemdDetailsOfNewEvery : kSystemdDetailsEvery);
    if (!services_.empty() && !is_due && failed == failed_) return absl::OkStatus();
    absl::StatusOr<std::string> services = platform_.RunTool(Tool::kSystemdServices, kSystemdDeadline);
    if (!services.ok()) return services.status();
    absl::StatusOr<std::string> timers = platform_.RunTool(Tool::kSystemdTimers, kSystemdDeadline);
    if (!timers.ok()) return timers.status();
    services_text_ = *std::move(services);
    timers_text_ = *std::move(timers);
    services_ = ParseSystemdProperties(services_text_);
    timers_ = ParseSystemdProperties(timers_text_);
    jobs_.Note(services_, timers_, running);
    asks_logs_ = asks_logs_ || failed != failed_;
    failed_ = std::move(failed);
    age_ = 0;
    if (asks_logs_ && notes_) TellLogs();
    return absl::OkStatus();
  }

  // Why they failed is worth less than that they did: without it the rest is told all the same.
  void TellLogs() {
    std::string text;
    const bool has_failed = std::any_of(failed_.begin(), failed_.end(), [](const std::string& unit) { return unit.ends_with(".service"); });
    if (has_failed) {
      absl::StatusOr<std::string> logs = platform_.RunTool(Tool::kUnitLogs, kSystemdDeadline);
      if (!logs.ok()) return troubles_.Tell({{"last words of failed services", std::string(logs.status().message())}});
      text = *std::move(logs);
    }
    troubles_.Tell({});
    notes_->Set(kFailureGroup, ParseUnitLogs(text));
    asks_logs_ = false;
  }

  void ReportManager(SampleSink& sink) const {
    const auto found = services_.find("");
    if (found == services_.end()) return;
    const std::string_view version = PropertyOf(found->second, "Version");
    const LabelView labels[] = {{"version", version}};
    sink.Add(kVersion, labels, VersionNumber(version));
    // Which of the two it is follows from the units.
    const std::string_view state = PropertyOf(found->second, "SystemState");
    sink.Add(kRunning, {}, failed_.empty() && (state == "running" || state == "degraded") ? 1 : 0);
  }

  static void ReportCounts(const std::vector<SystemdUnit>& units, SampleSink& sink) {
    for (const std::string_view state : kStates) {
      const LabelView labels[] = {{"state", state}};
      sink.Add(kUnits, labels, std::count_if(units.begin(), units.end(), [&](const SystemdUnit& unit) {
                 return unit.active == state;
               }));
    }
  }

  void ReportUnit(const SystemdUnit& unit, SampleSink& sink) {
    const auto found = services_.find(unit.name);
    const SystemdProperties none;
    const SystemdProperties& details = found == services_.end() ? none : found->second;
    for (const std::string_view state : kStates) {
      const bool holds = unit.active == state;
      if (!holds && state != "active" && state != "failed") continue;
      const LabelView labels[] = {{"name", unit.name}, {"state", state}, {"type", PropertyOf(details, "Type")}};
      sink.Add(kUnitState, labels, holds ? 1 : 0);
    }
    if (unit.name.ends_with(".service")) ReportService(unit.name, details, sink);
    if (unit.name.ends_with(".socket")) ReportSocket(unit.name, details, sink);
    if (unit.name.ends_with(".timer")) ReportTimer(unit.name, sink);
  }

  static void ReportService(std::string_view name, const SystemdProperties& details, SampleSink& sink) {
    ReportResult(name, details, sink);
    // What systemd never starts again by itself has nothing to count.
    if (PropertyOf(details, "Restart") != "no") AddCount(kRestarts, name, PropertyOf(details, "NRestarts"), sink);
  }

  static void ReportSocket(std::string_view name, const SystemdProperties& details, SampleSink& sink) {
    ReportResult(name, details, sink);
    AddCount(kAccepted, name, PropertyOf(details, "NAccepted"), sink);
    AddCount(kConnections, name, PropertyOf(details, "NConnections"), sink);
    AddCount(kRefused, name, PropertyOf(details, "NRefused"), sink);
  }

  void ReportTimer(std::string_view name, SampleSink& sink) {
    const auto timer = timers_.find(name);
    if (timer == timers_.end()) return;
    const LabelView labels[] = {{"name", name}};
    const auto last = ParseSystemdTime(PropertyOf(timer->second, "LastTriggerUSec"));
    sink.Add(kLastTrigger, labels, last.has_value() ? absl::ToUnixSeconds(*last) : 0);
    if (const auto next = NextElapse(timer->second)) sink.Add(kNextTrigger, labels, absl::ToUnixSeconds(*next));
    ReportResult(name, timer->second, sink);
  }

  // "exec-condition": the unit decided that there was nothing to do.
  static void ReportResult(std::string_view name, const SystemdProperties& details, SampleSink& sink) {
    const std::string_view result = PropertyOf(details, "Result");
    if (result.empty() || result == "success" || result == "exec-condition") return;
    const LabelView labels[] = {{"name", name}, {"result", result}};
    sink.Add(kResult, labels, 1);
  }

  static void AddCount(const Metric& metric, std::string_view name, std::string_view text, SampleSink& sink) {
    const std::optional<std::uint64_t> count = ParseUnsigned(text);
    if (!count.has_value()) return;
    const LabelView labels[] = {{"name", name}};
    sink.AddUnsigned(metric, labels, *count);
  }

  Platform& platform_;
  const std::shared_ptr<NoteBoard> notes_;
  // What was asked last, and what views into it.
  std::string services_text_;
  std::string timers_text_;
  std::map<std::string_view, SystemdProperties> services_;
  std::map<std::string_view, SystemdProperties> timers_;
  std::set<std::string> failed_;
  bool asks_logs_ = false;  // others have failed since the logs were asked
  ToldOnce troubles_{"systemd"};
  SystemdJobs jobs_;
  int age_ = 0;  // in questions for the states
};

}  // namespace

bool HasSystemdSeries(std::string_view unit) {
  if (unit.starts_with("run-") && unit.find('@') == std::string_view::npos && unit.size() > 5 &&
      (unit[4] == 'u' || unit[4] == 'r' || unit[4] == 'p') && unit[5] >= '0' && unit[5] <= 'f') {
    return false;
  }
  const std::size_t at = unit.find('@');
  return at == std::string_view::npos || !IsMadeForOnce(unit.substr(at + 1));
}

std::unique_ptr<Probe> MakeSystemdProbe(Platform& platform, const ProbeSettings& settings) {
  return std::make_unique<SystemdProbe>(platform, settings);
}

}  // namespace steward::agent
