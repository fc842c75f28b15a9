// When what probes say in words is worth an inventory of its own.
#include "agent/probes/note_board.h"

#include "gtest/gtest.h"

namespace steward::agent {
namespace {

TEST(NoteBoard, TellsAnotherStateAtOnceAndAnotherTextOnceAnHour) {
  absl::Duration now;
  NoteBoard board([&] { return now; });
  now = absl::Minutes(0);
  board.Set("check", {{"raid", "ok", "at 10:00"}});
  const auto first = board.mark();
  now = absl::Minutes(1);
  board.Set("check", {{"raid", "ok", "at 10:01"}});
  EXPECT_EQ(board.mark(), first);
  EXPECT_EQ(board.groups()["check"][0].text, "at 10:01");
  now = absl::Minutes(2);
  board.Set("check", {{"raid", "critical", "degraded"}});
  const auto second = board.mark();
  EXPECT_NE(second, first);
  now = absl::Minutes(61);
  board.Set("check", {{"raid", "critical", "still degraded"}});
  EXPECT_EQ(board.mark(), second);
  now = absl::Minutes(62);
  board.Set("check", {{"raid", "critical", "still degraded"}});
  EXPECT_NE(board.mark(), second);
  const auto third = board.mark();
  now = absl::Minutes(200);
  board.Set("check", {{"raid", "critical", "still degraded"}});
  EXPECT_EQ(board.mark(), third) << "nothing new";
  now = absl::Minutes(201);
  board.Set("check", {});
  EXPECT_NE(board.mark(), third);
}

TEST(NoteBoard, GroupsDoNotKnowOfEachOther) {
  absl::Duration now;
  NoteBoard board([&] { return now; });
  now = absl::Minutes(0);
  board.Set("check", {{"raid", "ok", "fine"}});
  now = absl::Minutes(1);
  board.Set("space", {{"/", "full", "12 GB /var/log"}});
  const auto mark = board.mark();
  now = absl::Minutes(2);
  board.Set("check", {{"raid", "ok", "fine"}});
  EXPECT_EQ(board.mark(), mark);
  EXPECT_EQ(board.groups().size(), 2u);
}

}  // namespace
}  // namespace steward::agent
