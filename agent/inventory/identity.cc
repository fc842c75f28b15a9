#include "agent/inventory/identity.h"

#include <array>
#include <optional>

#include "agent/inventory/facts.h"
#include "agent/inventory/hardware.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

struct Item {
  std::string_view key;
  std::string_view file;  // below /sys/class/dmi/id
};
constexpr std::array<Item, 11> kPublic = {{{"maker", "sys_vendor"},
                                           {"model", "product_name"},
                                           {"model_version", "product_version"},
                                           {"sku", "product_sku"},
                                           {"asset_tag", "chassis_asset_tag"},
                                           {"board_maker", "board_vendor"},
                                           {"board_model", "board_name"},
                                           {"firmware_maker", "bios_vendor"},
                                           {"firmware_version", "bios_version"},
                                           {"firmware_release", "bios_release"},
                                           {"firmware_date", "bios_date"}}};
// For root only.
constexpr std::array<Item, 4> kSecret = {{{"system_uuid", "product_uuid"},
                                          {"serial", "product_serial"},
                                          {"board_serial", "board_serial"},
                                          {"chassis_serial", "chassis_serial"}}};

constexpr absl::Duration kSerialsDeadline = absl::Seconds(10);

class IdentityInventory final : public InventorySource {
 public:
  explicit IdentityInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "identity"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    AddFact(facts, "host_name", Line("/proc/sys/kernel/hostname"));
    AddFact(facts, "machine_id", Line("/etc/machine-id"));
    AddFact(facts, "domain", SearchDomain());
    AddFact(facts, "virtual", Virtualization(platform_));
    for (const Item& item : kPublic) AddFact(facts, std::string(item.key), DmiText(platform_, item.file));
    const std::optional<std::int64_t> chassis = ParseInteger(DmiText(platform_, "chassis_type"));
    if (chassis.has_value()) AddFact(facts, "chassis", ChassisName(*chassis));
    AddFact(facts, "firmware_kind", platform_.Exists("/sys/firmware/efi") ? "UEFI" : "");
    return CollectSecret(facts);
  }

 private:
  std::string Line(std::string_view path) {
    std::string text;
    if (!platform_.ReadFile(path, text).ok()) return "";
    return std::string(Trimmed(text));
  }

  // The first of resolv.conf's search list, or its domain.
  std::string SearchDomain() {
    std::string text;
    if (!platform_.ReadFile("/etc/resolv.conf", text).ok()) return "";
    std::string_view rest = text;
    std::string_view line;
    while (NextLine(rest, line)) {
      std::string_view word;
      if (!NextField(line, word) || (word != "search" && word != "domain")) continue;
      if (NextField(line, word) && word != ".") return std::string(word);
    }
    return "";
  }

  absl::Status CollectSecret(std::vector<Fact>& facts) {
    bool refused = false;
    std::string text;
    for (const Item& item : kSecret) {
      const absl::Status status = platform_.ReadFile(StrCat("/sys/class/dmi/id/", item.file), text);
      refused = refused || absl::IsPermissionDenied(status);
      if (status.ok()) AddFact(facts, std::string(item.key), Trimmed(text));
    }
    if (refused) {
      if (const auto serials = platform_.RunTool(Tool::kDmiSerials, kSerialsDeadline); serials.ok()) {
        AddSerials(*serials, facts);
        return absl::OkStatus();
      }
    }
    return refused ? absl::PermissionDeniedError("not permitted: serial numbers and system UUID (root reads them)")
                   : absl::OkStatus();
  }

  // Lines of the file's name and its text, a tab between.
  static void AddSerials(std::string_view lines, std::vector<Fact>& facts) {
    std::string_view line;
    while (NextLine(lines, line)) {
      std::string_view file;
      if (!NextPart(line, '\t', file)) continue;
      for (const Item& item : kSecret) {
        if (item.file == file) AddFact(facts, std::string(item.key), Trimmed(line));
      }
    }
  }

  Platform& platform_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeIdentityInventory(Platform& platform) {
  return std::make_unique<IdentityInventory>(platform);
}

}  // namespace steward::agent
