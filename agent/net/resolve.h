// Names to addresses, by the system's ways (hosts file, name servers).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"

namespace steward::agent {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// For the calling thread: a name server that is not there costs no more than some seconds.
void AskNameServersBriefly();

// The first address. Unavailable: there is no such host, or nobody knows.
absl::StatusOr<SocketAddress> ResolveHost(const std::string& host, const std::string& port);

}  // namespace steward::agent
