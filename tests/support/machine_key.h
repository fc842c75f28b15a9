// What a machine does at enrolment: a key and a certificate request, here with every choice a test needs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "collector/identity/certificate.h"
#include "collector/identity/certificate_authority.h"

namespace steward::collector {

enum class KeyKind { kP256, kP384, kRsa2048, kRsa1024 };

struct MachineKey {
  openssl::KeyPointer key;
  std::string key_pem;
};
MachineKey NewMachineKey(KeyKind kind = KeyKind::kP256);

// PKCS #10 in DER. `signer`: null means the key itself.
std::string CertificateRequest(MachineKey& key, EVP_PKEY* signer = nullptr);

std::string PemFromDer(std::string_view der);

// A folder of its own that is gone when the object is.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace steward::collector
