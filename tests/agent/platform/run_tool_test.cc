#include "agent/platform/linux/run_tool.h"

#include <string>

#include "gtest/gtest.h"

namespace steward::agent {
namespace {

TEST(RunProgram, GivesTheOutput) {
  const auto output = RunProgram({"/bin/echo", "a b", "$HOME"}, absl::Seconds(20));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(*output, "a b $HOME\n");
}

TEST(RunProgram, TellsAMissingProgramFromAFailingOne) {
  EXPECT_TRUE(absl::IsNotFound(RunProgram({"/usr/bin/no-such-program"}, absl::Seconds(20)).status()));
  EXPECT_TRUE(absl::IsUnavailable(RunProgram({"/bin/false"}, absl::Seconds(20)).status()));
}

TEST(RunProgram, EndsAProgramThatTakesTooLong) {
  const auto output = RunProgram({"/bin/sleep", "600"}, absl::Milliseconds(100));
  EXPECT_TRUE(absl::IsDeadlineExceeded(output.status())) << output.status();
}

}  // namespace
}  // namespace steward::agent
