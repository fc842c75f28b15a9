// Protects: the shipped table reads, a company's own file goes before it, and each mistake in that is told by its line.
#include "collector/rules/os_support.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace steward::collector {
namespace {

TEST(OsSupportTest, ShipsTheUsualOnes) {
  const OsSupport support = OsSupport::Shipped();
  EXPECT_EQ(support.EndOf("debian", "12"), absl::CivilDay(2028, 6, 30));
  EXPECT_EQ(support.EndOf("ubuntu", "22.04"), absl::CivilDay(2027, 4, 30));
  EXPECT_EQ(support.EndOf("rocky", "9.4"), absl::CivilDay(2032, 5, 31)) << "by what stands before the point";
  EXPECT_FALSE(support.EndOf("debian", "").has_value()) << "testing has no version";
  EXPECT_FALSE(support.EndOf("plan9", "4").has_value());
}

TEST(OsSupportTest, TellsEachMistakeByItsLine) {
  const auto parsed = OsSupport::Parse("debian = 12\n[own]\n1 = \"soon\"\n", "os-support.toml");
  ASSERT_TRUE(absl::IsInvalidArgument(parsed.status()));
  const std::string message(parsed.status().message());
  EXPECT_NE(message.find("os-support.toml:1"), std::string::npos) << message;
  EXPECT_NE(message.find("os-support.toml:3"), std::string::npos) << message;
  EXPECT_TRUE(absl::IsInvalidArgument(OsSupport::Parse("[own", "os-support.toml").status()));
}

TEST(OsSupportTest, ACompanysOwnFileGoesFirst) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "os-support.toml";
  std::filesystem::remove(file);
  ASSERT_TRUE(OsSupport::Load(file).ok()) << "none is needed";
  std::ofstream(file) << "[debian]\n12 = 2033-01-01\n[own]\n1 = 2030-01-01\n";
  const auto support = OsSupport::Load(file);
  ASSERT_TRUE(support.ok()) << support.status();
  EXPECT_EQ(support->EndOf("debian", "12"), absl::CivilDay(2033, 1, 1));
  EXPECT_EQ(support->EndOf("own", "1"), absl::CivilDay(2030, 1, 1));
  EXPECT_TRUE(support->EndOf("debian", "11").has_value());
  std::ofstream(file) << "[debian]\n12 = 1\n";
  EXPECT_FALSE(OsSupport::Load(file).ok());
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace steward::collector
