#include "agent/inventory/listener.h"

#include <map>
#include <optional>
#include <string>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/posture/listeners.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

class ListenerInventory final : public InventorySource {
 public:
  explicit ListenerInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "listener"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    const absl::StatusOr<std::vector<Listener>> listeners = ReadListeners(platform_);
    if (!listeners.ok()) return listeners.status();
    const std::map<std::uint64_t, std::string> accounts = Accounts();
    for (const Listener& listener : *listeners) {
      const std::string key = StrCat(listener.protocol, "/", listener.address, ":", listener.port);
      const auto account = accounts.find(listener.uid);
      AddFact(facts, key + "/account", account != accounts.end() ? account->second : StrCat(listener.uid));
    }
    return absl::OkStatus();
  }

 private:
  std::map<std::uint64_t, std::string> Accounts() {
    std::map<std::uint64_t, std::string> accounts;
    std::string text;
    if (!platform_.ReadFile("/etc/passwd", text).ok()) return accounts;
    std::string_view rest = text;
    std::string_view line;
    while (NextLine(rest, line)) {
      std::string_view name, password, uid_text;
      if (!NextPart(line, ':', name) || !NextPart(line, ':', password) || !NextPart(line, ':', uid_text)) continue;
      if (const std::optional<std::uint64_t> uid = ParseUnsigned(uid_text)) accounts.emplace(*uid, name);
    }
    return accounts;
  }

  Platform& platform_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeListenerInventory(Platform& platform) {
  return std::make_unique<ListenerInventory>(platform);
}

}  // namespace steward::agent
