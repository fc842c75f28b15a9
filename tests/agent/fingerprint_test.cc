#include "agent/fingerprint.h"

#include <fstream>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

class FingerprintTest : public testing::Test {
 protected:
  std::string Report(const std::string& with_serials, const std::string& of_addresses) {
    return SteadyFingerprint(directory_.path(), {with_serials, of_addresses});
  }
  TempDir directory_;
};

TEST_F(FingerprintTest, RootsFingerprintStaysWhenAnOrdinaryUserRunsTheAgent) {
  EXPECT_EQ(Report("full", "addresses"), "full");
  EXPECT_EQ(Report("", "addresses"), "full");
  EXPECT_EQ(Report("", "addresses"), "full");
}

TEST_F(FingerprintTest, AnOrdinaryUsersFingerprintGivesWayToRoots) {
  EXPECT_EQ(Report("", "addresses"), "addresses");
  EXPECT_EQ(Report("full", "addresses"), "full");
  EXPECT_EQ(Report("", "addresses"), "full");
}

TEST_F(FingerprintTest, OtherHardwareIsToldWhoeverLooks) {
  EXPECT_EQ(Report("full", "addresses"), "full");
  EXPECT_EQ(Report("other board", "addresses"), "other board");
  EXPECT_EQ(Report("", "other addresses"), "other addresses") << "the state directory was copied to another machine";
}

TEST_F(FingerprintTest, ADamagedFileIsReplaced) {
  EXPECT_EQ(Report("full", "addresses"), "full");
  std::ofstream(directory_.path() / "fingerprint.json") << "{\"with_serials\": 7, ";
  EXPECT_EQ(Report("", "addresses"), "addresses");
  EXPECT_EQ(Report("full", "addresses"), "full");
  EXPECT_EQ(Report("", "addresses"), "full");
}

TEST_F(FingerprintTest, WithoutAPlaceToKeepItWhatIsSeenCounts) {
  EXPECT_EQ(SteadyFingerprint("/proc/no/such/place", {"full", "addresses"}), "full");
  EXPECT_EQ(SteadyFingerprint("/proc/no/such/place", {"", ""}), "");
}

}  // namespace
}  // namespace steward::agent
