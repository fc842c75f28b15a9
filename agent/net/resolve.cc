#include "agent/net/resolve.h"

#include <netdb.h>
#include <resolv.h>

#include <cstring>

#include "base/text.h"

namespace steward::agent {

void AskNameServersBriefly() {
  if (::res_init() != 0) return;
  _res.retrans = 2;
  _res.retry = 2;
}

absl::StatusOr<SocketAddress> ResolveHost(const std::string& host, const std::string& port) {
  AskNameServersBriefly();
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(StrCat(host, ": ", ::gai_strerror(error)));
  }
  SocketAddress address;
  address.size = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

}  // namespace steward::agent
