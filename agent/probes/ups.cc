#include "agent/probes/ups.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kUpsMax = 32;
constexpr int kDecimals = 2;

constexpr Metric Variable(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .denominator = 100};
}
struct Measured {
  std::string_view variable;
  Metric metric;
};
constexpr std::array<Measured, 14> kMeasured = {{
    {"battery.charge", Variable("network_ups_tools_battery_charge", "Battery charge, percent (battery.charge)")},
    {"battery.charge.low",
     Variable("network_ups_tools_battery_charge_low", "Charge that the UPS calls low, percent (battery.charge.low)")},
    {"battery.runtime", Variable("network_ups_tools_battery_runtime", "Battery runtime, seconds (battery.runtime)")},
    {"battery.runtime.low",
     Variable("network_ups_tools_battery_runtime_low", "Runtime that the UPS calls low, seconds (battery.runtime.low)")},
    {"battery.temperature", Variable("network_ups_tools_battery_temperature", "Battery temperature, celsius (battery.temperature)")},
    {"battery.voltage", Variable("network_ups_tools_battery_voltage", "Battery voltage (battery.voltage)")},
    {"input.frequency", Variable("network_ups_tools_input_frequency", "Input line frequency, hertz (input.frequency)")},
    {"input.voltage", Variable("network_ups_tools_input_voltage", "Input voltage (input.voltage)")},
    {"output.voltage", Variable("network_ups_tools_output_voltage", "Output voltage (output.voltage)")},
    {"ups.load", Variable("network_ups_tools_ups_load", "Load on UPS, percent of full (ups.load)")},
    {"ups.power.nominal", Variable("network_ups_tools_ups_power_nominal", "Nominal apparent power, volt-ampere (ups.power.nominal)")},
    {"ups.realpower", Variable("network_ups_tools_ups_realpower", "Real power, watts (ups.realpower)")},
    {"ups.realpower.nominal",
     Variable("network_ups_tools_ups_realpower_nominal", "Nominal real power, watts (ups.realpower.nominal)")},
    {"ups.temperature", Variable("network_ups_tools_ups_temperature", "UPS temperature, celsius (ups.temperature)")},
}};

constexpr Metric kUp = {.name = "steward_ups_up", .help = "1 if the UPS' driver answers."};
constexpr Metric kStatus = {.name = "network_ups_tools_ups_status", .help = "UPS status (ups.status)"};
constexpr Metric kDevice = {.name = "network_ups_tools_device_info", .help = "UPS Device information"};
constexpr Metric kBatteryDate = {.name = "steward_ups_battery_timestamp_seconds",
                                 .help = "The day the battery was made or changed, as the UPS has it."};
constexpr Metric kTestPassed = {.name = "steward_ups_self_test_passed",
                                .help = "1 if the last self-test passed, 0 if it found something."};
// On line, on battery, battery low, to be replaced, charging ... forced shutdown.
constexpr std::array<std::string_view, 15> kFlags = {"ALARM", "BOOST", "BYPASS", "CAL", "CHRG", "DISCHRG", "FSD", "HB",
                                                     "LB",    "OB",    "OFF",    "OL",  "OVER", "RB",      "TRIM"};

// The text of "…" at the start of `rest`; a backslash stands before each quote and backslash of its own.
std::string Quoted(std::string_view rest) {
  std::string text;
  if (!rest.starts_with('"')) return text;
  for (std::size_t at = 1; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    text += rest[at];
  }
  return text;
}

