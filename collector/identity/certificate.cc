#include "collector/identity/certificate.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <ctime>
#include <utility>
#include <vector>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kSerialBytes = 16;

absl::Status OpensslError(std::string_view what) {
  return absl::InternalError(StrCat("cannot ", what, ": ", openssl::TakeError()));
}

bool SetTime(ASN1_TIME* to, absl::Time time) { return ASN1_TIME_set(to, absl::ToTimeT(time)) != nullptr; }

absl::Time ToTime(const ASN1_TIME* from, absl::Time otherwise) {
  std::tm tm = {};
  if (from == nullptr || ASN1_TIME_to_tm(from, &tm) != 1) return otherwise;
  return absl::FromTM(tm, absl::UTCTimeZone());
}

bool AddExtension(X509& certificate, const X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, const_cast<X509*>(issuer), &certificate, nullptr, nullptr, 0);
  const openssl::ExtensionPointer extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

std::vector<std::pair<int, std::string>> Extensions(const CertificateTemplate& what) {
  switch (what.use) {
    case CertificateUse::kAuthority:
      return {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
              {NID_key_usage, "critical,keyCertSign,cRLSign"},
              {NID_subject_key_identifier, "hash"}};
    case CertificateUse::kServer:
      return {{NID_basic_constraints, "critical,CA:FALSE"},
              {NID_key_usage, "critical,digitalSignature"},
              {NID_ext_key_usage, "serverAuth"},
              {NID_subject_alt_name, StrCat("DNS:", what.dns_name)},
              {NID_subject_key_identifier, "hash"},
              {NID_authority_key_identifier, "keyid"}};
    case CertificateUse::kMachine:
      break;
  }
  return {{NID_basic_constraints, "critical,CA:FALSE"},
          {NID_key_usage, "critical,digitalSignature"},
          {NID_ext_key_usage, "clientAuth"},
          {NID_subject_key_identifier, "hash"},
          {NID_authority_key_identifier, "keyid"}};
}

bool SetSerial(X509& certificate, const RandomSource& random) {
  std::string bytes = random(kSerialBytes);
  bytes[0] = static_cast<char>((static_cast<unsigned char>(bytes[0]) & 0x7F) | 0x40);  // positive, full length
  const openssl::BigNumberPointer number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

std::string Drain(BIO& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

openssl::BioPointer ReadOnlyBio(std::string_view text) {
  return openssl::BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

namespace openssl {

std::string TakeError() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no details";
  std::string text(256, '\0');
  ERR_error_string_n(code, text.data(), text.size());
  text.resize(text.find('\0'));
  return text;
}

}  // namespace openssl

Validity UnlimitedValidity() {
  return {absl::UnixEpoch(), absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone())};
}

openssl::KeyPointer NewP256Key() { return openssl::KeyPointer(EVP_EC_gen("P-256")); }

absl::StatusOr<openssl::CertificatePointer> IssueCertificate(const CertificateTemplate& what, EVP_PKEY& subject_key,
                                                             const X509* issuer, EVP_PKEY& issuer_key,
                                                             const RandomSource& random) {
  openssl::CertificatePointer certificate(X509_new());
  if (certificate == nullptr || X509_set_version(certificate.get(), X509_VERSION_3) != 1 || !SetSerial(*certificate, random)) {
    return OpensslError("make a certificate");
  }
  X509_NAME* name = X509_get_subject_name(certificate.get());
  if (X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(what.common_name.data()),
                                 static_cast<int>(what.common_name.size()), -1, 0) != 1 ||
      X509_set_issuer_name(certificate.get(), issuer == nullptr ? name : X509_get_subject_name(issuer)) != 1) {
    return OpensslError("name a certificate");
  }
  if (!SetTime(X509_getm_notBefore(certificate.get()), what.validity.from) ||
      !SetTime(X509_getm_notAfter(certificate.get()), what.validity.to) ||
      X509_set_pubkey(certificate.get(), &subject_key) != 1) {
    return OpensslError("fill in a certificate");
  }
  for (const auto& [nid, value] : Extensions(what)) {
    if (!AddExtension(*certificate, issuer == nullptr ? certificate.get() : issuer, nid, value)) {
      return OpensslError("extend a certificate");
    }
  }
  if (X509_sign(certificate.get(), &issuer_key, EVP_sha256()) <= 0) return OpensslError("sign a certificate");
  return certificate;
}

std::string CertificateToPem(X509& certificate) {
  const openssl::BioPointer bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), &certificate);
  return Drain(*bio);
}

std::string CertificateToDer(X509& certificate) {
  std::string out(static_cast<std::size_t>(i2d_X509(&certificate, nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  i2d_X509(&certificate, &to);
  return out;
}

std::string KeyToPem(EVP_PKEY& key) {
  const openssl::BioPointer bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  return Drain(*bio);
}

openssl::CertificatePointer CertificateFromPem(std::string_view pem) {
  const openssl::BioPointer bio = ReadOnlyBio(pem);
  openssl::CertificatePointer certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return certificate;
}

openssl::CertificatePointer CertificateFromDer(std::string_view der) {
  const auto* from = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = from + der.size();
  openssl::CertificatePointer certificate(d2i_X509(nullptr, &from, static_cast<long>(der.size())));
  ERR_clear_error();
  return from == end ? std::move(certificate) : nullptr;
}

openssl::KeyPointer KeyFromPem(std::string_view pem) {
  const openssl::BioPointer bio = ReadOnlyBio(pem);
  openssl::KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return key;
}

std::string CommonName(const X509& certificate) {
  const X509_NAME* name = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return "";
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return "";
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text.find('\0') == std::string::npos ? text : "";
}

absl::Time NotBefore(const X509& certificate) { return ToTime(X509_get0_notBefore(&certificate), absl::InfiniteFuture()); }
absl::Time NotAfter(const X509& certificate) { return ToTime(X509_get0_notAfter(&certificate), absl::InfinitePast()); }

std::string Sha256(std::string_view bytes) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

bool EqualSecrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace steward::collector
