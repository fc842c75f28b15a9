// Enrolment: a token becomes an identity.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/identity/identity_store.h"
#include "steward/v1/enrollment.pb.h"

namespace steward::agent {

// Reads a token. InvalidArgument: not a token, cut short or altered; FailedPrecondition: expired at `now`, or it names no
// address. All without a network; each says what to do.
absl::StatusOr<v1::EnrollmentToken> ReadToken(std::string_view text, absl::Time now);

// Asks the collectors at the token's addresses in order (proxy: host:port or empty), blocking up to `timeout` each.
// A key is made, only the request for a certificate is sent, and only to a collector whose CA has the token's fingerprint.
// Unavailable: none answered, with the reason of each. FailedPrecondition: another collector answered, or the token is
// expired or used up. Others as Enrollment.Enroll says.
absl::StatusOr<Identity> EnrollMachine(const v1::EnrollmentToken& token, const v1::MachineIdentity& machine,
                                       const std::string& agent_version, const std::string& proxy,
                                       absl::Duration timeout = absl::Seconds(10));

// The second half, for programs that enrol many machines: the collector's CA is known already.
absl::StatusOr<Identity> EnrollMachineAt(const std::string& address, const std::string& ca_pem,
                                         const v1::EnrollmentToken& token, const v1::MachineIdentity& machine,
                                         const std::string& agent_version, const std::string& proxy,
                                         absl::Duration timeout = absl::Seconds(10));

}  // namespace steward::agent
