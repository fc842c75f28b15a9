#include "agent/probes/rapl.h"

#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/metric_families.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/powercap";
constexpr std::int64_t kMicrojoulesPerJoule = 1'000'000;

// "package-1" is zone package, index 1; "core" has index 0.
void SplitZone(std::string_view text, std::string& zone, std::string& index) {
  const std::size_t dash = text.rfind('-');
  const bool is_numbered = dash != std::string_view::npos && ParseUnsigned(text.substr(dash + 1)).has_value();
  zone = std::string(text.substr(0, is_numbered ? dash : text.size()));
  index = is_numbered ? std::string(text.substr(dash + 1)) : "0";
}

class RaplProbe final : public Probe {
 public:
  explicit RaplProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "rapl"; }
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, names_);
    if (!status.ok()) return status;
    bool any = false;
    for (const std::string& name : names_) {
      if (!name.starts_with("intel-rapl:")) continue;
      const std::string directory = std::string(kDirectory) + "/" + name;
      std::string zone;
      std::string index;
      SplitZone(attributes_.Text(directory, "name").value_or(""), zone, index);
      // Root only on most kernels: without it there is nothing to report, and nothing wrong.
      const std::optional<std::int64_t> energy = attributes_.Integer(directory, "energy_uj");
      if (zone.empty() || !energy.has_value()) continue;
      const Metric* metric = families_.Get(zone, [](std::string_view key) -> MetricFamilies::Definition {
        return {StrCat("node_rapl_", key, "_joules_total"), StrCat("Current RAPL ", key, " value in joules"),
                MetricType::kCounter, 1, kMicrojoulesPerJoule};
      });
      if (metric == nullptr) continue;
      const LabelView labels[] = {{"index", index}, {"path", directory}};
      sink.Add(*metric, labels, *energy);
      any = true;
    }
    return any ? absl::OkStatus() : absl::NotFoundError("no energy counter that may be read");
  }

 private:
  Platform& platform_;
  AttributeReader attributes_;
  MetricFamilies families_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Probe> MakeRaplProbe(Platform& platform) { return std::make_unique<RaplProbe>(platform); }

}  // namespace steward::agent
