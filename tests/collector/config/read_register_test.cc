// Protects: what people enter is read with its dates, and what is missing or meant otherwise is told at its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/config/load_config.h"

namespace steward::collector {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ErrorOf(std::string_view text) {
  const absl::StatusOr<Config> config = ParseConfig(text, "collector.toml", {});
  return config.ok() ? "no error" : std::string(config.status().message());
}

TEST(ReadRegisterTest, TakesEachKind) {
  const auto config = ParseConfig("[[register]]\nkind = \"warranty\"\nmachine = \"srv-file\"\nends = 2027-03-01\n"
                                  "[[register]]\nkind = \"purchase\"\nmachine = \"srv-file\"\nbought = \"2023-03-01\"\n"
                                  "[[register]]\nkind = \"domain\"\nsite = \"Head office\"\nname = \"company.example\"\nends = 2027-01-01\n"
                                  "[[register]]\nkind = \"contract\"\nsite = \"Head office\"\nname = \"Lines\"\nends = 2027-01-01\n"
                                  "[[register]]\nkind = \"licence\"\nmachine = \"pc-1\"\nname = \"CAD\"\nends = 2027-01-01\n"
                                  "[[register]]\nkind = \"restore-test\"\nmachine = \"srv-file\"\ndone = 2026-01-15\n"
                                  "[[register]]\nkind = \"restore-test\"\nmachine = \"srv-file\"\ndone = 2026-04-15\n",
                                  "collector.toml", {});
  ASSERT_TRUE(config.ok()) << config.status();
  const std::vector<RegisterEntry>& entries = config->policy.entries;
  ASSERT_EQ(entries.size(), 7U);
  EXPECT_EQ(entries[0], (RegisterEntry{"warranty", "srv-file", "", "", absl::CivilDay(2027, 3, 1)}));
  EXPECT_EQ(entries[2], (RegisterEntry{"domain", "", "Head office", "company.example", absl::CivilDay(2027, 1, 1)}));
  EXPECT_EQ(entries[6].date, absl::CivilDay(2026, 4, 15));
}

struct BadCase {
  const char* text;
  const char* place;
  const char* says;
};

class BadRegister : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadRegister, IsRefusedWithItsPlaceAndWhatToWriteInstead) {
  EXPECT_THAT(ErrorOf(std::string("[[register]]\n") + GetParam().text), AllOf(StartsWith(GetParam().place), HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadRegister,
    ::testing::Values(
        BadCase{"machine = \"a\"\nends = 2027-03-01\n", "collector.toml:1:1: ", "needs kind: warranty, contract, purchase"},
        BadCase{"kind = \"waranty\"\nmachine = \"a\"\nends = 2027-03-01\n", "collector.toml:2:8: ", "write one of: warranty, contract"},
        BadCase{"kind = \"warranty\"\nends = 2027-03-01\n", "collector.toml:2:8: ", "needs machine = \"srv-file\""},
        BadCase{"kind = \"warranty\"\nmachine = \"a\"\nsite = \"b\"\nends = 2027-03-01\n", "collector.toml:4:8: ", "is a machine's"},
        BadCase{"kind = \"domain\"\nmachine = \"a\"\nname = \"b\"\nends = 2027-03-01\n", "collector.toml:3:11: ", "is a site's"},
        BadCase{"kind = \"domain\"\nsite = \"a\"\nends = 2027-03-01\n", "collector.toml:1:1: ", "needs name"},
        BadCase{"kind = \"licence\"\nsite = \"a\"\nmachine = \"c\"\nname = \"b\"\nends = 2027-03-01\n", "collector.toml:3:8: ", "either a machine's or a site's"},
        BadCase{"kind = \"warranty\"\nmachine = \"a\"\n", "collector.toml:1:1: ", "needs ends = 2027-03-01"},
        BadCase{"kind = \"purchase\"\nmachine = \"a\"\nends = 2027-03-01\n", "collector.toml:4:8: ", "has no ends; write bought"},
        BadCase{"kind = \"warranty\"\nmachine = \"a\"\nends = \"soon\"\n", "collector.toml:4:8: ", "no day of the calendar"},
        BadCase{"kind = \"warranty\"\nmachine = \"a\"\nends = \"2027-02-30\"\n", "collector.toml:4:8: ", "no day of the calendar"},
        BadCase{"kind = \"warranty\"\nmachine = \"a\"\nends = 2027-03-01\nend = 1\n", "collector.toml:5:1: ", "unknown key \"end\""},
        BadCase{"kind = \"warranty\"\nmachine = \"a\"\nends = 2027-03-01\n[[register]]\nkind = \"warranty\"\nmachine = \"a\"\nends = 2028-03-01\n",
                "collector.toml:6:8: ", "another [[register]] says the same"}));

}  // namespace
}  // namespace steward::collector
