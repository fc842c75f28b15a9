#include "agent/probes/power_supply.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/metric_families.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/power_supply";
constexpr std::int64_t kMicro = 1'000'000;
constexpr std::int64_t kTenths = 10;

constexpr Metric kInfo = {.name = "node_power_supply_info", .help = "info of /sys/class/power_supply/<power_supply>."};

struct Attribute {
  std::string_view file;
  std::string_view name;  // empty: as the file
  std::int64_t denominator = 1;
};
constexpr std::array<Attribute, 48> kAttributes = {{
    {"authentic", "", 1},
    {"calibrate", "", 1},
    {"capacity", "", 1},
    {"capacity_alert_max", "", 1},
    {"capacity_alert_min", "", 1},
    {"cycle_count", "cyclecount", 1},
    {"online", "", 1},
    {"present", "", 1},
    {"time_to_empty_now", "time_to_empty_seconds", 1},
    {"time_to_full_now", "time_to_full_seconds", 1},
    {"current_boot", "", kMicro},
    {"current_max", "", kMicro},
    {"current_now", "current_ampere", kMicro},
    {"energy_empty", "", kMicro},
    {"energy_empty_design", "", kMicro},
    {"energy_full", "", kMicro},
    {"energy_full_design", "", kMicro},
    {"energy_now", "energy_watthour", kMicro},
    {"voltage_boot", "", kMicro},
    {"voltage_max", "", kMicro},
    {"voltage_max_design", "", kMicro},
    {"voltage_min", "", kMicro},
    {"voltage_min_design", "", kMicro},
    {"voltage_now", "voltage_volt", kMicro},
    {"voltage_ocv", "", kMicro},
    {"charge_control_limit", "", kMicro},
    {"charge_control_limit_max", "", kMicro},
    {"charge_counter", "", kMicro},
    {"charge_empty", "", kMicro},
    {"charge_empty_design", "", kMicro},
    {"charge_full", "", kMicro},
    {"charge_full_design", "", kMicro},
    {"charge_now", "charge_ampere", kMicro},
    {"charge_term_current", "", kMicro},
    {"constant_charge_current", "", kMicro},
    {"constant_charge_current_max", "", kMicro},
    {"constant_charge_voltage", "", kMicro},
    {"constant_charge_voltage_max", "", kMicro},
    {"precharge_current", "", kMicro},
    {"input_current_limit", "", kMicro},
    {"power_now", "power_watt", kMicro},
    {"temp", "temp_celsius", kTenths},
    {"temp_alert_max", "temp_alert_max_celsius", kTenths},
    {"temp_alert_min", "temp_alert_min_celsius", kTenths},
    {"temp_ambient", "temp_ambient_celsius", kTenths},
    {"temp_ambient_max", "temp_ambient_max_celsius", kTenths},
    {"temp_max", "temp_max_celsius", kTenths},
    {"temp_min", "temp_min_celsius", kTenths},
}};
// Labels of the info metric; power_supply stands among them.
constexpr std::array<std::string_view, 11> kTexts = {"capacity_level", "charge_type", "health",        "manufacturer",
                                                     "model_name",     "scope",       "serial_number", "status",
                                                     "technology",     "type",        "usb_type"};

class PowerSupplyProbe final : public Probe {
 public:
  explicit PowerSupplyProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "power_supply"; }
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, supplies_);
    if (!status.ok()) return status;
    for (const std::string& supply : supplies_) {
      const std::string directory = std::string(kDirectory) + "/" + supply;
      ReportInfo(supply, directory, sink);
      const LabelView labels[] = {{"power_supply", supply}};
      for (const Attribute& attribute : kAttributes) {
        const std::optional<std::int64_t> value = attributes_.Integer(directory, attribute.file);
        const Metric* metric = value.has_value() ? Family(attribute) : nullptr;
        if (metric != nullptr) sink.Add(*metric, labels, *value);
      }
    }
    return absl::OkStatus();
  }

 private:
  const Metric* Family(const Attribute& attribute) {
    return families_.Get(attribute.file, [&](std::string_view) -> MetricFamilies::Definition {
      const std::string_view name = attribute.name.empty() ? attribute.file : attribute.name;
      return {StrCat("node_power_supply_", name), StrCat(name, " value of /sys/class/power_supply/<power_supply>."),
              MetricType::kGauge, 1, attribute.denominator};
    });
  }

  void ReportInfo(const std::string& supply, const std::string& directory, SampleSink& sink) {
    std::map<std::string_view, std::string> values;
    values["power_supply"] = supply;
    for (const std::string_view name : kTexts) {
      const std::optional<std::string_view> text = attributes_.Text(directory, name);
      if (text.has_value() && !text->empty()) values[name] = std::string(*text);
    }
    std::vector<LabelView> labels(values.begin(), values.end());
    sink.Add(kInfo, labels, 1);
  }

  Platform& platform_;
  AttributeReader attributes_;
  MetricFamilies families_;
  std::vector<std::string> supplies_;
};

}  // namespace

std::unique_ptr<Probe> MakePowerSupplyProbe(Platform& platform) { return std::make_unique<PowerSupplyProbe>(platform); }

}  // namespace steward::agent
