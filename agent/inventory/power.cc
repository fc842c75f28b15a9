#include "agent/inventory/power.h"

#include <algorithm>
#include <optional>
#include <string>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/ups.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPowerSupplies = "/sys/class/power_supply";
constexpr std::int64_t kMicro = 1'000'000;

// Wear in steps: a fact that changed with each charge would fill the history, which is kept for good.
constexpr std::int64_t kPercentStep = 5;
constexpr std::int64_t kCyclesStep = 100;
std::string AtLeast(std::int64_t value, std::int64_t step) { return StrCat(value - value % step); }

// What drivers write where the battery does not say.
bool IsPlaceholder(std::string_view text) { return text == "Unknown" || text == "0" || text == "N/A"; }

class PowerInventory final : public InventorySource {
 public:
  explicit PowerInventory(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view group() const override { return "power"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::vector<std::string> names;
    const absl::Status listed = platform_.ListDirectory(kPowerSupplies, names);
    for (const std::string& name : names) AddBattery(name, facts);
    const absl::StatusOr<std::string> upses = platform_.RunTool(Tool::kUps, kUpsDeadline);
    if (upses.ok()) ParseUpsFacts(*upses, facts);
    if (!upses.ok() && !absl::IsNotFound(upses.status())) return upses.status();
    return absl::IsNotFound(listed) ? absl::OkStatus() : listed;
  }

 private:
  void AddBattery(const std::string& name, std::vector<Fact>& facts) {
    const std::string directory = StrCat(kPowerSupplies, "/", name);
    if (Text(directory, "type") != "Battery" || Text(directory, "scope") == "Device") return;  // a mouse has one, too
    AddFact(facts, name + "/maker", Text(directory, "manufacturer"));
    AddFact(facts, name + "/model", Text(directory, "model_name"));
    AddFact(facts, name + "/serial", Text(directory, "serial_number"));
    AddFact(facts, name + "/chemistry", Text(directory, "technology"));
    // Drivers count in watt-hours or in ampere-hours.
    if (!AddCapacity(name, directory, "energy", "wh", facts)) AddCapacity(name, directory, "charge", "ah", facts);
    const std::optional<std::int64_t> cycles = attributes_.Integer(directory, "cycle_count");
    if (cycles.value_or(0) > 0) AddFact(facts, name + "/cycles_at_least", AtLeast(*cycles, kCyclesStep));
  }

  bool AddCapacity(const std::string& name, const std::string& directory, std::string_view of, std::string_view unit,
                   std::vector<Fact>& facts) {
    const std::int64_t design = attributes_.Integer(directory, StrCat(of, "_full_design")).value_or(0);
    const std::int64_t full = attributes_.Integer(directory, StrCat(of, "_full")).value_or(0);
    if (design < kMicro / 10) return false;
    const std::int64_t tenths = design / (kMicro / 10);
    AddFact(facts, StrCat(name, "/design_capacity_", unit), StrCat(tenths / 10, ".", tenths % 10));
    if (full > 0) {
      const std::int64_t percent = std::min<std::int64_t>(full / (design / 100), 100);
      AddFact(facts, name + "/full_capacity_percent_at_least", AtLeast(percent, kPercentStep));
    }
    return true;
  }

  std::string Text(const std::string& directory, std::string_view file) {
    const std::optional<std::string_view> text = attributes_.Text(directory, file);
    return !text.has_value() || IsPlaceholder(*text) ? "" : std::string(*text);
  }

  Platform& platform_;
  AttributeReader attributes_;
};

}  // namespace

void ParseUpsFacts(std::string_view text, std::vector<Fact>& facts) {
  for (const auto& [ups, variables] : ParseUpsVariables(text)) {
    AddFact(facts, ups + "/maker", UpsText(variables, "device.mfr", "ups.mfr"));
    AddFact(facts, ups + "/model", UpsText(variables, "device.model", "ups.model"));
    AddFact(facts, ups + "/serial", UpsText(variables, "device.serial", "ups.serial"));
    AddFact(facts, ups + "/firmware", UpsText(variables, "ups.firmware"));
    AddFact(facts, ups + "/chemistry", UpsText(variables, "battery.type"));
    AddFact(facts, ups + "/battery_date", UpsText(variables, "battery.date", "battery.mfr.date"));
    AddFact(facts, ups + "/power_va", UpsText(variables, "ups.power.nominal"));
  }
}

std::unique_ptr<InventorySource> MakePowerInventory(Platform& platform) { return std::make_unique<PowerInventory>(platform); }

}  // namespace steward::agent
