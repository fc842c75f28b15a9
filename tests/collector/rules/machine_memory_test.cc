// Protects: what rules remember of a machine survives a restart in the middle of a day, and a damaged text costs no more than
// itself.
#include "collector/rules/machine_memory.h"

#include <gtest/gtest.h>

namespace steward::collector {
namespace {

constexpr WorkdayLoad::Percents kLimits = {90, 90, 80};

absl::CivilDay Day(int day) { return absl::CivilDay(2026, 3, day); }

// A day of 9 hours, of which the memory is full for so many minutes.
void Work(int day, int full_minutes, WorkdayLoad& load, int from = 0, int to = 540) {
  for (int minute = from; minute < to; ++minute) {
    const absl::Time time = absl::FromCivil(absl::CivilMinute(2026, 3, day, 8, 0), absl::UTCTimeZone()) + absl::Minutes(minute);
    load.Add(Day(day), time, absl::Minutes(1), {minute < full_minutes ? 95.0 : 50.0, 20, -1});
  }
}

TEST(WorkdayLoadTest, ADayCountsIfATwentiethOfItWasAboveTheLimit) {
  WorkdayLoad load;
  Work(2, 30, load);  // 27 minutes are a twentieth
  load.EndDay();
  Work(3, 24, load);
  Work(4, 540, load);  // ends the third
  EXPECT_EQ(load.days(), 2U);
  EXPECT_EQ(load.DaysAbove(kLimits), 1U);
  load.EndDay();
  EXPECT_EQ(load.DaysAbove(WorkdayLoad::kMemory, 90), 2U);
  EXPECT_EQ(load.DaysAbove(WorkdayLoad::kProcessors, 90), 0U);
}

TEST(WorkdayLoadTest, ADayOnWhichItWasHardlyUsedIsNone) {
  WorkdayLoad load;
  Work(2, 50, load, 0, 50);
  load.EndDay();
  EXPECT_EQ(load.days(), 0U);
}

TEST(WorkdayLoadTest, KeepsTheLastTwentyDays) {
  WorkdayLoad load;
  for (int day = 1; day <= 25; ++day) Work(day, day <= 10 ? 540 : 0, load);
  load.EndDay();
  EXPECT_EQ(load.days(), WorkdayLoad::kDaysKept);
  EXPECT_EQ(load.DaysAbove(kLimits), 5U);
}

TEST(MachineMemoryTest, GoesOnAfterARestartInTheMiddleOfADay) {
  MachineMemory memory;
  Work(2, 540, memory.load);
  Work(3, 20, memory.load, 0, 270);
  memory.hardware.disks["S 1/\n"] = {"A disk", absl::FromUnixSeconds(1000)};
  memory.hardware.cores = 8;
  memory.hardware.cores_seen = absl::FromUnixSeconds(2000);
  MachineMemory again;
  again.Decode("AbCd other 1\n#series 2\n" + memory.Encode() + "%cores x\n%disk\n");
  EXPECT_EQ(again.Encode(), memory.Encode());
  EXPECT_EQ(again.hardware.disks.at("S 1/\n").name, "A disk");
  EXPECT_EQ(again.hardware.cores, 8);
  Work(3, 280, again.load, 270);
  again.load.EndDay();
  EXPECT_EQ(again.load.DaysAbove(kLimits), 2U) << "20 minutes before it and 10 after it";
  again.Decode("%load now/2026-03-02/x/1 7:1:1 0:99:1 2026-03-02/1/2\n");
  EXPECT_EQ(again.Encode(), "");
  EXPECT_LT(memory.Encode().size(), 300U);
}

}  // namespace
}  // namespace steward::collector
