#include "agent/platform/linux/run_program.h"

#include <string>

#include "gtest/gtest.h"

namespace steward::agent {
namespace {

constexpr std::size_t kBytesMax = 1 << 20;

TEST(RunProgram, GivesTheOutputAndTheExitCode) {
  const auto end = RunProgram({"/bin/echo", "a b", "$HOME"}, absl::Seconds(20), kBytesMax);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->output, "a b $HOME\n");
  EXPECT_EQ(end->exit_code, 0);
  const auto failing = RunProgram({"/bin/false"}, absl::Seconds(20), kBytesMax);
  ASSERT_TRUE(failing.ok()) << failing.status();
  EXPECT_EQ(failing->exit_code, 1);
}

TEST(RunProgram, TellsAMissingProgram) {
  EXPECT_TRUE(absl::IsNotFound(RunProgram({"/usr/bin/no-such-program"}, absl::Seconds(20), kBytesMax).status()));
}

TEST(RunProgram, EndsAProgramThatTakesTooLong) {
  const auto end = RunProgram({"/bin/sleep", "600"}, absl::Milliseconds(100), kBytesMax);
  EXPECT_TRUE(absl::IsDeadlineExceeded(end.status())) << end.status();
}

// A check that leaves a child behind which holds the pipe open would otherwise hold the agent, and the child stay for ever.
TEST(RunProgram, EndsWhatTheProgramHasStarted) {
  const auto end = RunProgram({"/bin/sh", "-c", "sleep 600 & echo $!; sleep 600"}, absl::Milliseconds(300), kBytesMax);
  EXPECT_TRUE(absl::IsDeadlineExceeded(end.status())) << end.status();
}

TEST(RunProgram, EndsAProgramThatPrintsWithoutEnd) {
  const auto end = RunProgram({"/usr/bin/yes"}, absl::Seconds(20), kBytesMax);
  EXPECT_TRUE(absl::IsResourceExhausted(end.status())) << end.status();
}

// As many do: what they tell by their exit code must not be lost to the kill of what they leave behind.
TEST(RunProgram, WaitsForAProgramThatClosesItsOutputFirst) {
  const auto end = RunProgram({"/bin/sh", "-c", "echo said; exec >&-; sleep 0.1; exit 3"}, absl::Seconds(20), kBytesMax);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->output, "said\n");
  EXPECT_EQ(end->exit_code, 3);
  const auto hanging = RunProgram({"/bin/sh", "-c", "exec >&-; sleep 600"}, absl::Milliseconds(100), kBytesMax);
  EXPECT_TRUE(absl::IsDeadlineExceeded(hanging.status())) << hanging.status();
}

TEST(RunProgram, TellsWhenASignalEndedIt) {
  const auto end = RunProgram({"/bin/sh", "-c", "kill -SEGV $$"}, absl::Seconds(20), kBytesMax);
  EXPECT_TRUE(absl::IsUnavailable(end.status())) << end.status();
}

}  // namespace
}  // namespace steward::agent
