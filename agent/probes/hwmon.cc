#include "agent/probes/hwmon.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/metric_families.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/hwmon";
constexpr std::int64_t kMilli = 1000;
constexpr std::int64_t kMicro = 1'000'000;

constexpr std::array<std::string_view, 13> kSensorTypes = {
    "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",      "pwm",
    "temp", "curr",        "power",           "energy", "humidity", "intrusion"};

constexpr Metric kChipName = {.name = "node_hwmon_chip_names",
                              .help = "Annotation metric for human-readable chip names"};
constexpr Metric kSensorLabel = {.name = "node_hwmon_sensor_label", .help = "Label for given chip and sensor"};

using Elements = std::map<std::string, std::string>;  // element to value
using Sensors = std::map<std::string, Elements>;      // by sensor

// Name, help and unit of one element, as node_exporter has them. `bare` tells that the sensor has an element without
// a name too (fan1 beside fan1_input).
MetricFamilies::Definition Define(const std::string& type, const std::string& element, bool bare) {
  if (type == "beep_enable") return {"node_hwmon_beep_enabled", "Hardware beep enabled"};
  if (type == "vrm") return {"node_hwmon_voltage_regulator_version", "Hardware voltage regulator"};
  if (type == "update_interval") {
    return {"node_hwmon_update_interval_seconds", "Hardware monitor update interval", MetricType::kGauge, 1, kMilli};
  }
  std::string name = "node_hwmon_" + type;
  if (element == "input") {
    if (bare) name += "_input";
  } else if (!element.empty()) {
    name += "_" + CleanSensorName(element);
  }
  const auto in = [&](std::string_view text, std::string_view unit, std::int64_t denominator) {
    return MetricFamilies::Definition{name + std::string(unit), StrCat("Hardware monitor ", text, " (", element, ")"),
                                      MetricType::kGauge, 1, denominator};
  };
  if (element == "fault" || element == "alarm") {
    return {name, StrCat("Hardware sensor ", element, " status (", type, ")")};
  }
  if (element == "beep") return {name + "_enabled", "Hardware monitor sensor has beeping enabled"};
  if (type == "in" || type == "cpu") return in("for voltage", "_volts", kMilli);
  if (type == "temp" && element != "type") return in("for temperature", "_celsius", kMilli);
  if (type == "curr") return in("for current", "_amps", kMilli);
  if (type == "energy") {
    MetricFamilies::Definition joules = in("for joules used so far", "_joule_total", kMicro);
    joules.type = MetricType::kCounter;
    return joules;
  }
  if (type == "power" && element == "accuracy") {
    return {name, "Hardware monitor power meter accuracy, as a ratio", MetricType::kGauge, 1, kMicro};
  }
  if (type == "power" && element.starts_with("average_interval")) {
    return in("power usage update interval", "_seconds", kMilli);
  }
  if (type == "power") return in("for power usage in watts", "_watt", kMicro);
  if (type == "humidity") {
    return in("for humidity, as a ratio (multiply with 100.0 to get the humidity as a percentage)", "", kMicro);
  }
  if (type == "fan" && (element == "input" || element == "min" || element == "max" || element == "target")) {
    return in("for fan revolutions per minute", "_rpm", 1);
  }
  return {name, StrCat("Hardware monitor ", type, " element ", element)};
}

