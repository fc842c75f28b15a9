// The collector's own certificate authority: one self-signed P-256 key, which signs the collector's certificate and
// those of the machines. Trust is its signature, never a list of serials.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/identity/certificate.h"
#include "collector/identity/random.h"

namespace steward::collector {

// The one name that agents expect, whatever the address.
inline constexpr std::string_view kCollectorDnsName = "steward-collector";

// Agents renew at two thirds of it. The start is set back so that a collector whose clock is corrected backwards by a
// little still accepts what it signed.
inline constexpr absl::Duration kMachineCertificateLifetime = absl::Hours(24 * 90);
inline constexpr absl::Duration kMachineCertificateSetBack = absl::Hours(1);

inline constexpr std::size_t kCertificateRequestBytesMax = 16 * 1024;

struct MachineCertificate {
  std::string der;
  absl::Time expire_time;
};

// Thread-safe once made.
class CertificateAuthority {
 public:
  // Reads ca.key, ca.crt, server.key and server.crt of `directory`; makes what a new directory lacks, mode 0600.
  // FailedPrecondition: a file is damaged, missing beside its pair, or not of this CA; PermissionDenied, Unavailable: the
  // file cannot be read or written. Each names the file and says what to do.
  static absl::StatusOr<CertificateAuthority> OpenOrCreate(const std::filesystem::path& directory, const RandomSource& random);

  // Signs a PKCS #10 request: the key is taken from it, the name is `machine_id`, the time is ours.
  // InvalidArgument: not a request, not signed by its own key, key neither P-256 nor RSA of 2048 bits or more.
  absl::StatusOr<MachineCertificate> SignMachine(std::string_view request_der, std::string_view machine_id, absl::Time now) const;

  const X509& certificate() const { return *certificate_; }
  const std::string& certificate_der() const { return certificate_der_; }
  const std::string& certificate_pem() const { return certificate_pem_; }
  const std::string& certificate_sha256() const { return certificate_sha256_; }  // of the DER, 32 bytes
  // For the agents' listener: its certificate with the CA's after it, so that enrolment sees the CA in the handshake.
  const std::string& server_chain_pem() const { return server_chain_pem_; }
  const std::string& server_key_pem() const { return server_key_pem_; }

 private:
  CertificateAuthority() = default;

  openssl::KeyPointer key_;
  openssl::CertificatePointer certificate_;
  std::string certificate_der_;
  std::string certificate_pem_;
  std::string certificate_sha256_;
  std::string server_chain_pem_;
  std::string server_key_pem_;
  RandomSource random_;
};

// From when on an agent should renew: two thirds of the certificate's life.
absl::Time RenewTime(absl::Time expire_time);

}  // namespace steward::collector
