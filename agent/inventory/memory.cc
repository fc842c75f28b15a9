#include "agent/inventory/memory.h"

#include <optional>

#include "agent/inventory/facts.h"
#include "agent/inventory/smbios.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::uint64_t kBytesPerKilobyte = 1024;

class MemoryInventory final : public InventorySource {
 public:
  explicit MemoryInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "memory"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::string text;
    absl::Status status = platform_.ReadFile("/proc/meminfo", text);
    if (!status.ok()) return status;
    AddTotal("MemTotal:", "total_bytes", text, facts);
    AddTotal("SwapTotal:", "swap_bytes", text, facts);

    status = platform_.ReadFile("/sys/firmware/dmi/tables/DMI", text);
    if (absl::IsPermissionDenied(status)) {
      return absl::PermissionDeniedError("not permitted: memory modules (root reads them)");
    }
    if (!status.ok()) return absl::OkStatus();  // firmware without tables: a virtual machine, ARM
    const MemoryModules memory = ParseMemoryModules(text);
    AddFact(facts, "error_correction", memory.modules.empty() ? "" : memory.has_error_correction ? "yes" : "no");
    if (!memory.modules.empty()) {
      AddFact(facts, "slots", StrCat(memory.modules.size() + memory.empty_slots));
      AddFact(facts, "slots_free", StrCat(memory.empty_slots));
    }
    for (std::size_t index = 0; index < memory.modules.size(); ++index) AddModule(memory.modules[index], index, facts);
    return absl::OkStatus();
  }

 private:
  static void AddTotal(std::string_view wanted, std::string_view key, std::string_view text, std::vector<Fact>& facts) {
    std::string_view line;
    while (NextLine(text, line)) {
      std::string_view word;
      if (!NextField(line, word) || word != wanted) continue;
      const std::optional<std::uint64_t> kilobytes = NextUnsigned(line);
      if (kilobytes.has_value())
        AddFact(facts, std::string(key), StrCat(SaturatingProduct(*kilobytes, kBytesPerKilobyte)));
    }
  }

  static void AddModule(const MemoryModule& module, std::size_t index, std::vector<Fact>& facts) {
    const std::string slot = module.slot.empty() ? StrCat("module ", index + 1) : module.slot;
    AddFact(facts, slot + "/size_bytes", StrCat(module.size_bytes));
    AddFact(facts, slot + "/speed_mtps", module.speed_mtps == 0 ? "" : StrCat(module.speed_mtps));
    AddFact(facts, slot + "/maker", module.manufacturer);
    AddFact(facts, slot + "/part", module.part);
    AddFact(facts, slot + "/serial", module.serial);
  }

  Platform& platform_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeMemoryInventory(Platform& platform) {
  return std::make_unique<MemoryInventory>(platform);
}

}  // namespace steward::agent
