// How a machine becomes known: token and certificate request in, machine and certificate out. Without gRPC.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "collector/identity/certificate_authority.h"
#include "collector/identity/machine_registry.h"
#include "steward/v1/enrollment.pb.h"

namespace steward::collector {

inline constexpr std::size_t kHostNameBytesMax = 253;
inline constexpr std::size_t kIdentityTextBytesMax = 512;

// What a machine says about itself is usable: host name present, lengths bounded, no control characters, class known or
// empty. InvalidArgument names the field.
absl::Status CheckIdentity(const v1::MachineIdentity& identity, const std::string& agent_version);

// Copies what the machine says about itself; the instance follows a changed host name. True if the record changed.
absl::StatusOr<bool> ApplyIdentity(const v1::MachineIdentity& identity, const std::string& agent_version,
                                   const std::string& address, StorageReader& reader, MachineRecord& machine);

// Core thread. All references outlive the service and its queued writes.
class EnrollmentService {
 public:
  using Done = std::function<void(absl::StatusOr<v1::EnrollResponse>)>;
  using IntervalOf = std::function<absl::Duration(const std::string& machine_class)>;

  EnrollmentService(const CertificateAuthority& authority, MachineRegistry& registry, const Clock& clock, RandomSource random,
                    IntervalOf interval_of)
      : authority_(authority), registry_(registry), clock_(clock), random_(std::move(random)),
        interval_of_(std::move(interval_of)) {}

  // `address`: the peer's, without port. The token's use and the machine are stored together, before `done` is called on
  // the core thread. Errors as in enrollment.proto, and Unavailable or ResourceExhausted from the disk.
  void Enroll(const v1::EnrollRequest& request, const std::string& address, Done done);

 private:
  const CertificateAuthority& authority_;
  MachineRegistry& registry_;
  const Clock& clock_;
  const RandomSource random_;
  const IntervalOf interval_of_;
};

}  // namespace steward::collector
