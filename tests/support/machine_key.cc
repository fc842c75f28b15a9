#include "tests/support/machine_key.h"

#include <openssl/rsa.h>
#include <stdlib.h>

namespace steward::collector {

MachineKey NewMachineKey(KeyKind kind) {
  MachineKey result;
  switch (kind) {
    case KeyKind::kP256: result.key.reset(EVP_EC_gen("P-256")); break;
    case KeyKind::kP384: result.key.reset(EVP_EC_gen("P-384")); break;
    case KeyKind::kRsa2048: result.key.reset(EVP_RSA_gen(2048)); break;
    case KeyKind::kRsa1024: result.key.reset(EVP_RSA_gen(1024)); break;
  }
  result.key_pem = KeyToPem(*result.key);
  return result;
}

std::string CertificateRequest(MachineKey& key, EVP_PKEY* signer) {
  const openssl::RequestPointer request(X509_REQ_new());
  X509_REQ_set_version(request.get(), 0);
  X509_REQ_set_pubkey(request.get(), key.key.get());
  X509_REQ_sign(request.get(), signer == nullptr ? key.key.get() : signer, EVP_sha256());
  std::string der(static_cast<std::size_t>(i2d_X509_REQ(request.get(), nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509_REQ(request.get(), &to);
  return der;
}

std::string PemFromDer(std::string_view der) { return CertificateToPem(*CertificateFromDer(der)); }

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "steward-test-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace steward::collector
