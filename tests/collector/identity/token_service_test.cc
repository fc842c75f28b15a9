#include "collector/identity/token_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/manual_clock.h"
#include "collector/identity/certificate.h"
#include "collector/identity/own_addresses.h"
#include "collector/storage/memory/memory_storage.h"
#include "proto/wire/enrollment_token.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class TokenServiceTest : public ::testing::Test {
 protected:
  TokenServiceTest() { tokens.SetDefaultAddresses({"127.0.0.1:7443"}); }

  absl::StatusOr<v1::CreateEnrollmentTokenResponse> Create(const v1::CreateEnrollmentTokenRequest& request) {
    absl::StatusOr<v1::CreateEnrollmentTokenResponse> result;
    tokens.CreateEnrollmentToken(request, "me", [&](auto response) { result = std::move(response); });
    return result;
  }
  absl::StatusOr<v1::CreateApiTokenResponse> CreateApi(const std::string& role, absl::Duration expires = absl::Hours(1)) {
    v1::CreateApiTokenRequest request;
    request.set_role(role);
    request.mutable_expires()->set_seconds(absl::ToInt64Seconds(expires));
    absl::StatusOr<v1::CreateApiTokenResponse> result;
    tokens.CreateApiToken(request, "me", [&](auto response) { result = std::move(response); });
    return result;
  }
  absl::StatusOr<v1::RevokeTokenResponse> Revoke(const std::string& id) {
    absl::StatusOr<v1::RevokeTokenResponse> result;
    tokens.RevokeToken(id, "me", [&](auto response) { result = std::move(response); });
    return result;
  }
  absl::StatusOr<TokenRecord> Consume(const std::string& secret) {
    absl::StatusOr<TokenRecord> result;
    const absl::Status status = storage->WriteAndWait([&](StorageTransaction& transaction) {
      result = ConsumeEnrollmentToken(transaction, secret, clock.WallNow());
      return result.status();
    });
    EXPECT_EQ(status, result.status());
    return result;
  }

  ManualClock clock{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<Storage> storage = NewMemoryStorage(MemoryWriter::kInline);
  TokenService tokens{*storage, clock, SystemRandom(), std::string(32, 'f')};
};

TEST_F(TokenServiceTest, MakesATokenThatCarriesAllAnAgentNeeds) {
  v1::CreateEnrollmentTokenRequest request;
  request.set_site("office");
  request.set_class_("laptop");
  request.add_addresses("steward.example:7443");
  const auto made = Create(request);
  ASSERT_TRUE(made.ok()) << made.status();
  const v1::EnrollmentToken content = wire::ParseEnrollmentToken(made->token()).value();
  EXPECT_THAT(content.addresses(), ElementsAre("steward.example:7443"));
  EXPECT_EQ(content.ca_sha256(), std::string(32, 'f'));
  EXPECT_THAT(content.secret(), SizeIs(32));
  EXPECT_EQ(content.site(), "office");
  EXPECT_EQ(content.class_(), "laptop");
  EXPECT_EQ(content.expire_time().seconds(), 1'800'000'000 + 86400);
  EXPECT_EQ(made->record().state(), "valid");
  EXPECT_EQ(made->record().uses_allowed(), 1u);
}

TEST_F(TokenServiceTest, AMachineAlwaysHasASiteSinceALabelWithoutAValueIsNone) {
  const auto made = Create({});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->record().site(), "main");
  EXPECT_EQ(wire::ParseEnrollmentToken(made->token())->site(), "main");
}

TEST_F(TokenServiceTest, NamesTheCollectorsOwnAddressesWhenNoneAreGiven) {
  tokens.SetDefaultAddresses({"192.0.2.1:7443", "steward:7443"});
  const auto made = Create({});
  EXPECT_THAT(wire::ParseEnrollmentToken(made->token())->addresses(), ElementsAre("192.0.2.1:7443", "steward:7443"));
}

TEST_F(TokenServiceTest, StoresTheSecretHashedOnly) {
  const v1::EnrollmentToken content = wire::ParseEnrollmentToken(Create({})->token()).value();
  ASSERT_TRUE(storage->Read([&](StorageReader& reader) {
                       const auto all = reader.ListTokens();
                       EXPECT_THAT(*all, SizeIs(1));
                       EXPECT_EQ(all->at(0).secret_sha256, Sha256(content.secret()));
                       return absl::OkStatus();
                     })
                  .ok());
}

TEST_F(TokenServiceTest, CountsUsesUpToTheAllowedNumber) {
  v1::CreateEnrollmentTokenRequest request;
  request.set_uses(2);
  const std::string secret = wire::ParseEnrollmentToken(Create(request)->token())->secret();
  EXPECT_TRUE(Consume(secret).ok());
  EXPECT_EQ(Consume(secret)->uses, 2u);
  EXPECT_THAT(std::string(Consume(secret).status().message()), HasSubstr("used already (2 of 2 uses)"));
  EXPECT_EQ(tokens.ListTokens()->tokens(0).state(), "used");
}