class HwmonProbe final : public Probe {
 public:
  explicit HwmonProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "hwmon"; }
  // Some chips take milliseconds a sensor.
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, names_);
    if (!status.ok()) return status;
    for (const std::string& name : names_) ReportChip(std::string(kDirectory) + "/" + name, name, sink);
    return absl::OkStatus();
  }

 private:
  void ReportChip(const std::string& directory, const std::string& name, SampleSink& sink) {
    Sensors sensors;
    ReadSensors(directory, sensors);
    ReadSensors(directory + "/device", sensors);
    const std::string driver = CleanSensorName(attributes_.Text(directory, "name").value_or(""));
    const std::string chip = ChipName(directory, driver, name);
    if (!driver.empty()) {
      const LabelView labels[] = {{"chip", chip}, {"chip_name", driver}};
      sink.Add(kChipName, labels, 1);
    }
    for (const auto& [sensor, elements] : sensors) ReportSensor(chip, sensor, elements, sink);
  }

  // "platform_coretemp_0": where the device sits says more than hwmon's number, which changes with each boot.
  std::string ChipName(const std::string& directory, const std::string& driver, const std::string& name) {
    const absl::StatusOr<std::string> path = platform_.RealPath(directory + "/device");
    if (path.ok()) {
      std::string_view rest = *path;
      const std::size_t slash = rest.rfind('/');
      const std::string device = CleanSensorName(rest.substr(slash == std::string_view::npos ? 0 : slash + 1));
      rest = rest.substr(0, slash == std::string_view::npos ? 0 : slash);
      const std::size_t parent = rest.rfind('/');
      const std::string bus = CleanSensorName(rest.substr(parent == std::string_view::npos ? 0 : parent + 1));
      if (!device.empty() && !bus.empty()) return bus + "_" + device;
      if (!device.empty()) return device;
    }
    return driver.empty() ? CleanSensorName(name) : driver;
  }

  void ReadSensors(const std::string& directory, Sensors& sensors) {
    if (!platform_.ListDirectory(directory, files_).ok()) return;
    SensorFile file;
    for (const std::string& file_name : files_) {
      if (!ParseSensorFile(file_name, file)) continue;
      const std::optional<std::string_view> value = attributes_.Text(directory, file_name);
      if (value.has_value()) sensors[file.sensor][file.element] = std::string(*value);
    }
  }

  void ReportSensor(const std::string& chip, const std::string& sensor, const Elements& elements, SampleSink& sink) {
    SensorFile file;
    if (!ParseSensorFile(sensor, file)) return;
    for (const auto& [element, text] : elements) {
      if (element == "label") {
        const LabelView labels[] = {{"chip", chip}, {"label", text}, {"sensor", sensor}};
        if (!text.empty()) sink.Add(kSensorLabel, labels, 1);
        continue;
      }
      const std::optional<std::int64_t> value = ParseInteger(text);
      if (!value.has_value()) continue;
      const bool bare = elements.contains("");
      const std::string key = file.type + " " + element + (bare ? " bare" : "");
      const Metric* metric =
          families_.Get(key, [&, &kind = element](std::string_view) { return Define(file.type, kind, bare); });
      const LabelView labels[] = {{"chip", chip}, {"sensor", sensor}};
      if (metric != nullptr) sink.Add(*metric, labels, *value);
    }
  }

  Platform& platform_;
  AttributeReader attributes_;
  MetricFamilies families_;
  std::vector<std::string> names_;
  std::vector<std::string> files_;
};

}  // namespace

bool ParseSensorFile(std::string_view file_name, SensorFile& file) {
  const std::size_t digits = std::min(file_name.find_first_of("0123456789"), file_name.size());
  const std::string_view type = file_name.substr(0, digits);
  if (std::find(kSensorTypes.begin(), kSensorTypes.end(), type) == kSensorTypes.end()) return false;
  std::string_view rest = file_name.substr(digits);
  const std::size_t number_end = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view number = rest.substr(0, number_end);
  rest.remove_prefix(number_end);
  if (!rest.empty() && (rest.front() != '_' || rest.size() == 1)) return false;
  file.type = std::string(type);
  file.sensor = StrCat(type, number.empty() ? "0" : number);
  file.element = rest.empty() ? std::string() : std::string(rest.substr(1));
  return true;
}

std::string CleanSensorName(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      name += static_cast<char>(c - 'A' + 'a');
    } else {
      const bool valid = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_';
      name += valid ? c : '_';
    }
  }
  const std::size_t begin = name.find_first_not_of('_');
  if (begin == std::string::npos) return "";
  return name.substr(begin, name.find_last_not_of('_') - begin + 1);
}

std::unique_ptr<Probe> MakeHwmonProbe(Platform& platform) { return std::make_unique<HwmonProbe>(platform); }

}  // namespace steward::agent
