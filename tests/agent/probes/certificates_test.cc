// Certificates as OpenSSL writes them, and files that hold none.
#include "agent/probes/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/platform/platform.h"
#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

constexpr char kWww[] = "2027-02-20T20:51:57Z";

std::string Fixture(const std::string& name) {
  std::ifstream file(STEWARD_SOURCE_DIR "/tests/fixtures/certificates/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Certificate, OfAHost) {
  const auto certificate = ParseCertificate(Fixture("www.pem"));
  ASSERT_TRUE(certificate.ok()) << certificate.status();
  EXPECT_EQ(certificate->subject, "www.example.net");
  EXPECT_EQ(certificate->issuer, "CN=Example R1,O=Example,C=EE");
  EXPECT_EQ(absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", certificate->not_after, absl::UTCTimeZone()), kWww);
  EXPECT_EQ(certificate->not_after - certificate->not_before, absl::Hours(24 * 90));
}

TEST(Certificate, TheFirstOfAChainAndDerAreTheSame) {
  for (const char* file : {"chain.pem", "www.der"}) {
    const auto certificate = ParseCertificate(Fixture(file));
    ASSERT_TRUE(certificate.ok()) << file << certificate.status();
    EXPECT_EQ(certificate->subject, "www.example.net") << file;
  }
}

TEST(Certificate, WithoutACommonNameTheFirstHost) {
  const auto certificate = ParseCertificate(Fixture("no-common-name.pem"));
  ASSERT_TRUE(certificate.ok()) << certificate.status();
  EXPECT_EQ(certificate->subject, "mail.example.net");
}

TEST(Certificate, CutEmptyBinaryAndKeysAreNone) {
  const std::string pem = Fixture("www.pem");
  const std::string der = Fixture("www.der");
  EXPECT_FALSE(ParseCertificate("").ok());
  EXPECT_FALSE(ParseCertificate(pem.substr(0, pem.size() / 2)).ok());
  for (std::size_t length = 0; length < der.size(); ++length) EXPECT_FALSE(ParseCertificate(der.substr(0, length)).ok()) << length;
  EXPECT_FALSE(ParseCertificate(std::string(1000, '\xff')).ok());
  EXPECT_FALSE(ParseCertificate(std::string(kCertificateFileBytesMax + 1, 'x')).ok());
  EXPECT_FALSE(ParseCertificate("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
                                "-----END RSA PRIVATE KEY-----\n").ok()) << "and nobody is asked for a password";
}

class CertificatesTest : public testing::Test {
 protected:
  void Write(std::string_view file, std::string_view text) {
    const std::filesystem::path path = directory_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  absl::Status Collect(std::vector<std::string> paths, Collected& collected) {
    auto platform = NewRecordedPlatform(directory_.path().string());
    EXPECT_TRUE(platform.ok()) << platform.status();
    return MakeCertificatesProbe(**platform, std::move(paths))->Collect(collected);
  }

  TempDir directory_;
};

TEST_F(CertificatesTest, LetsEncryptsAndThoseThatAreNamed) {
  Write("etc/letsencrypt/live/www/cert.pem", Fixture("www.pem"));
  Write("etc/letsencrypt/live/README", "x");
  Write("etc/ssl/mail.pem", Fixture("no-common-name.pem"));
  Collected collected;
  const absl::Status status = Collect({"/etc/ssl/mail.pem", "/etc/ssl/gone.pem", "/etc/ssl/mail.pem"}, collected);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(collected.Has("steward_certificate_not_after_timestamp_seconds{issuer=CN=Example R1,O=Example,C=EE,"
                            "path=/etc/letsencrypt/live/www/cert.pem,renewal=automatic,subject=www.example.net}"));
  EXPECT_TRUE(collected.Has("steward_certificate_not_after_timestamp_seconds{issuer=OU=Mail,O=Example,C=EE,"
                            "path=/etc/ssl/mail.pem,renewal=not known,subject=mail.example.net}"));
  EXPECT_EQ(collected.Integer("steward_certificate_readable{path=/etc/ssl/gone.pem}"), 0);
  EXPECT_EQ(collected.Integer("steward_certificate_readable{path=/etc/ssl/mail.pem}"), 1);
  EXPECT_EQ(collected.Integer("steward_certificates_left_out"), 0);
}

TEST_F(CertificatesTest, AFolderOfRootsSaysWhatToDo) {
  Write("steward/syscalls.json", R"({"file_errors": {"/etc/letsencrypt/live": {"error": "PERMISSION_DENIED", "message": "x"}}})");
  Collected collected;
  const absl::Status status = Collect({}, collected);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("[[certificate]]"));
  EXPECT_TRUE(Collect({"/gone"}, collected).ok());
}

// Of Let's Encrypt's folder with its usual rights.
TEST_F(CertificatesTest, AFolderOfRootsIsToldByTheHelper) {
  AnsweringPlatform machine;
  machine.refused.insert("/etc/letsencrypt/live");
  machine.tools[Tool::kCertificates] =
      "/etc/letsencrypt/live/www/cert.pem\n" + Fixture("www.pem") + "/etc/letsencrypt/live/old/cert.pem\nno certificate\n";
  Collected collected;
  const absl::Status status = MakeCertificatesProbe(machine, {})->Collect(collected);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(collected.Has("steward_certificate_not_after_timestamp_seconds{issuer=CN=Example R1,O=Example,C=EE,"
                            "path=/etc/letsencrypt/live/www/cert.pem,renewal=automatic,subject=www.example.net}"));
  EXPECT_EQ(collected.Integer("steward_certificate_readable{path=/etc/letsencrypt/live/old/cert.pem}"), 0);
  machine.tools[Tool::kCertificates] = std::string();
  EXPECT_TRUE(absl::IsNotFound(MakeCertificatesProbe(machine, {})->Collect(collected))) << "there is none";
}

TEST_F(CertificatesTest, WithoutAnyThereIsNoSource) {
  Collected collected;
  EXPECT_TRUE(absl::IsNotFound(Collect({}, collected)));
}

TEST_F(CertificatesTest, ManyAreCutAndCounted) {
  std::vector<std::string> paths;
  for (int index = 0; index < 105; ++index) paths.push_back("/etc/ssl/" + std::to_string(index));
  Collected collected;
  ASSERT_TRUE(Collect(paths, collected).ok());
  EXPECT_EQ(collected.Integer("steward_certificates_left_out"), 5);
}

}  // namespace
}  // namespace steward::agent
