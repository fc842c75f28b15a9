#include "agent/probes/nvme.h"

#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/nvme";

constexpr Metric kInfo = {.name = "node_nvme_info",
                          .help = "Non-numeric data from /sys/class/nvme/<device>, value is always 1."};

class NvmeProbe final : public Probe {
 public:
  explicit NvmeProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "nvme"; }
  absl::Duration interval_min() const override { return kSlowInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, devices_);
    if (!status.ok()) return status;
    for (const std::string& device : devices_) {
      const std::string directory = std::string(kDirectory) + "/" + device;
      const auto text = [&](std::string_view file) {
        return std::string(attributes_.Text(directory, file).value_or(""));
      };
      const std::string firmware = text("firmware_rev");
      const std::string model = text("model");
      const std::string serial = text("serial");
      const std::string state = text("state");
      const LabelView labels[] = {
          {"device", device}, {"firmware_revision", firmware}, {"model", model}, {"serial", serial}, {"state", state}};
      sink.Add(kInfo, labels, 1);
    }
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
  AttributeReader attributes_;
  std::vector<std::string> devices_;
};

}  // namespace

std::unique_ptr<Probe> MakeNvmeProbe(Platform& platform) { return std::make_unique<NvmeProbe>(platform); }

}  // namespace steward::agent
