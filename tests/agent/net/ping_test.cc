// An echo comes back from this machine, or the system says that the agent may not ask.
#include "agent/net/ping.h"

#include "gtest/gtest.h"

namespace steward::agent {
namespace {

TEST(PingTest, ThisMachineAnswers) {
  const PingResult result = Ping("127.0.0.1", 5, absl::Seconds(10));
  if (absl::IsPermissionDenied(result.status)) GTEST_SKIP() << result.status;
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.sent, 5);
  EXPECT_EQ(result.answered, 5);
  EXPECT_GT(result.typical, absl::ZeroDuration());
}

TEST(PingTest, AHostThatIsNoneIsSaid) {
  EXPECT_EQ(Ping("a b", 5, absl::Seconds(10)).status.code(), absl::StatusCode::kUnavailable);
}

// 192.0.2.0/24 is nobody's (RFC 5737).
TEST(PingTest, WhatIsLostIsCounted) {
  const PingResult result = Ping("192.0.2.1", 2, absl::Milliseconds(100));
  if (absl::IsPermissionDenied(result.status)) GTEST_SKIP() << result.status;
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(result.answered, 0);
}

}  // namespace
}  // namespace steward::agent
