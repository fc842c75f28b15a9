// Protects: a token that lost or changed a character is noticed before anything is sent.
#include "proto/wire/enrollment_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steward::wire {
namespace {

v1::EnrollmentToken Sample() {
  v1::EnrollmentToken token;
  token.add_addresses("collector.example:7443");
  token.set_ca_sha256(std::string(32, '\x11'));
  token.set_secret(std::string(32, '\x22'));
  token.set_site("Head office");
  return token;
}

TEST(EnrollmentTokenText, ComesBackWhole) {
  const std::string text = FormatEnrollmentToken(Sample());
  const auto token = ParseEnrollmentToken(" \n" + text + "\r\n");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->SerializeAsString(), Sample().SerializeAsString());
}

TEST(EnrollmentTokenText, EveryAlteredOrMissingCharacterIsNoticed) {
  const std::string text = FormatEnrollmentToken(Sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string altered = text;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ParseEnrollmentToken(altered).ok()) << i;
    EXPECT_FALSE(ParseEnrollmentToken(text.substr(0, i)).ok()) << i;
  }
}

TEST(EnrollmentTokenText, SaysWhatItIsThatWasGiven) {
  EXPECT_THAT(ParseEnrollmentToken("hello").status().message(), testing::HasSubstr("not an enrolment token"));
  EXPECT_THAT(ParseEnrollmentToken("stw1-AAAA").status().message(), testing::HasSubstr("copy it again"));
  EXPECT_THAT(ParseEnrollmentToken("").status().message(), testing::HasSubstr("stewardctl token create"));
}

}  // namespace
}  // namespace steward::wire
