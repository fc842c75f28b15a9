// Tokens: the ones that enrol machines and the ones that open the API. Stored hashed, shown once.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/identity/random.h"
#include "collector/storage/storage.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

inline constexpr std::size_t kTokenSecretBytes = 32;
inline constexpr absl::Duration kEnrollmentTokenLifetime = absl::Hours(24);
inline constexpr absl::Duration kEnrollmentTokenLifetimeMax = absl::Hours(24 * 400);
inline constexpr absl::Duration kApiTokenLifetime = absl::Hours(24 * 400);
inline constexpr absl::Duration kApiTokenLifetimeMax = absl::Hours(24 * 3660);
inline constexpr std::uint32_t kTokenUsesMax = 10'000;
inline constexpr std::size_t kTokenAddressesMax = 16;

// "valid", "used", "expired", "revoked".
std::string_view TokenState(const TokenRecord& token, absl::Time now);
v1::Token TokenMessage(const TokenRecord& token, absl::Time now);

// Counts one use of the enrolment token with this secret, inside the transaction that creates the machine, and returns the
// record. Unauthenticated: unknown or altered; PermissionDenied: revoked; FailedPrecondition: expired, or used up.
absl::StatusOr<TokenRecord> ConsumeEnrollmentToken(StorageTransaction& transaction, std::string_view secret, absl::Time now);

// Thread-safe. `done` is called on the storage's writer thread, or on the calling thread if the request itself is wrong.
class TokenService {
 public:
  template <typename Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  // `storage` and `clock` outlive the service and its queued writes. `ca_sha256`: what agents pin.
  TokenService(Storage& storage, const Clock& clock, RandomSource random, std::string ca_sha256)
      : storage_(storage), clock_(clock), random_(std::move(random)), ca_sha256_(std::move(ca_sha256)) {}

  // host:port that new enrolment tokens name if the request names none.
  void SetDefaultAddresses(std::vector<std::string> addresses);

  // `by`, here and below: who asks, for the audit trail.
  // InvalidArgument: class, uses, lifetime, site or an address not usable.
  void CreateEnrollmentToken(const v1::CreateEnrollmentTokenRequest& request, std::string by, Done<v1::CreateEnrollmentTokenResponse> done);
  // "sta1-<id>-<base64url of the secret>". InvalidArgument: role or lifetime not usable.
  void CreateApiToken(const v1::CreateApiTokenRequest& request, std::string by, Done<v1::CreateApiTokenResponse> done);
  // NotFound. A token that is revoked already stays so.
  void RevokeToken(const std::string& id, std::string by, Done<v1::RevokeTokenResponse> done);
  absl::StatusOr<v1::ListTokensResponse> ListTokens();

  // The record of a valid API token. Unauthenticated: unknown, altered, expired or revoked; says what to do.
  absl::StatusOr<TokenRecord> CheckApiToken(std::string_view text);

 private:
  // Stores the record under an id not used so far, and who made it.
  void Store(TokenRecord token, std::string by, std::function<void(absl::StatusOr<TokenRecord>)> done);

  Storage& storage_;
  const Clock& clock_;
  const RandomSource random_;
  const std::string ca_sha256_;
  Mutex mutex_;
  std::vector<std::string> default_addresses_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace steward::collector