bool Says(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

// Drivers' own words: "Done and passed", "Done and warning", "Done and error", "OK", "NG", "In progress", "No test initiated".
std::optional<bool> TestPassed(std::string_view result) {
  if (Says(result, "passed") || Says(result, "Passed") || result == "OK") return true;
  if (Says(result, "error") || Says(result, "warning") || Says(result, "ailed") || result == "NG" || result == "BT") return false;
  return std::nullopt;
}

void ReportStatus(std::string_view ups, std::string_view status, SampleSink& sink) {
  if (status.empty()) return;
  std::vector<std::string_view> set;
  std::string_view flag;
  while (NextField(status, flag)) set.push_back(flag);
  for (const std::string_view one : kFlags) {
    const LabelView labels[] = {{"flag", one}, {"ups", ups}};
    sink.Add(kStatus, labels, std::find(set.begin(), set.end(), one) != set.end() ? 1 : 0);
  }
}

void ReportUps(std::string_view ups, const UpsVariables& variables, SampleSink& sink) {
  const LabelView labels[] = {{"ups", ups}};
  sink.Add(kUp, labels, variables.empty() ? 0 : 1);
  if (variables.empty()) return;
  for (const Measured& measured : kMeasured) {
    const auto value = ParseFixed(UpsText(variables, measured.variable), kDecimals);
    if (value.has_value()) sink.Add(measured.metric, labels, *value);
  }
  ReportStatus(ups, UpsText(variables, "ups.status"), sink);
  const std::string maker = UpsText(variables, "device.mfr", "ups.mfr");
  const std::string model = UpsText(variables, "device.model", "ups.model");
  const std::string serial = UpsText(variables, "device.serial", "ups.serial");
  const LabelView device[] = {{"mfr", maker}, {"model", model}, {"serial", serial}, {"ups", ups}};
  sink.Add(kDevice, device, 1);
  const auto date = ParseBatteryDate(UpsText(variables, "battery.date", "battery.mfr.date"));
  if (date.has_value()) sink.Add(kBatteryDate, labels, absl::ToUnixSeconds(*date));
  const auto passed = TestPassed(UpsText(variables, "ups.test.result"));
  if (passed.has_value()) sink.Add(kTestPassed, labels, *passed ? 1 : 0);
}

class UpsProbe final : public Probe {
 public:
  explicit UpsProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "ups"; }
  absl::Duration slow_interval() const override { return kUpsInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::string> answer = platform_.RunTool(Tool::kUps, kUpsDeadline);
    return answer.ok() ? ParseUps(*answer, sink) : answer.status();
  }

 private:
  Platform& platform_;
};

}  // namespace

std::optional<absl::Time> ParseBatteryDate(std::string_view text) {
  std::vector<std::int64_t> parts;
  while (!text.empty() && parts.size() < 4) {
    const std::size_t end = std::min(text.find_first_of("/-"), text.size());
    const auto number = ParseUnsigned(text.substr(0, end));
    if (!number.has_value() || *number > 9999) return std::nullopt;
    parts.push_back(static_cast<std::int64_t>(*number));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (parts.size() == 2 && parts[0] > 31) parts.push_back(1);
  if (parts.size() != 3) return std::nullopt;
  if (parts[0] <= 31) parts = {parts[2] < 100 ? 2000 + parts[2] : parts[2], parts[0], parts[1]};
  const absl::CivilDay day(parts[0], parts[1], parts[2]);
  const bool is_day = day.year() == parts[0] && day.month() == parts[1] && day.day() == parts[2];
  return is_day && parts[0] >= 1990 ? std::optional(absl::FromCivil(day, absl::UTCTimeZone())) : std::nullopt;
}

std::string UpsText(const UpsVariables& variables, std::string_view name, std::string_view other) {
  const auto found = variables.find(name);
  if (found != variables.end()) return found->second;
  return other.empty() ? "" : UpsText(variables, other);
}

std::map<std::string, UpsVariables> ParseUpsVariables(std::string_view text) {
  std::map<std::string, UpsVariables> all;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view kind;
    std::string_view ups;
    std::string_view variable;
    if (!NextField(line, kind) || !NextField(line, ups)) continue;
    if (kind == "UPS" && all.size() < kUpsMax) all[std::string(ups)];
    const auto known = all.find(std::string(ups));
    if (kind == "VAR" && known != all.end() && NextField(line, variable)) {
      known->second.emplace(std::string(variable), Quoted(Trimmed(line)));
    }
  }
  return all;
}

absl::Status ParseUps(std::string_view text, SampleSink& sink) {
  const std::map<std::string, UpsVariables> all = ParseUpsVariables(text);
  if (all.empty()) return absl::NotFoundError("the NUT server knows no UPS");
  for (const auto& [ups, variables] : all) ReportUps(ups, variables, sink);
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeUpsProbe(Platform& platform) { return std::make_unique<UpsProbe>(platform); }

}  // namespace steward::agent
