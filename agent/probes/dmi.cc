#include "agent/probes/dmi.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/class/dmi/id";

constexpr Metric kInfo = {
    .name = "node_dmi_info",
    .help =
        "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor, bios_version, "
        "board_asset_tag, board_name, board_serial, board_vendor, board_version, chassis_asset_tag, "
        "chassis_serial, chassis_vendor, chassis_version, product_family, product_name, product_serial, "
        "product_sku, product_uuid, product_version, system_vendor if provided by DMI."};

// Files are named as the labels, but for sys_vendor.
constexpr std::array<std::string_view, 20> kLabels = {
    "bios_date",      "bios_release",   "bios_vendor",     "bios_version",    "board_asset_tag",
    "board_name",     "board_serial",   "board_vendor",    "board_version",   "chassis_asset_tag",
    "chassis_serial", "chassis_vendor", "chassis_version", "product_family",  "product_name",
    "product_serial", "product_sku",    "product_uuid",    "product_version", "system_vendor"};

class DmiProbe final : public Probe {
 public:
  explicit DmiProbe(Platform& platform) : attributes_(platform) {}
  std::string_view name() const override { return "dmi"; }
  absl::Duration interval_min() const override { return kSlowInterval; }

  absl::Status Collect(SampleSink& sink) override {
    std::array<std::optional<std::string>, kLabels.size()> values;
    std::vector<LabelView> labels;
    for (std::size_t index = 0; index < kLabels.size(); ++index) {
      const std::string_view file = kLabels[index] == "system_vendor" ? "sys_vendor" : kLabels[index];
      const std::optional<std::string_view> text = attributes_.Text(kDirectory, file);
      if (!text.has_value()) continue;
      values[index] = std::string(*text);
      labels.emplace_back(kLabels[index], *values[index]);
    }
    if (labels.empty()) return absl::NotFoundError("the firmware has no DMI tables");
    sink.Add(kInfo, labels, 1);
    return absl::OkStatus();
  }

 private:
  AttributeReader attributes_;
};

}  // namespace

std::unique_ptr<Probe> MakeDmiProbe(Platform& platform) { return std::make_unique<DmiProbe>(platform); }

}  // namespace steward::agent
