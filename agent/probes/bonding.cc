#include "agent/probes/bonding.h"

#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/net";

constexpr Metric kSlaves = {.name = "node_bonding_slaves",
                            .help = "Number of configured slaves per bonding interface."};
constexpr Metric kActive = {.name = "node_bonding_active", .help = "Number of active slaves per bonding interface."};

class BondingProbe final : public Probe {
 public:
  explicit BondingProbe(Platform& platform) : attributes_(platform) {}
  std::string_view name() const override { return "bonding"; }

  absl::Status Collect(SampleSink& sink) override {
    const std::optional<std::string_view> text = attributes_.Text(kDirectory, "bonding_masters");
    if (!text.has_value()) return attributes_.NothingRead("no bonded interfaces");
    const std::string masters(*text);
    std::string_view rest = masters;
    std::string_view master;
    while (NextField(rest, master)) ReportMaster(master, sink);
    return absl::OkStatus();
  }

 private:
  void ReportMaster(std::string_view master, SampleSink& sink) {
    const std::string directory = std::string(kDirectory).append("/").append(master);
    const std::string members(attributes_.Text(directory + "/bonding", "slaves").value_or(""));
    std::int64_t slaves = 0;
    std::int64_t active = 0;
    std::string_view rest = members;
    std::string_view slave;
    while (NextField(rest, slave)) {
      ++slaves;
      const std::string lower = std::string(directory).append("/lower_").append(slave).append("/bonding_slave");
      if (attributes_.Text(lower, "mii_status").value_or("") == "up") ++active;
    }
    const LabelView labels[] = {{"master", master}};
    sink.Add(kSlaves, labels, slaves);
    sink.Add(kActive, labels, active);
  }

  AttributeReader attributes_;
};

}  // namespace

std::unique_ptr<Probe> MakeBondingProbe(Platform& platform) { return std::make_unique<BondingProbe>(platform); }

}  // namespace steward::agent
