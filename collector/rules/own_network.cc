#include "collector/rules/own_network.h"

#include <ifaddrs.h>
#include <net/if.h>

namespace steward::collector {

bool OwnNetworkWorks() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return true;  // not known
  bool any = false, works = false;
  for (const ifaddrs* interface = first; interface != nullptr; interface = interface->ifa_next) {
    if ((interface->ifa_flags & IFF_LOOPBACK) != 0) continue;
    any = true;
    works = works || ((interface->ifa_flags & IFF_UP) != 0 && (interface->ifa_flags & IFF_RUNNING) != 0);
  }
  freeifaddrs(first);
  return works || !any;
}

}  // namespace steward::collector