TEST_F(TokenServiceTest, TellsUnknownRevokedAndExpiredApart) {
  EXPECT_EQ(Consume("whatever").status().code(), absl::StatusCode::kUnauthenticated);
  const auto revoked = Create({});
  EXPECT_EQ(Revoke(revoked->record().id())->record().state(), "revoked");
  EXPECT_TRUE(Revoke(revoked->record().id()).ok()) << "twice is no error";
  EXPECT_EQ(Consume(wire::ParseEnrollmentToken(revoked->token())->secret()).status().code(), absl::StatusCode::kPermissionDenied);
  const auto expired = Create({});
  clock.Advance(absl::Hours(25));
  const absl::Status status = Consume(wire::ParseEnrollmentToken(expired->token())->secret()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expired on 2027-01-16"));
  EXPECT_EQ(Revoke("nothing").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TokenServiceTest, RefusesWhatCannotBeAToken) {
  const auto message = [&](const std::function<void(v1::CreateEnrollmentTokenRequest&)>& change) {
    v1::CreateEnrollmentTokenRequest request;
    change(request);
    const absl::Status status = Create(request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(message([](auto& r) { r.set_class_("toaster"); }), HasSubstr("server, desktop or laptop"));
  EXPECT_THAT(message([](auto& r) { r.set_uses(1'000'000); }), HasSubstr("at most 10000"));
  EXPECT_THAT(message([](auto& r) { r.set_site("a\nb"); }), HasSubstr("control characters"));
  EXPECT_THAT(message([](auto& r) { r.add_addresses("steward.example"); }), HasSubstr("has no port"));
  EXPECT_THAT(message([](auto& r) { r.add_addresses("0.0.0.0:7443"); }), HasSubstr("no address to connect to"));
  EXPECT_THAT(message([](auto& r) { r.mutable_expires()->set_seconds(0); }), HasSubstr("more than nothing"));
  EXPECT_THAT(message([](auto& r) { r.mutable_expires()->set_seconds(86400L * 1000); }), HasSubstr("at most 400 days"));
}

TEST_F(TokenServiceTest, ApiTokensOpenTheApiUntilTheyEnd) {
  const auto made = CreateApi("viewer");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->token(), ::testing::StartsWith("sta1-" + made->record().id() + "-"));
  EXPECT_EQ(tokens.CheckApiToken(made->token())->role, "viewer");
  std::string altered = made->token();
  altered[altered.size() - 2] = altered[altered.size() - 2] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {std::string(), std::string("sta1-"), std::string("sta1-x-y"), altered, made->token() + "AAAA"}) {
    EXPECT_EQ(tokens.CheckApiToken(bad).status().code(), absl::StatusCode::kUnauthenticated) << bad;
  }
  clock.Advance(absl::Hours(2));
  EXPECT_THAT(std::string(tokens.CheckApiToken(made->token()).status().message()), HasSubstr("is expired"));
  const auto other = CreateApi("owner");
  ASSERT_TRUE(Revoke(other->record().id()).ok());
  EXPECT_THAT(std::string(tokens.CheckApiToken(other->token()).status().message()), HasSubstr("is revoked"));
  EXPECT_THAT(std::string(CreateApi("king").status().message()), HasSubstr("owner, it-manager, partner, viewer or metrics"));
}

TEST_F(TokenServiceTest, TheTwoKindsDoNotStandInForEachOther) {
  const auto api = CreateApi("owner");
  std::string secret;
  const std::size_t dash = api->token().find('-', 5);
  ASSERT_TRUE(absl::WebSafeBase64Unescape(api->token().substr(dash + 1), &secret));
  EXPECT_EQ(Consume(secret).status().code(), absl::StatusCode::kUnauthenticated);
  const auto enrollment = Create({});
  const std::string enrollment_secret = wire::ParseEnrollmentToken(enrollment->token())->secret();
  EXPECT_FALSE(tokens.CheckApiToken("sta1-" + enrollment->record().id() + "-" + absl::WebSafeBase64Escape(enrollment_secret)).ok());
}

TEST(DefaultAgentAddresses, AreTheListenersOwnOrAllOfThisMachine) {
  const auto own = [] { return std::vector<std::string>{"192.0.2.1", "2001:db8::1", "steward"}; };
  EXPECT_THAT(DefaultAgentAddresses({"127.0.0.1", 7443}, own), ElementsAre("127.0.0.1:7443"));
  EXPECT_THAT(DefaultAgentAddresses({"192.0.2.9", 7443}, own), ElementsAre("192.0.2.9:7443"));
  EXPECT_THAT(DefaultAgentAddresses({"0.0.0.0", 7443}, own), ElementsAre("192.0.2.1:7443", "[2001:db8::1]:7443", "steward:7443"));
  EXPECT_THAT(DefaultAgentAddresses({"::", 7443}, [] { return std::vector<std::string>(); }), ElementsAre("127.0.0.1:7443"));
}

}  // namespace
}  // namespace steward::collector
