// Whether the company's services answer, seen from this machine: the endpoints that the collector's policy names.
#pragma once

#include <cstddef>
#include <memory>

#include "agent/probe.h"
#include "agent/probe_settings.h"

namespace steward::agent {

inline constexpr std::size_t kEndpointsMax = 50;  // of one machine; more are left out, and said so
inline constexpr std::size_t kEndpointBytesMax = 1'000'000;  // of an answer in which something is looked for
inline constexpr int kEndpointPings = 5;  // a look: what is lost of them is told
inline constexpr std::size_t kEndpointsAtOnce = 8;
inline constexpr absl::Duration kEndpointInterval = absl::Minutes(1);
inline constexpr absl::Duration kEndpointDeadline = absl::Seconds(10);

// Up is a service that can be connected to (tcp), has a certificate that this machine trusts (tls, https), answers with a status
// below 400 (http, https; redirects are not followed), knows the name (dns) or sends the echo back (icmp,
// where one of several will do). Each is asked in a
// thread beside the sampling; why one is not up goes to the log once. NotFound: the policy names none.
std::unique_ptr<Probe> MakeEndpointsProbe(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
