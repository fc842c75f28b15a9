#include "agent/spool/interval_set.h"

#include <random>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;

TEST(IntervalSetTest, TouchingSpansBecomeOne) {
  IntervalSet set;
  set.Add(1, 2);
  set.Add(5, 6);
  set.Add(3, 4);
  EXPECT_THAT(set.spans(), ElementsAre(SequenceSpan{1, 6}));
}

TEST(IntervalSetTest, TheLargestNumberIsNoSpecialCase) {
  IntervalSet set;
  set.Add(UINT64_MAX - 1, UINT64_MAX);
  set.Add(UINT64_MAX, UINT64_MAX);
  EXPECT_TRUE(set.Contains(UINT64_MAX));
  EXPECT_THAT(set.Missing(UINT64_MAX - 2, UINT64_MAX), ElementsAre(SequenceSpan{UINT64_MAX - 2, UINT64_MAX - 2}));
}

TEST(IntervalSetTest, AgreesWithAPlainSetOverRandomOperations) {
  std::mt19937 random(7);
  IntervalSet set;
  std::set<std::uint64_t> plain;
  for (int round = 0; round < 3000; ++round) {
    const std::uint64_t first = 1 + random() % 60;
    const std::uint64_t last = first + random() % 8;
    if (random() % 3 == 0) {
      set.Remove(first, last);
      for (std::uint64_t i = first; i <= last; ++i) plain.erase(i);
    } else {
      set.Add(first, last);
      for (std::uint64_t i = first; i <= last; ++i) plain.insert(i);
    }
    const std::uint64_t from = 1 + random() % 60;
    const std::uint64_t to = from + random() % 20;
    std::uint64_t count = 0;
    for (std::uint64_t i = from; i <= to; ++i) {
      count += plain.count(i);
      ASSERT_EQ(set.Contains(i), plain.count(i) == 1) << "round " << round;
    }
    ASSERT_EQ(set.CountIn(from, to), count);
    std::uint64_t missing = 0;
    for (const SequenceSpan& span : set.Missing(from, to)) missing += span.last - span.first + 1;
    ASSERT_EQ(missing, to - from + 1 - count);
    ASSERT_EQ(set.Contains(from, to), missing == 0);
  }
}

}  // namespace
}  // namespace steward::agent
