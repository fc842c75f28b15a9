// Fetches the collector's CA certificate by a plain TLS handshake and compares it with what the token says.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

// The CA certificate (PEM) that the server at `address` (host:port) sends in its chain and whose SHA-256 is `ca_sha256`.
// Nothing is sent but the handshake. Blocks for `timeout` at most.
// FailedPrecondition: this is not the collector the token was made for. Unavailable: no answer, or not TLS.
// InvalidArgument: not an address. `proxy` is host:port of an HTTP proxy, or empty.
absl::StatusOr<std::string> FetchCollectorCa(const std::string& address, std::string_view ca_sha256,
                                             const std::string& proxy, absl::Duration timeout);

// "host:port", "[v6]:port". False: not an address.
bool SplitAddress(std::string_view address, std::string& host, std::string& port);

}  // namespace steward::agent
