#include "agent/probes/thermal.h"

#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/thermal";
constexpr std::string_view kZonePrefix = "thermal_zone";
constexpr std::string_view kDevicePrefix = "cooling_device";

constexpr Metric kTemperature = {
    .name = "node_thermal_zone_temp", .help = "Zone temperature in Celsius", .denominator = 1000};
constexpr Metric kCurrentState = {.name = "node_cooling_device_cur_state",
                                  .help = "Current throttle state of the cooling device"};
constexpr Metric kMaximumState = {.name = "node_cooling_device_max_state",
                                  .help = "Maximum throttle state of the cooling device"};

class ThermalProbe final : public Probe {
 public:
  explicit ThermalProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "thermal"; }
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, names_);
    if (!status.ok()) return status;
    for (const std::string& name : names_) {
      const std::string_view view = name;
      const std::string directory = std::string(kDirectory) + "/" + name;
      const std::string type(attributes_.Text(directory, "type").value_or(""));
      if (view.starts_with(kZonePrefix)) {
        const LabelView labels[] = {{"type", type}, {"zone", view.substr(kZonePrefix.size())}};
        Add(kTemperature, labels, directory, "temp", sink);
      } else if (view.starts_with(kDevicePrefix)) {
        const LabelView labels[] = {{"name", view.substr(kDevicePrefix.size())}, {"type", type}};
        Add(kCurrentState, labels, directory, "cur_state", sink);
        Add(kMaximumState, labels, directory, "max_state", sink);
      }
    }
    return absl::OkStatus();
  }

 private:
  void Add(const Metric& metric, absl::Span<const LabelView> labels, const std::string& directory,
           std::string_view file, SampleSink& sink) {
    const std::optional<std::int64_t> value = attributes_.Integer(directory, file);
    if (value.has_value()) sink.Add(metric, labels, *value);
  }

  Platform& platform_;
  AttributeReader attributes_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Probe> MakeThermalProbe(Platform& platform) { return std::make_unique<ThermalProbe>(platform); }

}  // namespace steward::agent
