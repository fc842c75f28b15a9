// The kernel's neighbour table (ARP, NDP): a machine on the same network answers there even if it drops everything else.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "boost/asio/ip/address.hpp"

namespace steward::collector {

// How long ago the neighbour last proved to be there; nothing if it is no neighbour, did not answer, or cannot be asked.
// Takes about a millisecond; needs no privilege.
std::optional<absl::Duration> NeighbourConfirmedAgo(const boost::asio::ip::address& address);

}  // namespace steward::collector
