#include "agent/inventory/network.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_join.h"
#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/network_settings.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kNetworkDevices = "/sys/class/net";
constexpr std::uint64_t kTemporaryAddress = 0x01;  // IFA_F_TEMPORARY: a privacy address, another one tomorrow

// Ends of tunnels into containers: they come and go with them.
bool IsTransient(std::string_view name) {
  return name == "lo" || name.starts_with("veth") || name.starts_with("ifb") || name.starts_with("cali") ||
         name.starts_with("tap") || name.starts_with("vnet");
}

class NetworkInventory final : public InventorySource {
 public:
  explicit NetworkInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "network"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    AddFact(facts, "gateway", DefaultGateway(platform_));
    AddFact(facts, "dns", absl::StrJoin(NameServers(platform_), ", "));
    std::vector<std::string> names;
    const absl::Status status = platform_.ListDirectory(kNetworkDevices, names);
    if (!status.ok()) return status;
    const std::map<std::string, std::string> addresses = Addresses();
    for (const std::string& name : names) {
      if (!IsTransient(name)) CollectAdapter(name, addresses, facts);
    }
    return absl::OkStatus();
  }

 private:
  void CollectAdapter(const std::string& name, const std::map<std::string, std::string>& addresses,
                      std::vector<Fact>& facts) {
    const std::string directory = StrCat(kNetworkDevices, "/", name);
    if (Line(directory + "/ifindex").empty()) return;
    AddFact(facts, name + "/mac", Line(directory + "/address"));
    AddFact(facts, name + "/mtu", Line(directory + "/mtu"));
    const absl::StatusOr<std::string> driver = platform_.RealPath(directory + "/device/driver");
    if (driver.ok()) AddFact(facts, name + "/driver", driver->substr(driver->rfind('/') + 1));
    const bool is_wireless = platform_.Exists(directory + "/wireless") || platform_.Exists(directory + "/phy80211");
    const bool is_physical = platform_.Exists(directory + "/device");
    AddFact(facts, name + "/kind", is_wireless ? "wireless" : is_physical ? "wired" : "virtual");
    const std::optional<std::int64_t> speed = ParseInteger(Line(directory + "/speed"));
    if (speed.value_or(0) > 0) AddFact(facts, name + "/speed_mbit", StrCat(*speed));
    const auto found = addresses.find(name);
    if (found != addresses.end()) AddFact(facts, name + "/addresses", found->second);
  }

  // By device, sorted, without link-local addresses.
  std::map<std::string, std::string> Addresses() {
    std::map<std::string, std::string> result;
    absl::StatusOr<std::vector<NetworkAddress>> all = platform_.NetworkAddresses();
    if (!all.ok()) return result;
    const std::set<std::string> privacy = DevicesWithTemporaryAddresses();
    std::sort(all->begin(), all->end(),
              [](const NetworkAddress& left, const NetworkAddress& right) { return left.address < right.address; });
    for (const NetworkAddress& address : *all) {
      const bool is_ipv6 = address.address.find(':') != std::string::npos;
      if (is_ipv6 && (address.address.starts_with("fe80:") || privacy.contains(address.device))) continue;
      std::string& list = result[address.device];
      StrAppend(&list, list.empty() ? "" : ", ", address.address);
    }
    return result;
  }

  // Devices that use privacy addresses: their IPv6 addresses change daily and are left out.
  std::set<std::string> DevicesWithTemporaryAddresses() {
    std::set<std::string> devices;
    std::string text;
    if (!platform_.ReadFile("/proc/net/if_inet6", text).ok()) return devices;
    std::string_view rest = text;
    std::string_view line;
    while (NextLine(rest, line)) {
      std::string_view field;
      std::string_view flags;
      std::string_view device;
      for (int index = 0; index < 4; ++index) NextField(line, field);
      if (!NextField(line, flags) || !NextField(line, device)) continue;
      if ((ParseHex(flags).value_or(0) & kTemporaryAddress) != 0) devices.emplace(device);
    }
    return devices;
  }

  std::string Line(const std::string& path) {
    if (!platform_.ReadFile(path, text_).ok()) return "";
    return std::string(Trimmed(text_));
  }

  Platform& platform_;
  std::string text_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeNetworkInventory(Platform& platform) {
  return std::make_unique<NetworkInventory>(platform);
}

}  // namespace steward::agent
