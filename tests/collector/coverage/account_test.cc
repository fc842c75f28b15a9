#include "collector/coverage/account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "collector/coverage/day_record.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kReach = 37'500;

TEST(SpanSet, JoinsWhatFollowsClosely) {
  SpanSet set;
  for (std::uint64_t i = 0; i < 10; ++i) set.AddBatch(static_cast<std::int64_t>(i) * 15'000, {7, i + 1}, kReach);
  set.AddBatch(200'000, {7, 11}, kReach);
  ASSERT_EQ(set.spans().size(), 2u);
  EXPECT_EQ(set.spans()[0], (Span{0, 135'000, {7, 1}, {7, 10}}));
  EXPECT_EQ(set.spans()[1], (Span{200'000, 200'000, {7, 11}, {7, 11}}));
  EXPECT_EQ(set.AddBatch(165'000, {7, 11}, kReach).to_ms, 200'000);
  EXPECT_EQ(set.spans().size(), 1u);
}

TEST(SpanSet, TheOrderOfBatchesDoesNotMatter) {
  std::mt19937 random(1);
  std::vector<std::pair<std::int64_t, BatchName>> batches;
  std::int64_t time = 0;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    time += random() % 20 == 0 ? 300'000 : 15'000;
    batches.push_back({time, {7, i}});
  }
  std::vector<Span> first;
  for (int round = 0; round < 20; ++round) {
    SpanSet set;
    for (const auto& [ms, name] : batches) set.AddBatch(ms, name, kReach);
    if (round == 0) first = set.spans();
    EXPECT_EQ(set.spans(), first);
    std::shuffle(batches.begin(), batches.end(), random);
    batches.push_back(batches.front());  // twice
  }
  EXPECT_GT(first.size(), 10u);
}

TEST(SpanSet, ManyLoneBatchesAreBounded) {
  SpanSet set;
  for (std::int64_t i = 0; i < 10'000; ++i) set.AddBatch(i * 100'000, {7, 1}, kReach);
  EXPECT_EQ(set.spans().size(), SpanSet::kSpansMax);
}

TEST(DayRecord, TheDaysOfASpanJoinToTheSameSpan) {
  SpanSet whole;
  whole.Add({kDayMs - 50'000, 2 * kDayMs + 70'000, {7, 1}, {7, 9'000}}, kReach);
  SpanSet joined;
  for (const std::int64_t day : {1, 2, 0}) {
    v1::CoverageRecord record;
    EXPECT_TRUE(AddToDay(whole.spans(), {}, day, kReach, record));
    EXPECT_FALSE(AddToDay(whole.spans(), {}, day, kReach, record)) << "added twice";
    AppendSpans(record.observed(), day, kReach, joined);
  }
  EXPECT_EQ(joined.spans(), whole.spans());
}

// A machine's weeks of random batches, events and losses.
AccountInput RandomInput(std::mt19937& random) {
  const auto number = [&](std::int64_t max) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(max));
  };
  AccountInput input;
  input.from_ms = number(3 * kDayMs);
  input.to_ms = input.from_ms + 1 + number(10 * kDayMs);
  SpanSet observed, late;
  for (int i = 0; i < 40; ++i) {
    const std::int64_t at = input.from_ms - kDayMs + number(12 * kDayMs), length = number(kDayMs / 2);
    const auto epoch = static_cast<std::uint64_t>(1 + number(3)),
               sequence = static_cast<std::uint64_t>(1 + number(1'000));
    observed.Add({at, at + length, {epoch, sequence}, {epoch, sequence + static_cast<std::uint64_t>(number(50))}},
                 kReach);
    if (i % 3 == 0) late.Add({at, at + length / 2, {}, {}}, kReach);
  }
  input.observed = observed.spans();
  input.late = late.spans();
  for (int i = 0; i < 30; ++i) {
    const std::int64_t ms =
        input.observed[static_cast<std::size_t>(number(static_cast<std::int64_t>(input.observed.size())))].to_ms;
    input.events.push_back({absl::FromUnixMillis(i % 2 == 0 ? ms : input.from_ms + number(10 * kDayMs)),
                            static_cast<v1::MachineEvent::Kind>(number(9))});
    const auto first = static_cast<std::uint64_t>(1 + number(1'000));
    input.given_up.push_back(
        {static_cast<std::uint64_t>(1 + number(4)), {first, first + 20}, v1::COVERAGE_CAUSE_DROPPED, {}, {}});
    if (i % 2 == 0) {
      input.given_up.back().from_ms = input.from_ms + number(10 * kDayMs);
      input.given_up.back().to_ms = *input.given_up.back().from_ms + number(kDayMs);
    }
  }
  std::sort(input.events.begin(), input.events.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  return input;
}

TEST(Account, AddsUpToTheDayWhateverHappened) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937 random(seed);
    const AccountInput input = RandomInput(random);
    const std::vector<Period> account = MakeAccount(input);
    ASSERT_FALSE(account.empty()) << "seed " << seed;
    std::int64_t at_ms = input.from_ms, observed_ms = 0;
    for (const Period& period : account) {
      ASSERT_EQ(period.from_ms, at_ms) << "seed " << seed;
      ASSERT_GT(period.length_ms(), 0) << "seed " << seed;
      at_ms = period.to_ms;
      if (period.observed) observed_ms += period.length_ms();
    }
    ASSERT_EQ(at_ms, input.to_ms) << "seed " << seed;
    for (const Span& span : input.observed) {
      observed_ms -=
          std::max<std::int64_t>(std::min(span.to_ms, input.to_ms) - std::max(span.from_ms, input.from_ms), 0);
    }
    ASSERT_EQ(observed_ms, 0) << "seed " << seed;
    const std::vector<CoverageDay> days = ByDay(account);
    ASSERT_EQ(days.size(), static_cast<std::size_t>(DayOf(input.to_ms - 1) - DayOf(input.from_ms) + 1))
        << "seed " << seed;
    for (const CoverageDay& day : days) {
      std::int64_t sum_ms = day.observed_ms;
      for (const auto& [cause, ms] : day.gap_ms) sum_ms += ms;
      ASSERT_EQ(sum_ms, day.to_ms - day.from_ms) << "seed " << seed << " day " << day.day;
      ASSERT_LE(day.late_ms, day.observed_ms);
      const CoverageDay kept = FromSummary(day.day, Summarize(day));
      ASSERT_EQ(kept.observed_ms, day.observed_ms);
      ASSERT_EQ(kept.to_ms - kept.from_ms, sum_ms);
    }
  }
}

TEST(Account, WhatWasDeliveredLaterIsObserved) {
  AccountInput input;
  input.to_ms = kDayMs;
  input.observed = {{0, kDayMs / 2, {7, 1}, {7, 100}}};
  input.late = {{kDayMs / 8, kDayMs / 4, {}, {}}};
  const std::vector<CoverageDay> days = ByDay(MakeAccount(input));
  ASSERT_EQ(days.size(), 1u);
  EXPECT_EQ(days[0].observed_ms, kDayMs / 2);
  EXPECT_EQ(days[0].late_ms, kDayMs / 8);
  EXPECT_EQ(days[0].gap_ms.at(v1::COVERAGE_CAUSE_UNKNOWN), kDayMs / 2);
  EXPECT_EQ(days[0].periods.size(), 4u);
}

// Switched on, and cut from its power after the first batch.
TEST(Account, ALoneBatchPartsTheGapsAroundIt) {
  AccountInput input;
  input.to_ms = 3'000'000;
  input.observed = {{0, 1'000'000, {7, 1}, {7, 60}}, {2'000'000, 2'000'000, {8, 1}, {8, 1}}, {3'000'000, 3'000'000, {9, 1}, {9, 1}}};
  input.events = {{absl::FromUnixMillis(1'000'000), v1::MachineEvent::MACHINE_SHUTTING_DOWN},
                  {absl::FromUnixMillis(1'980'000), v1::MachineEvent::MACHINE_BOOTED},
                  {absl::FromUnixMillis(2'000'000), v1::MachineEvent::AGENT_STARTED},
                  {absl::FromUnixMillis(2'980'000), v1::MachineEvent::MACHINE_BOOTED},
                  {absl::FromUnixMillis(3'000'000), v1::MachineEvent::AGENT_STARTED}};
  const std::vector<Period> account = MakeAccount(input);
  ASSERT_EQ(account.size(), 3u);
  EXPECT_EQ(account[1], (Period{1'000'000, 2'000'000, false, false, v1::COVERAGE_CAUSE_OFF}));
  EXPECT_EQ(account[2], (Period{2'000'000, 3'000'000, false, false, v1::COVERAGE_CAUSE_OFF}));
}

TEST(Account, TheRatioLeavesOutWhatIsOffOrAsleep) {
  const std::vector<Period> account = {{0, 100, true, false, {}},
                                       {100, 200, false, false, v1::COVERAGE_CAUSE_OFF},
                                       {200, 300, true, false, {}},
                                       {300, 400, false, false, v1::COVERAGE_CAUSE_AGENT_STOPPED}};
  EXPECT_DOUBLE_EQ(*ObservedRatio(account, 0), 200.0 / 300);
  EXPECT_DOUBLE_EQ(*ObservedRatio(account, 250), 50.0 / 150);
  EXPECT_FALSE(ObservedRatio({account[1]}, 0).has_value());
}

TEST(Account, WhatComesAfterTheTimesAreForgottenIsTakenFromTheGaps) {
  CoverageDay day;
  day.observed_ms = kDayMs / 2;
  day.gap_ms = {{v1::COVERAGE_CAUSE_OFF, kDayMs / 4}, {v1::COVERAGE_CAUSE_LINK_DOWN, kDayMs / 4}};
  v1::DaySummary summary = Summarize(day);
  AddObserved(kDayMs / 2 - 1'000, summary);
  const CoverageDay after = FromSummary(3, summary);
  EXPECT_EQ(after.observed_ms, kDayMs - 1'000);
  EXPECT_EQ(after.gap_ms.at(v1::COVERAGE_CAUSE_LINK_DOWN), 0);
  EXPECT_EQ(after.gap_ms.at(v1::COVERAGE_CAUSE_OFF), 1'000);
  EXPECT_EQ(after.to_ms - after.from_ms, kDayMs);
}

}  // namespace
}  // namespace steward::collector
