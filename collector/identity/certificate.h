// What this folder does with X.509 certificates and keys, on top of OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/identity/openssl.h"
#include "collector/identity/random.h"

namespace steward::collector {

// Years 1970 to 9999: a machine with a dead clock can still connect.
struct Validity {
  absl::Time from;
  absl::Time to;
};
Validity UnlimitedValidity();

enum class CertificateUse { kAuthority, kServer, kMachine };

struct CertificateTemplate {
  CertificateUse use = CertificateUse::kMachine;
  std::string common_name;
  std::string dns_name;  // kServer only
  Validity validity;
};

openssl::KeyPointer NewP256Key();

// Signs `subject_key` into a certificate. `issuer` is null for a self-signed one. Internal: OpenSSL's words.
absl::StatusOr<openssl::CertificatePointer> IssueCertificate(const CertificateTemplate& what, EVP_PKEY& subject_key,
                                                             const X509* issuer, EVP_PKEY& issuer_key,
                                                             const RandomSource& random);

std::string CertificateToPem(X509& certificate);
std::string CertificateToDer(X509& certificate);
std::string KeyToPem(EVP_PKEY& key);
// The first certificate, or the key, in the text; null if there is none.
openssl::CertificatePointer CertificateFromPem(std::string_view pem);
openssl::CertificatePointer CertificateFromDer(std::string_view der);  // null too if bytes follow it
openssl::KeyPointer KeyFromPem(std::string_view pem);

std::string CommonName(const X509& certificate);  // empty if there is none or it holds a zero byte
absl::Time NotBefore(const X509& certificate);
absl::Time NotAfter(const X509& certificate);

std::string Sha256(std::string_view bytes);
// In a time that does not depend on the content. Different lengths are unequal.
bool EqualSecrets(std::string_view a, std::string_view b);

}  // namespace steward::collector
