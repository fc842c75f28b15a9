#include "collector/identity/certificate_authority.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "base/text.h"
#include "collector/identity/secret_file.h"

namespace steward::collector {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;

absl::Status Damaged(const std::filesystem::path& file, std::string_view what) {
  return absl::FailedPreconditionError(
      StrCat(file.string(), ": ", what, "; put the file back from a backup of this data directory"));
}

struct Pair {
  openssl::KeyPointer key;
  openssl::CertificatePointer certificate;
};

// Nothing if neither file is there.
absl::StatusOr<std::optional<Pair>> LoadPair(const std::filesystem::path& directory, const std::string& name) {
  const std::filesystem::path key_file = directory / (name + ".key");
  const std::filesystem::path certificate_file = directory / (name + ".crt");
  absl::StatusOr<std::string> key_pem = ReadSecretFile(key_file);
  absl::StatusOr<std::string> certificate_pem = ReadSecretFile(certificate_file);
  const bool no_key = absl::IsNotFound(key_pem.status());
  const bool no_certificate = absl::IsNotFound(certificate_pem.status());
  if (no_key && no_certificate) return std::nullopt;
  if (no_key) return Damaged(key_file, StrCat("is missing beside ", name, ".crt"));
  if (no_certificate) return Damaged(certificate_file, StrCat("is missing beside ", name, ".key"));
  if (!key_pem.ok()) return key_pem.status();
  if (!certificate_pem.ok()) return certificate_pem.status();
  Pair pair{KeyFromPem(*key_pem), CertificateFromPem(*certificate_pem)};
  if (pair.key == nullptr) return Damaged(key_file, "holds no private key in PEM");
  if (pair.certificate == nullptr) return Damaged(certificate_file, "holds no certificate in PEM");
  if (X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1) {
    ERR_clear_error();
    return Damaged(key_file, StrCat("is not the key of ", name, ".crt"));
  }
  return pair;
}

absl::Status SavePair(const std::filesystem::path& directory, const std::string& name, const Pair& pair) {
  absl::Status status = WriteSecretFile(directory / (name + ".key"), KeyToPem(*pair.key));
  if (status.ok()) status = WriteSecretFile(directory / (name + ".crt"), CertificateToPem(*pair.certificate));
  return status;
}

absl::StatusOr<Pair> LoadOrMake(const std::filesystem::path& directory, const std::string& name,
                                const CertificateTemplate& what, const Pair* issuer, const RandomSource& random) {
  absl::StatusOr<std::optional<Pair>> loaded = LoadPair(directory, name);
  if (!loaded.ok()) return loaded.status();
  if (loaded->has_value()) return std::move(**loaded);
  Pair pair{NewP256Key(), nullptr};
  if (pair.key == nullptr) return absl::InternalError(StrCat("cannot make a key: ", openssl::TakeError()));
  absl::StatusOr<openssl::CertificatePointer> certificate =
      IssueCertificate(what, *pair.key, issuer == nullptr ? nullptr : issuer->certificate.get(),
                       issuer == nullptr ? *pair.key : *issuer->key, random);
  if (!certificate.ok()) return certificate.status();
  pair.certificate = *std::move(certificate);
  if (const absl::Status status = SavePair(directory, name, pair); !status.ok()) return status;
  return pair;
}

absl::Status CheckKey(EVP_PKEY& key) {
  const int bits = EVP_PKEY_get_bits(&key);
  if (EVP_PKEY_get_base_id(&key) == EVP_PKEY_RSA && bits >= kRsaBitsMin && bits <= kRsaBitsMax) return absl::OkStatus();
  if (EVP_PKEY_get_base_id(&key) == EVP_PKEY_EC) {
    char group[64] = {};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(&key, group, sizeof group, &size) == 1 && std::string_view(group, size) == "prime256v1") {
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError("certificate request: the key must be P-256, or RSA of 2048 to 8192 bits");
}

}  // namespace

absl::StatusOr<CertificateAuthority> CertificateAuthority::OpenOrCreate(const std::filesystem::path& directory,
                                                                        const RandomSource& random) {
  // The name tells two collectors' authorities apart in messages; it plays no part in trust.
  const std::string name = StrCat("Steward CA ", absl::BytesToHexString(random(4)));
  absl::StatusOr<Pair> authority =
      LoadOrMake(directory, "ca", {CertificateUse::kAuthority, name, "", UnlimitedValidity()}, nullptr, random);
  if (!authority.ok()) return authority.status();
  const std::string dns(kCollectorDnsName);
  absl::StatusOr<Pair> server =
      LoadOrMake(directory, "server", {CertificateUse::kServer, dns, dns, UnlimitedValidity()}, &*authority, random);
  if (!server.ok()) return server.status();
  if (X509_verify(server->certificate.get(), authority->key.get()) != 1) {
    ERR_clear_error();
    return Damaged(directory / "server.crt", "was not signed by ca.key");
  }
  CertificateAuthority result;
  result.key_ = std::move(authority->key);
  result.certificate_ = std::move(authority->certificate);
  result.certificate_der_ = CertificateToDer(*result.certificate_);
  result.certificate_pem_ = CertificateToPem(*result.certificate_);
  result.certificate_sha256_ = Sha256(result.certificate_der_);
  result.server_chain_pem_ = CertificateToPem(*server->certificate) + result.certificate_pem_;
  result.server_key_pem_ = KeyToPem(*server->key);
  result.random_ = random;
  return result;
}

absl::StatusOr<MachineCertificate> CertificateAuthority::SignMachine(std::string_view request_der, std::string_view machine_id,
                                                                     absl::Time now) const {
  if (request_der.size() > kCertificateRequestBytesMax) {
    return absl::InvalidArgumentError(StrCat("certificate request: larger than ", kCertificateRequestBytesMax, " bytes"));
  }
  const auto* from = reinterpret_cast<const unsigned char*>(request_der.data());
  const auto* end = from + request_der.size();
  const openssl::RequestPointer request(d2i_X509_REQ(nullptr, &from, static_cast<long>(request_der.size())));
  EVP_PKEY* key = request == nullptr ? nullptr : X509_REQ_get0_pubkey(request.get());
  ERR_clear_error();
  if (key == nullptr || from != end) return absl::InvalidArgumentError("certificate request: not PKCS #10 in DER");
  if (const absl::Status status = CheckKey(*key); !status.ok()) return status;
  if (X509_REQ_verify(request.get(), key) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("certificate request: not signed by its own key");
  }
  const CertificateTemplate what{CertificateUse::kMachine,
                                 std::string(machine_id),
                                 "",
                                 {now - kMachineCertificateSetBack, now + kMachineCertificateLifetime}};
  absl::StatusOr<openssl::CertificatePointer> certificate = IssueCertificate(what, *key, certificate_.get(), *key_, random_);
  if (!certificate.ok()) return certificate.status();
  return MachineCertificate{CertificateToDer(**certificate), NotAfter(**certificate)};
}

absl::Time RenewTime(absl::Time expire_time) { return expire_time - kMachineCertificateLifetime / 3; }

}  // namespace steward::collector
