#include "collector/identity/certificate_authority.h"

#include <sys/stat.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/machine_key.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

constexpr char kId[] = "11111111-2222-4333-8444-555555555555";
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class CertificateAuthorityTest : public ::testing::Test {
 protected:
  absl::StatusOr<CertificateAuthority> Open() { return CertificateAuthority::OpenOrCreate(directory_.path(), SystemRandom()); }

  TemporaryDirectory directory_;
};

TEST_F(CertificateAuthorityTest, IsMadeOnceAndReadAfterwards) {
  const auto first = Open();
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Open();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->certificate_sha256(), second->certificate_sha256());
  EXPECT_EQ(first->server_chain_pem(), second->server_chain_pem());
}

TEST_F(CertificateAuthorityTest, LeavesFilesThatOnlyTheOwnerMayRead) {
  ASSERT_TRUE(Open().ok());
  for (const char* name : {"ca.key", "ca.crt", "server.key", "server.crt"}) {
    struct stat info = {};
    ASSERT_EQ(stat((directory_.path() / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(CertificateAuthorityTest, CertifiesItselfForAsGoodAsEver) {
  const auto authority = Open();
  EXPECT_LE(NotBefore(authority->certificate()), absl::UnixEpoch());
  EXPECT_GT(NotAfter(authority->certificate()), absl::FromCivil(absl::CivilDay(9999, 12, 31), absl::UTCTimeZone()));
  const openssl::CertificatePointer server = CertificateFromPem(authority->server_chain_pem());
  EXPECT_LE(NotBefore(*server), absl::UnixEpoch());
  EXPECT_EQ(X509_check_host(server.get(), "steward-collector", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(server.get(), "other", 0, 0, nullptr), 0);
}

TEST_F(CertificateAuthorityTest, SendsItsOwnCertificateAfterTheServers) {
  const auto authority = Open();
  EXPECT_THAT(authority->server_chain_pem(), HasSubstr(authority->certificate_pem()));
}

TEST_F(CertificateAuthorityTest, SignsAMachineForNinetyDays) {
  const auto authority = Open();
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kRsa2048}) {
    MachineKey key = NewMachineKey(kind);
    const auto signed_one = authority->SignMachine(CertificateRequest(key), kId, kNow);
    ASSERT_TRUE(signed_one.ok()) << signed_one.status();
    const openssl::CertificatePointer certificate = CertificateFromDer(signed_one->der);
    EXPECT_EQ(CommonName(*certificate), kId);
    EXPECT_EQ(signed_one->expire_time, kNow + absl::Hours(24 * 90));
    EXPECT_EQ(RenewTime(signed_one->expire_time), kNow + absl::Hours(24 * 60));
    EXPECT_EQ(X509_check_private_key(certificate.get(), key.key.get()), 1);
  }
}

TEST_F(CertificateAuthorityTest, RefusesRequestsThatProveNothing) {
  const auto authority = Open();
  MachineKey key = NewMachineKey();
  MachineKey other = NewMachineKey();
  MachineKey weak = NewMachineKey(KeyKind::kRsa1024);
  MachineKey odd = NewMachineKey(KeyKind::kP384);
  const auto message = [&](const std::string& request) {
    const auto result = authority->SignMachine(request, kId, kNow);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(result.status().message());
  };
  EXPECT_THAT(message(CertificateRequest(key, other.key.get())), HasSubstr("not signed by its own key"));
  EXPECT_THAT(message(CertificateRequest(weak)), HasSubstr("P-256, or RSA of 2048"));
  EXPECT_THAT(message(CertificateRequest(odd)), HasSubstr("P-256, or RSA of 2048"));
  EXPECT_THAT(message(""), HasSubstr("not PKCS #10"));
  EXPECT_THAT(message("garbage"), HasSubstr("not PKCS #10"));
  EXPECT_THAT(message(CertificateRequest(key) + "x"), HasSubstr("not PKCS #10"));
  EXPECT_THAT(message(std::string(20'000, 'x')), HasSubstr("larger than"));
}

TEST_F(CertificateAuthorityTest, NamesTheFileThatIsDamagedOrMissing) {
  ASSERT_TRUE(Open().ok());
  std::filesystem::remove(directory_.path() / "ca.crt");
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("ca.crt: is missing beside ca.key"));
  std::ofstream(directory_.path() / "ca.crt") << "nonsense";
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("ca.crt: holds no certificate"));
}

TEST_F(CertificateAuthorityTest, NoticesACertificateOfAnotherAuthority) {
  ASSERT_TRUE(Open().ok());
  const TemporaryDirectory other;
  ASSERT_TRUE(CertificateAuthority::OpenOrCreate(other.path(), SystemRandom()).ok());
  for (const char* name : {"server.key", "server.crt"}) {
    std::filesystem::copy_file(other.path() / name, directory_.path() / name, std::filesystem::copy_options::overwrite_existing);
  }
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("server.crt: was not signed by ca.key"));
  std::filesystem::copy_file(other.path() / "ca.key", directory_.path() / "ca.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("ca.key: is not the key of ca.crt"));
}

}  // namespace
}  // namespace steward::collector
