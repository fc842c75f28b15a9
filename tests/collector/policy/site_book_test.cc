// From the text of the policy to deadlines.
#include "collector/policy/site_book.h"

#include "collector/config/load_config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kTwoSites[] = R"(
[[site]]
name = "Tallinn"
time_zone = "Europe/Tallinn"
working_hours = "09:00-18:00"
holidays = [2026-12-24, "2026-12-25"]
critical_servers = "always"
[[site]]
name = "Workshop"
time_zone = "Europe/Tallinn"
working_hours = { mon = "07:00-15:30", sat = "08:00-12:00" }
[service_level.high]
respond = "30m"
[service_level.low]
resolve = "10 working days"
)";

absl::StatusOr<Config> Read(std::string_view text) { return ParseConfig(text, "policy.toml", {}); }

absl::Time In(const SiteBook& book, const char* site, const char* text) {
  absl::Time time;
  std::string problem;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, book.ZoneOf(site), &time, &problem)) << problem;
  return time;
}

class SiteBookTest : public testing::Test {
 protected:
  // Of an issue on a machine of that class.
  absl::Time After(WorkSpan ServiceLevel::*span, Severity severity, const char* site, const char* from, const char* machine_class = "desktop") {
    return Terms(book_.TermsOf(site), machine_class).After(span, severity, In(book_, site, from));
  }
  const SiteBook book_{Read(kTwoSites)->policy, absl::UTCTimeZone()};
};

TEST_F(SiteBookTest, CountsTheSitesHoursAndHolidays) {
  EXPECT_EQ(After(&ServiceLevel::resolve, Severity::kHigh, "Tallinn", "2026-12-23 17:00"), In(book_, "Tallinn", "2026-12-28 16:00"));
  EXPECT_EQ(After(&ServiceLevel::resolve, Severity::kHigh, "Workshop", "2026-03-02 14:30"), In(book_, "Workshop", "2026-03-09 10:00"));
  // Of a site that nobody described: office hours where the collector is.
  EXPECT_EQ(After(&ServiceLevel::resolve, Severity::kHigh, "Attic", "2026-03-02 16:00"), In(book_, "Attic", "2026-03-03 15:00"));
}

TEST_F(SiteBookTest, LaysServiceLevelsOverTheCatalogues) {
  EXPECT_EQ(After(&ServiceLevel::respond, Severity::kHigh, "Tallinn", "2026-03-02 10:00"), In(book_, "Tallinn", "2026-03-02 10:30"));
  EXPECT_EQ(After(&ServiceLevel::respond, Severity::kMedium, "Tallinn", "2026-03-02 10:00"), In(book_, "Tallinn", "2026-03-02 14:00"));
  EXPECT_EQ(After(&ServiceLevel::resolve, Severity::kLow, "Tallinn", "2026-03-02 09:00"), In(book_, "Tallinn", "2026-03-13 18:00"));
}

TEST_F(SiteBookTest, CriticalCountsRoundTheClockOnlyOnServersOfASiteThatSaysSo) {
  constexpr char kNight[] = "2026-03-02 23:00";
  EXPECT_EQ(After(&ServiceLevel::respond, Severity::kCritical, "Tallinn", kNight, "server"), In(book_, "Tallinn", "2026-03-02 23:30"));
  EXPECT_EQ(After(&ServiceLevel::respond, Severity::kCritical, "Tallinn", kNight), In(book_, "Tallinn", "2026-03-03 09:30"));
  EXPECT_EQ(After(&ServiceLevel::respond, Severity::kHigh, "Tallinn", kNight, "server"), In(book_, "Tallinn", "2026-03-03 09:30"));
  EXPECT_EQ(After(&ServiceLevel::respond, Severity::kCritical, "Workshop", kNight, "server"), In(book_, "Workshop", "2026-03-07 08:30"));
}

TEST(ReadPolicyTest, SaysWhatIsWrongWhereAndWhatToWrite) {
  const auto error = [](std::string_view text) { return std::string(Read(text).status().message()); };
  EXPECT_THAT(error("[[site]]\nname = \"A\"\ntime_zone = \"Europe/Talinn\"\n"),
              AllOf(HasSubstr("policy.toml:3:"), HasSubstr("Europe/Talinn"), HasSubstr("\"Europe/Tallinn\"")));
  EXPECT_THAT(error("[[site]]\nname = \"A\"\nworking_hours = \"17:00-08:00\"\n"), AllOf(HasSubstr(":3:"), HasSubstr("08:00-17:00")));
  EXPECT_THAT(error("[[site]]\nname = \"A\"\nholidays = [\"2026-02-30\"]\n"), AllOf(HasSubstr(":3:"), HasSubstr("2026-12-24")));
  EXPECT_THAT(error("[[site]]\nname = \"A\"\nworking_days = [\"monday\"]\n"), AllOf(HasSubstr("\"monday\""), HasSubstr("mon, tue")));
  EXPECT_THAT(error("[[site]]\nname = \"A\"\n[[site]]\nname = \"A\"\n"), HasSubstr("describe each once"));
  EXPECT_THAT(error("[service_level.high]\nrespond = \"1d\"\n"), AllOf(HasSubstr(":2:"), HasSubstr("3 working days")));
  EXPECT_THAT(error("[service_level.hig]\nrespond = \"1h\"\n"), HasSubstr("did you mean \"high\"?"));
  EXPECT_THAT(error("[[window]]\nname = \"w\"\nweekly = [\"sun\"]\nfrom = \"02:00\"\nto = \"02:00\"\nsite = \"A\"\n"), HasSubstr("no length"));
  EXPECT_THAT(error("[[window]]\nname = \"w\"\n"), AllOf(HasSubstr("which machines"), HasSubstr("weekly = [\"sun\"]"), HasSubstr("needs from")));
}

}  // namespace
}  // namespace steward::collector
