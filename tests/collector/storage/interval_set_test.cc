#include "collector/storage/interval_set.h"

#include <random>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;

TEST(IntervalSetTest, MergesNeighbours) {
  IntervalSet set;
  Insert(set, 5, 5);
  Insert(set, 7, 9);
  EXPECT_THAT(set, ElementsAre(SequenceInterval{5, 5}, SequenceInterval{7, 9}));
  Insert(set, 6, 6);
  EXPECT_THAT(set, ElementsAre(SequenceInterval{5, 9}));
  Insert(set, 1, 2);
  Insert(set, 0, 20);
  EXPECT_THAT(set, ElementsAre(SequenceInterval{0, 20}));
}

TEST(IntervalSetTest, SplitsWhereASequenceIsTakenOut) {
  IntervalSet set{{1, 5}};
  Remove(set, 3);
  EXPECT_THAT(set, ElementsAre(SequenceInterval{1, 2}, SequenceInterval{4, 5}));
  Remove(set, 5);
  Remove(set, 4);
  Remove(set, 1);
  Remove(set, 9);
  EXPECT_THAT(set, ElementsAre(SequenceInterval{2, 2}));
}

TEST(IntervalSetTest, HoldsWhatAPlainSetHolds) {
  std::mt19937 random(7);
  IntervalSet intervals;
  std::set<std::uint64_t> plain;
  for (int step = 0; step < 5000; ++step) {
    const std::uint64_t first = random() % 100;
    if (random() % 3 != 0) {
      const std::uint64_t last = first + random() % 6;
      Insert(intervals, first, last);
      for (std::uint64_t i = first; i <= last; ++i) plain.insert(i);
    } else {
      Remove(intervals, first);
      plain.erase(first);
    }
    std::size_t held = 0;
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      held += intervals[i].last - intervals[i].first + 1;
      if (i > 0) {
        ASSERT_GT(intervals[i].first, intervals[i - 1].last + 1);
      }
    }
    ASSERT_EQ(held, plain.size());
    for (std::uint64_t i = 0; i < 110; ++i) ASSERT_EQ(Contains(intervals, i), plain.contains(i)) << i;
  }
}

}  // namespace
}  // namespace steward::collector
