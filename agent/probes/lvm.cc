#include "agent/probes/lvm.h"

#include <optional>
#include <set>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/json_fields.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kVolumesMax = 500;
constexpr std::int64_t kHundredthsOfPercent = 10'000;

constexpr Metric Ratio(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .denominator = kHundredthsOfPercent};
}
constexpr Metric kHealthy = {.name = "steward_lvm_volume_healthy", .help = "1 if LVM knows no trouble of the volume."};
constexpr Metric kTrouble = {.name = "steward_lvm_volume_trouble",
                             .help = "1: the volume's health, as LVM calls it, for volumes that are not healthy."};
constexpr Metric kData = Ratio("steward_lvm_data_used_ratio", "How full a thin pool or snapshot is.");
constexpr Metric kMetadata = Ratio("steward_lvm_metadata_used_ratio", "How full a thin pool's metadata is.");
constexpr Metric kInSync = Ratio("steward_lvm_synchronised_ratio", "How much of a RAID or mirror volume is synchronised.");

// lvs' types of volumes, the first character of lv_attr.
constexpr std::string_view kThinPool = "t";
constexpr std::string_view kFilling = "tsS";  // thin pools, snapshots
constexpr std::string_view kRedundant = "rRmM";

bool IsOneOf(std::string_view type, std::string_view types) {
  return !type.empty() && types.find(type.front()) != std::string_view::npos;
}

void ReportVolume(const json::value& volume, absl::Span<const LabelView> labels, SampleSink& sink) {
  const auto percent = [&](std::string_view field) { return ParseFixed(JsonText(Find(volume, {field})), 2); };
  const auto add = [&](const Metric& metric, std::optional<std::int64_t> value) {
    if (value.has_value()) sink.Add(metric, labels, *value);
  };
  const std::string health = JsonText(Find(volume, {"lv_health_status"}));
  const bool is_healthy = health.empty() || health == "writemostly";  // which is a setting
  sink.Add(kHealthy, labels, is_healthy ? 1 : 0);
  if (!is_healthy) {
    const LabelView with_status[] = {labels[0], {"status", health}, labels[1]};
    sink.Add(kTrouble, with_status, 1);
  }
  const std::string type = JsonText(Find(volume, {"lv_attr"}));
  if (IsOneOf(type, kFilling)) add(kData, percent("data_percent"));
  if (IsOneOf(type, kThinPool)) add(kMetadata, percent("metadata_percent"));
  if (IsOneOf(type, kRedundant)) add(kInSync, percent("copy_percent"));
}

class LvmProbe final : public Probe {
 public:
  explicit LvmProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "lvm"; }
  absl::Duration slow_interval() const override { return kLvmInterval; }

  absl::Status Collect(SampleSink& sink) override {
    std::vector<std::string> devices;
    if (absl::Status status = platform_.ListDirectory("/sys/block", devices); !status.ok()) return status;
    if (!HasVolume(devices)) return absl::NotFoundError("LVM has no active volume");
    const absl::StatusOr<std::string> answer = platform_.RunTool(Tool::kLvm, kLvmDeadline);
    return answer.ok() ? ParseLvm(*answer, sink) : answer.status();
  }

 private:
  bool HasVolume(const std::vector<std::string>& devices) {
    std::string uuid;
    for (const std::string& device : devices) {
      const bool is_mapped = device.starts_with("dm-") && platform_.ReadFile(StrCat("/sys/block/", device, "/dm/uuid"), uuid).ok();
      if (is_mapped && uuid.starts_with("LVM-")) return true;
    }
    return false;
  }

  Platform& platform_;
};

}  // namespace

absl::Status ParseLvm(std::string_view text, SampleSink& sink) {
  const json::value document = ParsedJson(text);
  if (Find(document, {"report"}) == nullptr) return Malformed("lvs", text);
  std::set<std::pair<std::string, std::string>> seen;
  for (const json::value& report : JsonArray(Find(document, {"report"}))) {
    for (const json::value& volume : JsonArray(Find(report, {"lv"}))) {
      const std::string name = JsonText(Find(volume, {"lv_name"}));
      const std::string group = JsonText(Find(volume, {"vg_name"}));
      if (name.empty() || group.empty() || seen.size() >= kVolumesMax || !seen.emplace(name, group).second) continue;
      const LabelView labels[] = {{"lv_name", name}, {"vg_name", group}};
      ReportVolume(volume, labels, sink);
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeLvmProbe(Platform& platform) { return std::make_unique<LvmProbe>(platform); }

}  // namespace steward::agent
