// The agents' port: gRPC with mutual TLS 1.3, Enrollment and AgentUplink and nothing else. Reactors check who it is and
// what arrived, and post the rest to the core thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/config/config.h"
#include "collector/identity/certificate_authority.h"
#include "collector/identity/enrollment.h"
#include "collector/identity/machine_registry.h"
#include "collector/ingest/session_hub.h"

namespace steward::collector {

// gRPC has no option for the TLS version. A cipher list without any cipher that a P-256 certificate could use below 1.3
// leaves only that. Must be called before anything of gRPC is used in the process; it reads the environment once.
void AllowOnlyTls13();

// Everything but Stop and the constructor's caller runs on gRPC's threads.
class UplinkServer {
 public:
  struct Parts {
    boost::asio::any_io_executor core;
    const Clock& clock;
    const CertificateAuthority& authority;
    const MachineRegistry& registry;
    EnrollmentService& enrollment;  // called on the core thread
    SessionHub& hub;                // called on the core thread
    IngestMetrics& metrics;
  };

  // All parts outlive the server. Unavailable: the address cannot be listened on, with the reason and what to do.
  static absl::StatusOr<std::unique_ptr<UplinkServer>> Start(const HostPort& listen, Parts parts);
  // Stop was called.
  ~UplinkServer();

  // With the port that the system picked.
  const HostPort& address() const { return address_; }

  // Takes no new streams, waits for those that are being ended (SessionHub::Stop), breaks off the others after `grace`.
  // The core thread must run meanwhile. Not from the core thread.
  void Stop(absl::Duration grace);

 private:
  class Services;
  UplinkServer() = default;

  std::unique_ptr<Services> services_;
  HostPort address_;
};

// "192.0.2.1" from gRPC's "ipv4:192.0.2.1:5000" or "ipv6:%5B::1%5D:5000".
std::string PeerHost(const std::string& peer);

}  // namespace steward::collector
