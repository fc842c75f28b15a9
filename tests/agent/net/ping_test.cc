// An echo comes back from this machine, or the system says that the agent may not ask.
#include "agent/net/ping.h"

#include "gtest/gtest.h"

namespace steward::agent {
namespace {

TEST(PingTest, ThisMachineAnswers) {
  const absl::Status status = Ping("127.0.0.1", absl::Seconds(10));
  if (absl::IsPermissionDenied(status)) GTEST_SKIP() << status;
  EXPECT_TRUE(status.ok()) << status;
}

TEST(PingTest, AHostThatIsNoneIsSaid) {
  EXPECT_EQ(Ping("a b", absl::Seconds(10)).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace steward::agent
