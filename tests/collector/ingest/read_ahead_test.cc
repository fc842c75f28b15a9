// Protects: whatever reaches a stream gets a round of delivery, also what arrives while a round is on, and reading stays
// within its bounds.
#include "collector/ingest/read_ahead.h"

#include <gtest/gtest.h>

#include "collector/ingest/limits.h"

namespace steward::collector {
namespace {

ReadAhead::Incoming Message(std::size_t bytes = 10) { return {.message = v1::AgentMessage(), .bytes = bytes}; }

TEST(ReadAheadTest, PostsOneRoundForAllThatArrivesBeforeIt) {
  ReadAhead ahead;
  EXPECT_TRUE(ahead.Arrived(Message()).deliver);
  EXPECT_FALSE(ahead.Arrived(Message()).deliver);
  EXPECT_FALSE(ahead.AskRound());
  EXPECT_EQ(ahead.Fetch().messages.size(), 2u);
  EXPECT_FALSE(ahead.EndRound(2, 20, false, false).deliver);
  EXPECT_TRUE(ahead.AskRound());
}

TEST(ReadAheadTest, PostsAnotherRoundForWhatArrivesDuringOne) {
  ReadAhead ahead;
  ahead.Arrived(Message());
  EXPECT_EQ(ahead.Fetch().messages.size(), 1u);
  EXPECT_FALSE(ahead.Arrived(Message()).deliver);
  EXPECT_TRUE(ahead.EndRound(1, 10, false, false).deliver);
  EXPECT_EQ(ahead.Fetch().messages.size(), 1u);
  EXPECT_FALSE(ahead.EndRound(1, 10, false, false).deliver);
}

TEST(ReadAheadTest, PostsAnotherRoundForAnEndThatComesDuringOne) {
  ReadAhead ahead;
  ahead.Arrived(Message());
  EXPECT_FALSE(ahead.Fetch().half_closed);
  EXPECT_FALSE(ahead.HalfClosed().deliver);
  EXPECT_TRUE(ahead.EndRound(1, 10, false, false).deliver);
  EXPECT_TRUE(ahead.Fetch().half_closed);
  EXPECT_FALSE(ahead.EndRound(0, 0, false, false).deliver) << "told once is enough";
}

TEST(ReadAheadTest, ReadsOnWithinItsBoundsOnly) {
  ReadAhead ahead;
  EXPECT_TRUE(ahead.AskRound());
  ahead.Fetch();
  EXPECT_TRUE(ahead.EndRound(0, 0, false, false).read);
  for (std::size_t i = 1; i < kReadAheadMessagesMax; ++i) EXPECT_TRUE(ahead.Arrived(Message()).read) << i;
  EXPECT_FALSE(ahead.Arrived(Message()).read);
  ahead.Fetch();
  EXPECT_FALSE(ahead.EndRound(0, 0, false, false).read) << "the session took none";
  EXPECT_TRUE(ahead.EndRound(1, 10, false, false).read);
  EXPECT_FALSE(ahead.EndRound(1, 10, false, false).read) << "one read at a time";
  EXPECT_FALSE(ahead.Arrived(Message(kReadAheadBytesMax)).read);
}

TEST(ReadAheadTest, ReadsAndDeliversNothingMoreOnceTheStreamEnds) {
  ReadAhead ahead;
  ahead.Arrived(Message());
  ahead.Fetch();
  ahead.Arrived(Message());
  const ReadAhead::Next next = ahead.EndRound(1, 10, false, true);
  EXPECT_FALSE(next.read);
  EXPECT_FALSE(next.deliver) << "gRPC may be done with the stream by now";
  EXPECT_FALSE(ahead.HalfClosed().deliver);
  EXPECT_FALSE(ahead.AskRound());
}

}  // namespace
}  // namespace steward::collector
