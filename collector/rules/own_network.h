// Whether the collector itself can hear anybody.
#pragma once

namespace steward::collector {

// One of this machine's network interfaces has a link, or it has none but the loopback. Takes less than a millisecond.
bool OwnNetworkWorks();

}  // namespace steward::collector
