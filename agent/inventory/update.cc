#include "agent/inventory/update.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/inventory/facts.h"
#include "agent/inventory/package.h"
#include "agent/platform/platform.h"
#include "agent/probes/package_updates.h"
#include "base/text.h"

namespace steward::agent {
namespace {

class UpdateInventory final : public InventorySource {
 public:
  UpdateInventory(Platform& platform, std::shared_ptr<PackageUpdates> updates) : platform_(platform), updates_(std::move(updates)) {}
  std::string_view group() const override { return "update"; }
  bool slow() const override { return true; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    const absl::StatusOr<PendingUpdates> updates = updates_->Ask();
    if (!updates.ok()) return updates.status();
    std::map<std::string, std::string> installed;
    for (const auto& [name, update] : *updates) {
      if (update.installed.empty() && installed.empty()) installed = InstalledByRpm();
      const std::string& now = update.installed.empty() ? installed[name] : update.installed;
      AddFact(facts, name, StrCat(now, now.empty() ? "-> " : " -> ", update.candidate, update.is_security ? " (security)" : ""));
    }
    return absl::OkStatus();
  }

 private:
  // dnf tells of the new versions alone.
  std::map<std::string, std::string> InstalledByRpm() {
    std::map<std::string, std::string> installed;
    const absl::StatusOr<std::string> list = platform_.RunTool(Tool::kRpmPackages, kRpmDeadline);
    if (!list.ok()) return installed;
    std::vector<Fact> packages;
    ParseRpmList(*list, packages);
    for (Fact& package : packages) installed.emplace(std::move(package.key), std::move(package.value));
    return installed;
  }

  Platform& platform_;
  std::shared_ptr<PackageUpdates> updates_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeUpdateInventory(Platform& platform, std::shared_ptr<PackageUpdates> updates) {
  return std::make_unique<UpdateInventory>(platform, std::move(updates));
}

}  // namespace steward::agent
