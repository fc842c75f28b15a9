#include "collector/identity/own_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace steward::collector {
namespace {

constexpr std::size_t kAddressesMax = 8;
constexpr std::array<std::string_view, 6> kBridges = {"docker", "veth", "virbr", "br-", "cni", "podman"};

bool IsBridge(std::string_view interface) {
  return std::any_of(kBridges.begin(), kBridges.end(), [&](std::string_view bridge) { return interface.starts_with(bridge); });
}

std::string AddressText(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (!IN6_IS_ADDR_LINKLOCAL(&v6)) inet_ntop(AF_INET6, &v6, text, sizeof text);
  }
  return text;
}

}  // namespace

std::vector<std::string> OwnAddresses() {
  std::vector<std::string> v4;
  std::vector<std::string> v6;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) == 0) {
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
      if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_LOOPBACK) != 0 || (one->ifa_flags & IFF_UP) == 0) continue;
      if (IsBridge(one->ifa_name)) continue;
      const std::string text = AddressText(*one->ifa_addr);
      if (!text.empty()) (one->ifa_addr->sa_family == AF_INET ? v4 : v6).push_back(text);
    }
  }
  v4.insert(v4.end(), v6.begin(), v6.end());
  v4.resize(std::min(v4.size(), kAddressesMax - 1));
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0') v4.emplace_back(name);
  return v4;
}

std::vector<std::string> DefaultAgentAddresses(const HostPort& listener, const std::function<std::vector<std::string>()>& own) {
  if (!listener.IsWildcard()) return {listener.ToString()};
  std::vector<std::string> addresses;
  for (const std::string& host : own()) addresses.push_back(HostPort{host, listener.port}.ToString());
  if (addresses.empty()) addresses.push_back(HostPort{"127.0.0.1", listener.port}.ToString());
  return addresses;
}

}  // namespace steward::collector
