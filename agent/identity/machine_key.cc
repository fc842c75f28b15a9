#include "agent/identity/machine_key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <ctime>

#include "absl/strings/str_cat.h"
#include "agent/identity/openssl.h"

namespace steward::agent {
namespace {

using openssl::BioPointer;
using openssl::CertificatePointer;
using openssl::KeyPointer;
using openssl::RequestPointer;

absl::Status Failed(const char* what) {
  return absl::InternalError(absl::StrCat("cannot ", what, ": ", openssl::TakeError()));
}

BioPointer Reading(const std::string& text) {
  return BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string Written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

KeyPointer ReadKey(const std::string& pem) {
  KeyPointer key(PEM_read_bio_PrivateKey(Reading(pem).get(), nullptr, nullptr, nullptr));
  if (!key) ERR_clear_error();
  return key;
}

CertificatePointer ReadCertificate(const std::string& pem) {
  CertificatePointer certificate(PEM_read_bio_X509(Reading(pem).get(), nullptr, nullptr, nullptr));
  if (!certificate) ERR_clear_error();
  return certificate;
}

absl::Status NotACertificate() { return absl::InvalidArgumentError("this is not a certificate in PEM"); }

}  // namespace

absl::StatusOr<std::string> NewMachineKeyPem() {
  const KeyPointer key(EVP_EC_gen("P-256"));
  if (!key) return Failed("make a key");
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Failed("write the key");
  }
  return Written(out.get());
}

absl::StatusOr<std::string> CertificateRequestDer(const std::string& key_pem) {
  const KeyPointer key = ReadKey(key_pem);
  if (!key) return absl::InvalidArgumentError("the machine's key cannot be read");
  const RequestPointer request(X509_REQ_new());
  if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) {
    return Failed("make a certificate request");
  }
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (i2d_X509_REQ_bio(out.get(), request.get()) != 1) return Failed("write the certificate request");
  return Written(out.get());
}

absl::StatusOr<std::string> CertificatePemFromDer(std::string_view der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  const CertificatePointer certificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
  if (!certificate) {
    ERR_clear_error();
    return absl::InvalidArgumentError("this is not a certificate in DER");
  }
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(out.get(), certificate.get()) != 1) return Failed("write the certificate");
  return Written(out.get());
}

absl::StatusOr<std::string> CertificateSha256(const std::string& certificate_pem) {
  const CertificatePointer certificate = ReadCertificate(certificate_pem);
  if (!certificate) return NotACertificate();
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) {
    return Failed("digest a certificate");
  }
  return digest;
}

absl::StatusOr<std::string> CertificateCommonName(const std::string& certificate_pem) {
  const CertificatePointer certificate = ReadCertificate(certificate_pem);
  if (!certificate) return NotACertificate();
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
  return std::string(name);
}

absl::StatusOr<absl::Time> CertificateExpireTime(const std::string& certificate_pem) {
  const CertificatePointer certificate = ReadCertificate(certificate_pem);
  if (!certificate) return NotACertificate();
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) != 1) return Failed("read a certificate's time");
  return absl::FromTM(time, absl::UTCTimeZone());
}

bool CertificateMatchesKey(const std::string& certificate_pem, const std::string& key_pem) {
  const CertificatePointer certificate = ReadCertificate(certificate_pem);
  const KeyPointer key = ReadKey(key_pem);
  const bool matches = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return matches;
}

bool CertificateIsSignedBy(const std::string& certificate_pem, const std::string& ca_pem) {
  const CertificatePointer certificate = ReadCertificate(certificate_pem);
  const CertificatePointer ca = ReadCertificate(ca_pem);
  const bool is_signed = certificate && ca && X509_verify(certificate.get(), X509_get0_pubkey(ca.get())) == 1;
  ERR_clear_error();
  return is_signed;
}

}  // namespace steward::agent
