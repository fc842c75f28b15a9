// The machine's own key and what is made from it. The key never leaves the machine.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

// A new P-256 key as PEM (PKCS #8). Internal: OpenSSL cannot make one.
absl::StatusOr<std::string> NewMachineKeyPem();

// A certificate request (PKCS #10, DER) for this key; the collector chooses the name.
absl::StatusOr<std::string> CertificateRequestDer(const std::string& key_pem);

// InvalidArgument: not a certificate.
absl::StatusOr<std::string> CertificatePemFromDer(std::string_view der);
absl::StatusOr<std::string> CertificateSha256(const std::string& certificate_pem);  // 32 bytes, over the DER
absl::StatusOr<std::string> CertificateCommonName(const std::string& certificate_pem);
absl::StatusOr<absl::Time> CertificateExpireTime(const std::string& certificate_pem);
bool CertificateMatchesKey(const std::string& certificate_pem, const std::string& key_pem);
// Whether the CA's key signed the certificate; its dates are not looked at (the collector's clock counts).
bool CertificateIsSignedBy(const std::string& certificate_pem, const std::string& ca_pem);

}  // namespace steward::agent
