// The one place where an agent's certificate is judged. gRPC only asks for it and proves that the peer holds its key, so
// that every refusal can be answered in words.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/identity/certificate_authority.h"
#include "collector/storage/records.h"

namespace steward::collector {

// A machine that was off past its certificate's end renews it by itself for so long.
inline constexpr absl::Duration kExpiredGrace = absl::Hours(24 * 400);

struct VerifiedPeer {
  MachineId machine_id;
  absl::Time certificate_expire_time;
  // The certificate is good but the machine is not known, as after a restored backup: it is taken back and flagged.
  bool unknown = false;
  // It is past its end, by less than kExpiredGrace: good for a renewal, if the hardware is the one it was issued to.
  bool expired = false;
};

// The machine's record, or null. Called on the caller's thread.
using MachineLookup = std::function<std::shared_ptr<const MachineRecord>(const MachineId&)>;

// `pem` is what the peer presented, its own certificate first; empty if it presented none. `now` is the collector's clock.
// Unauthenticated: none, not a machine's, of another authority, not valid at `now` (for more than the grace). PermissionDenied: the machine is retired.
// Every message says what to do.
absl::StatusOr<VerifiedPeer> VerifyPeer(std::string_view pem, const CertificateAuthority& authority, absl::Time now,
                                        const MachineLookup& lookup);

}  // namespace steward::collector
