#include "agent/inventory/firmware.h"

#include <optional>
#include <string>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/posture/protections.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kTpm = "/sys/class/tpm/tpm0";

class FirmwareInventory final : public InventorySource {
 public:
  explicit FirmwareInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "firmware"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    const std::optional<bool> secure_boot = ReadSecureBoot(platform_);
    if (secure_boot.has_value()) AddFact(facts, "secure_boot", *secure_boot ? "on" : "off");
    AddFact(facts, "tpm_version", TpmVersion());
    AddFact(facts, "bmc", platform_.Exists("/sys/class/ipmi/ipmi0") ? "yes" : "");
    return absl::OkStatus();
  }

 private:
  // "2.0" or "1.2"; empty: there is none, or it is switched off. Kernels before 5.6 do not tell it by number.
  std::string TpmVersion() {
    if (!platform_.Exists(kTpm)) return "";
    AttributeReader attributes(platform_);
    const std::optional<std::int64_t> major = attributes.Integer(kTpm, "tpm_version_major");
    if (major.has_value()) return *major == 1 ? "1.2" : StrCat(*major, ".0");
    const std::optional<std::string_view> description = attributes.Text(StrCat(kTpm, "/device"), "description");
    if (description.has_value() && description->starts_with("TPM 2.0")) return "2.0";
    return platform_.Exists(StrCat(kTpm, "/device/caps")) ? "1.2" : "not known";
  }

  Platform& platform_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeFirmwareInventory(Platform& platform) {
  return std::make_unique<FirmwareInventory>(platform);
}

}  // namespace steward::agent
