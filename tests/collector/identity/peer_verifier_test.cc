#include "collector/identity/peer_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/machine_key.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

constexpr char kId[] = "11111111-2222-4333-8444-555555555555";
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class PeerVerifierTest : public ::testing::Test {
 protected:
  PeerVerifierTest() : authority_(CertificateAuthority::OpenOrCreate(directory_.path(), SystemRandom()).value()) {
    machine_.id = kId;
    machine_.instance = "desk";
  }

  std::string PemFor(const std::string& id, const CertificateAuthority& authority) {
    return PemFromDer(authority.SignMachine(CertificateRequest(key_), id, kNow)->der);
  }

  absl::StatusOr<VerifiedPeer> Verify(std::string_view pem, absl::Time now = kNow) {
    return VerifyPeer(pem, authority_, now, [this](const MachineId& id) {
      return id == machine_.id ? std::make_shared<const MachineRecord>(machine_) : nullptr;
    });
  }

  void ExpectRefused(const absl::StatusOr<VerifiedPeer>& peer, absl::StatusCode code, const char* why, const char* what_to_do) {
    EXPECT_EQ(peer.status().code(), code);
    EXPECT_THAT(std::string(peer.status().message()), HasSubstr(why));
    EXPECT_THAT(std::string(peer.status().message()), HasSubstr(what_to_do));
  }

  TemporaryDirectory directory_;
  CertificateAuthority authority_;
  MachineKey key_ = NewMachineKey();
  MachineRecord machine_;
};

TEST_F(PeerVerifierTest, LetsAKnownMachineIn) {
  const auto peer = Verify(PemFor(kId, authority_));
  ASSERT_TRUE(peer.ok()) << peer.status();
  EXPECT_EQ(peer->machine_id, kId);
  EXPECT_FALSE(peer->unknown);
}

TEST_F(PeerVerifierTest, TakesBackAMachineThatARestoredStoreForgot) {
  machine_.id = "another";
  const auto peer = Verify(PemFor(kId, authority_));
  ASSERT_TRUE(peer.ok()) << peer.status();
  EXPECT_TRUE(peer->unknown);
}

TEST_F(PeerVerifierTest, RefusesWhoPresentsNothingOrNonsense) {
  ExpectRefused(Verify(""), absl::StatusCode::kUnauthenticated, "no certificate", "steward-agent enroll");
  ExpectRefused(Verify("nonsense"), absl::StatusCode::kUnauthenticated, "cannot be read", "steward-agent enroll");
  ExpectRefused(Verify(std::string(100'000, 'x')), absl::StatusCode::kUnauthenticated, "cannot be read", "enroll");
}

TEST_F(PeerVerifierTest, RefusesAMachineOfAnotherCollector) {
  const TemporaryDirectory elsewhere;
  const auto other = CertificateAuthority::OpenOrCreate(elsewhere.path(), SystemRandom());
  ExpectRefused(Verify(PemFor(kId, *other)), absl::StatusCode::kUnauthenticated, "not signed by this collector",
                "steward-agent enroll");
}

TEST_F(PeerVerifierTest, RefusesCertificatesThatAreNoMachines) {
  ExpectRefused(Verify(authority_.server_chain_pem()), absl::StatusCode::kUnauthenticated, "as a machine's", "enroll");
  ExpectRefused(Verify(authority_.certificate_pem()), absl::StatusCode::kUnauthenticated, "as a machine's", "enroll");
  ExpectRefused(Verify(PemFor("root", authority_)), absl::StatusCode::kUnauthenticated, "names no machine", "enroll");
}

TEST_F(PeerVerifierTest, JudgesTimeByTheCollectorsClock) {
  const std::string pem = PemFor(kId, authority_);
  EXPECT_TRUE(Verify(pem, kNow + absl::Hours(24 * 90)).ok());
  EXPECT_FALSE(Verify(pem, kNow + absl::Hours(24 * 90))->expired);
  EXPECT_TRUE(Verify(pem, kNow + absl::Hours(24 * 90) + absl::Seconds(1))->expired) << "good for a renewal";
  EXPECT_TRUE(Verify(pem, kNow + absl::Hours(24 * 490)).ok());
  ExpectRefused(Verify(pem, kNow + absl::Hours(24 * 490) + absl::Seconds(1)), absl::StatusCode::kUnauthenticated, "expired on",
                "steward-agent enroll");
  EXPECT_TRUE(Verify(pem, kNow - absl::Minutes(59)).ok());
  ExpectRefused(Verify(pem, kNow - absl::Hours(2)), absl::StatusCode::kUnauthenticated, "valid from", "set the collector's clock");
}

TEST_F(PeerVerifierTest, RefusesARetiredMachine) {
  machine_.state = MachineState::kRetired;
  ExpectRefused(Verify(PemFor(kId, authority_)), absl::StatusCode::kPermissionDenied, "machine desk was retired", "stop its agent");
}

}  // namespace
}  // namespace steward::collector
