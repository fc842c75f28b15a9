#include "collector/issues/calendar.h"

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time At(const char* text, absl::TimeZone zone) {
  absl::Time time;
  std::string problem;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, zone, &time, &problem)) << problem;
  return time;
}

class OfficeHours : public testing::Test {
 protected:
  absl::Time In(const char* text) const { return At(text, zone_); }
  absl::TimeZone zone_ = Zone("Europe/Tallinn");
  Calendar office_ = Calendar::OfficeHours(zone_);
};

TEST_F(OfficeHours, TheCataloguesExample) {  // opened on a Thursday
  EXPECT_EQ(office_.Add(In("2026-03-05 09:12"), absl::Hours(1)), In("2026-03-05 10:12"));
  EXPECT_EQ(office_.Add(In("2026-03-05 09:12"), absl::Hours(8)), In("2026-03-06 08:12"));
}

TEST_F(OfficeHours, NightsAndWeekendsDoNotCount) {
  EXPECT_EQ(office_.Add(In("2026-03-06 16:30"), absl::Hours(1)), In("2026-03-09 08:30"));
  EXPECT_EQ(office_.Add(In("2026-03-07 12:00"), absl::Hours(1)), In("2026-03-09 09:00"));
  EXPECT_EQ(office_.Add(In("2026-03-06 16:00"), absl::Hours(1)), In("2026-03-06 17:00"));
  EXPECT_EQ(office_.Between(In("2026-03-06 16:30"), In("2026-03-09 08:30")), absl::Hours(1));
  EXPECT_EQ(office_.Between(In("2026-03-09 08:30"), In("2026-03-06 16:30")), absl::ZeroDuration());
  EXPECT_EQ(office_.Add(In("2026-03-07 12:00"), absl::ZeroDuration()), In("2026-03-07 12:00"));
  EXPECT_EQ(office_.WorkingDay(), absl::Hours(9));
}

TEST_F(OfficeHours, OfficeHoursKeepTheirLengthWhenTheClocksChange) {
  // 2026-03-29 and 2026-10-25 are the Sundays between.
  for (const auto& [friday, monday] : {std::pair{"2026-03-27 08:00", "2026-03-30 17:00"}, {"2026-10-23 08:00", "2026-10-26 17:00"}}) {
    EXPECT_EQ(office_.Between(In(friday), In(monday)), absl::Hours(18));
    EXPECT_EQ(office_.Add(In(friday), absl::Hours(18)), In(monday));
  }
}

TEST(CalendarTest, ADayOfAClockChangeHasTheHoursItHas) {
  const absl::TimeZone zone = Zone("Europe/Tallinn");
  Calendar::Definition definition{.zone = zone, .week = {}, .holidays = {}};
  definition.week.fill({absl::ZeroDuration(), absl::Hours(24)});
  const Calendar always = *Calendar::Make(definition);
  EXPECT_EQ(always.Between(At("2026-03-29 00:00", zone), At("2026-03-30 00:00", zone)), absl::Hours(23));
  EXPECT_EQ(always.Between(At("2026-10-25 00:00", zone), At("2026-10-26 00:00", zone)), absl::Hours(25));
  EXPECT_EQ(always.Add(At("2026-03-28 12:00", zone), absl::Hours(24)), At("2026-03-29 13:00", zone));
}

TEST(CalendarTest, HolidaysAreFree) {
  const absl::TimeZone zone = Zone("Europe/Tallinn");
  Calendar::Definition definition{.zone = zone, .week = {}, .holidays = {absl::CivilDay(2026, 12, 24), absl::CivilDay(2026, 12, 25)}};
  for (std::size_t i = 0; i < 5; ++i) definition.week[i] = {absl::Hours(8), absl::Hours(17)};
  definition.week[5] = {absl::Hours(10), absl::Hours(12)};  // and Saturday mornings
  const Calendar calendar = *Calendar::Make(definition);
  EXPECT_EQ(calendar.Add(At("2026-12-23 16:00", zone), absl::Hours(2)), At("2026-12-26 11:00", zone));
  EXPECT_EQ(calendar.Between(At("2026-12-23 17:00", zone), At("2026-12-28 08:00", zone)), absl::Hours(2));
}

TEST(CalendarTest, AlwaysIsPlainTime) {
  const absl::Time from = absl::FromUnixSeconds(1'772'438'417);
  EXPECT_EQ(Calendar::Always().Add(from, absl::Hours(30)), from + absl::Hours(30));
  EXPECT_EQ(Calendar::Always().Between(from, from + absl::Hours(100)), absl::Hours(100));
}

TEST(CalendarTest, HoursThatAreNoneAreRefused) {
  Calendar::Definition definition{.zone = absl::UTCTimeZone(), .week = {}, .holidays = {}};
  EXPECT_FALSE(Calendar::Make(definition).ok()) << "nobody ever works";
  definition.week[0] = {absl::Hours(17), absl::Hours(8)};
  EXPECT_EQ(Calendar::Make(definition).status().message(),
            "working hours of Monday must lie between 00:00 and 24:00, the beginning first");
  definition.week[0] = {absl::Hours(8), absl::Hours(25)};
  EXPECT_FALSE(Calendar::Make(definition).ok());
}

// Add and Between agree wherever one begins.
TEST(CalendarTest, AddIsTheInverseOfBetween) {
  const absl::TimeZone zone = Zone("America/New_York");
  const Calendar office = Calendar::OfficeHours(zone);
  for (int i = 0; i < 2000; ++i) {
    const absl::Time from = At("2026-02-27 00:00", zone) + i * absl::Minutes(37);
    const absl::Duration work = absl::Minutes(1 + i * 13 % 5000);
    const absl::Time to = office.Add(from, work);
    ASSERT_EQ(office.Between(from, to), work) << from;
    ASSERT_LT(office.Between(from, to - absl::Seconds(1)), work);
  }
}

}  // namespace
}  // namespace steward::collector
