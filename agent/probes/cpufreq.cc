#include "agent/probes/cpufreq.h"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/devices/system/cpu";
constexpr std::int64_t kHertzPerKilohertz = 1000;

constexpr Metric Hertz(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kGauge, .numerator = kHertzPerKilohertz};
}

struct Attribute {
  std::string_view file;
  Metric metric;
};
constexpr std::array<Attribute, 6> kFrequencies = {{
    {"cpuinfo_cur_freq", Hertz("node_cpu_frequency_hertz", "Current cpu thread frequency in hertz.")},
    {"cpuinfo_min_freq", Hertz("node_cpu_frequency_min_hertz", "Minimum cpu thread frequency in hertz.")},
    {"cpuinfo_max_freq", Hertz("node_cpu_frequency_max_hertz", "Maximum cpu thread frequency in hertz.")},
    {"scaling_cur_freq", Hertz("node_cpu_scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz.")},
    {"scaling_min_freq",
     Hertz("node_cpu_scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz.")},
    {"scaling_max_freq",
     Hertz("node_cpu_scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz.")},
}};
constexpr Metric kCoreThrottles = {.name = "node_cpu_core_throttles_total",
                                   .help = "Number of times this CPU core has been throttled.",
                                   .type = MetricType::kCounter};
constexpr Metric kPackageThrottles = {.name = "node_cpu_package_throttles_total",
                                      .help = "Number of times this CPU package has been throttled.",
                                      .type = MetricType::kCounter};

class CpufreqProbe final : public Probe {
 public:
  explicit CpufreqProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "cpufreq"; }
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, names_);
    if (!status.ok()) return status;
    cores_.clear();
    packages_.clear();
    any_ = false;
    for (const std::string& name : names_) {
      if (!name.starts_with("cpu") || !ParseUnsigned(std::string_view(name).substr(3)).has_value()) continue;
      const std::string directory = std::string(kDirectory).append("/").append(name);
      ReportFrequencies(std::string_view(name).substr(3), directory + "/cpufreq", sink);
      ReportThrottles(directory, sink);
    }
    return any_ ? absl::OkStatus() : absl::NotFoundError("the processor tells neither frequency nor throttling");
  }

 private:
  void ReportFrequencies(std::string_view cpu, const std::string& directory, SampleSink& sink) {
    const LabelView labels[] = {{"cpu", cpu}};
    for (const Attribute& attribute : kFrequencies) {
      const std::optional<std::int64_t> kilohertz = attributes_.Integer(directory, attribute.file);
      if (!kilohertz.has_value()) continue;
      sink.Add(attribute.metric, labels, *kilohertz);
      any_ = true;
    }
  }

  void ReportThrottles(const std::string& directory, SampleSink& sink) {
    const auto core_count = attributes_.Integer(directory + "/thermal_throttle", "core_throttle_count");
    const auto package_count = attributes_.Integer(directory + "/thermal_throttle", "package_throttle_count");
    if (!core_count.has_value() && !package_count.has_value()) return;
    const auto core = attributes_.Integer(directory + "/topology", "core_id");
    const auto package = attributes_.Integer(directory + "/topology", "physical_package_id");
    if (!core.has_value() || !package.has_value()) return;
    any_ = true;
    const std::string core_text = std::to_string(*core);
    const std::string package_text = std::to_string(*package);
    if (core_count.has_value() && cores_.emplace(*package, *core).second) {
      const LabelView labels[] = {{"core", core_text}, {"package", package_text}};
      sink.Add(kCoreThrottles, labels, *core_count);
    }
    if (package_count.has_value() && packages_.insert(*package).second) {
      const LabelView labels[] = {{"package", package_text}};
      sink.Add(kPackageThrottles, labels, *package_count);
    }
  }

  Platform& platform_;
  AttributeReader attributes_;
  std::vector<std::string> names_;
  std::set<std::pair<std::int64_t, std::int64_t>> cores_;  // package, core: those already reported
  std::set<std::int64_t> packages_;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<Probe> MakeCpufreqProbe(Platform& platform) { return std::make_unique<CpufreqProbe>(platform); }

}  // namespace steward::agent
