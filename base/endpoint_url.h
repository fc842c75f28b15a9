// Where a service is reached, as people write it: tcp://host:port, tls://host:port, http://host[:port]/path, https://...,
// dns:name, dns://server[:port]/name, dns://*/name (each server that the machine is set to ask), icmp://host,
// icmp://* (the machine's gateway).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace steward {

inline constexpr char kAnyServer[] = "*";  // the one, or each, that the machine is set to use

struct EndpointUrl {
  std::string scheme;  // one of the above
  std::string host;    // a name or an address, IPv6 without brackets; empty for dns:name, kAnyServer for dns://*/name and icmp://*
  std::string port;    // that of the scheme if none is written; empty for icmp and dns:name
  std::string path;    // of http, from '/' on, with what is behind '?'; of dns the name asked for
  bool operator==(const EndpointUrl&) const = default;

  // host:port, IPv6 in brackets; without a port what has none.
  std::string Authority() const;
};

// InvalidArgument: what is wrong with it, and what to write.
absl::StatusOr<EndpointUrl> ParseEndpointUrl(std::string_view text);

}  // namespace steward
