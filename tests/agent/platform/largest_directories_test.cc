// Which directories fill a disk: counted on this machine's own, as du counts.
#include "agent/platform/linux/tools/largest_directories.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "absl/time/clock.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

constexpr std::uint64_t kMegabyte = 1 << 20;

class LargestDirectoriesTest : public testing::Test {
 protected:
  LargestDirectoriesTest() { limits_.deadline = absl::Now() + absl::Minutes(1); }
  void Write(const std::string& path, std::uint64_t bytes) {
    const fs::path file = root_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << std::string(bytes, 'x');
  }
  // By path below the root ("" is the root itself), in whole megabytes.
  std::map<std::string, std::uint64_t> Count(const std::vector<MountedTree>& mounts = {}) {
    ::sync();  // blocks are given when a file is written out
    const MountedTree tree{"8:1", "/", root_.path().string(), "ext4"};
    const absl::StatusOr<DirectoryWalk> walk = WalkDirectories(tree, mounts, limits_);
    EXPECT_TRUE(walk.ok()) << walk.status();
    std::map<std::string, std::uint64_t> sizes;
    if (!walk.ok()) return sizes;
    is_whole_ = walk->is_whole;
    for (const DirectorySize& one : walk->largest) sizes[one.path.substr(root_.path().string().size())] = (one.bytes + kMegabyte / 2) / kMegabyte;
    return sizes;
  }

  TempDir root_;
  WalkLimits limits_;
  bool is_whole_ = false;
};

using Sizes = std::map<std::string, std::uint64_t>;

TEST_F(LargestDirectoriesTest, EachByteIsToldOnceThreeLevelsDeep) {
  Write("var/lib/docker/overlay2/a/b/data", 6 * kMegabyte);
  Write("var/lib/docker/other", 2 * kMegabyte);
  Write("var/lib/small/file", kMegabyte / 4);
  Write("var/log/syslog", 3 * kMegabyte);
  Write("var/file", 2 * kMegabyte);
  limits_.bytes_min = kMegabyte;
  EXPECT_EQ(Count(), (Sizes{{"/var/lib/docker", 8}, {"/var/log", 3}, {"/var", 2}}));
  EXPECT_TRUE(is_whole_);
}

TEST_F(LargestDirectoriesTest, WhatIsSmallCountsForTheDirectoryAbove) {
  for (int i = 0; i < 8; ++i) Write(StrCat("srv/share/", i, "/file"), kMegabyte / 2);
  limits_.bytes_min = kMegabyte;
  EXPECT_EQ(Count(), (Sizes{{"/srv/share", 4}}));
}

TEST_F(LargestDirectoriesTest, NoFolderOfPeopleIsNamed) {
  Write("home/anna/letters/to/mother", 3 * kMegabyte);
  Write("home/ben/music", 2 * kMegabyte);
  limits_.of_people = {(root_.path() / "home").string()};
  limits_.bytes_min = kMegabyte;
  EXPECT_EQ(Count(), (Sizes{{"/home", 5}}));
}

TEST_F(LargestDirectoriesTest, AFileOfTwoNamesIsCountedOnceAndLinksAreNotFollowed) {
  Write("a/file", 4 * kMegabyte);
  fs::create_directories(root_.path() / "b");
  fs::create_hard_link(root_.path() / "a/file", root_.path() / "b/again");
  fs::create_directory_symlink(root_.path() / "a", root_.path() / "link");
  fs::create_directory_symlink("/", root_.path() / "everything");
  limits_.bytes_min = kMegabyte;
  EXPECT_EQ(Count(), (Sizes{{"/a", 2}, {"/b", 2}}));
}

TEST_F(LargestDirectoriesTest, WhatIsMountedFromElsewhereIsLeftOutAndWhatIsMountedAgainInItsPlaceIsNot) {
  Write("mounted/file", 3 * kMegabyte);
  Write("again/file", 2 * kMegabyte);
  Write("part/file", 2 * kMegabyte);
  const auto at = [&](const char* name) { return (root_.path() / name).string(); };
  limits_.bytes_min = kMegabyte;
  const std::vector<MountedTree> mounts = {{"8:2", "/", at("mounted"), "ext4"}, {"8:1", "/again", at("again"), "ext4"},
                                           {"8:1", "/else/where", at("part"), "ext4"}, {"0:40", "/", at("never/there"), "fuse.dead"}};
  EXPECT_EQ(Count(mounts), (Sizes{{"/again", 2}}));
}

TEST_F(LargestDirectoriesTest, OneThatIsDeepOrLargeOrRefusedIsCountedInPart) {
  std::string deep = "d";
  for (int i = 0; i < 150; ++i) deep += "/d";
  Write(deep + "/file", 3 * kMegabyte);
  Write("file", 2 * kMegabyte);
  limits_.bytes_min = kMegabyte;
  EXPECT_EQ(Count().at(""), 2u);
  EXPECT_FALSE(is_whole_);
  limits_.entries_max = 1;
  Count();
  EXPECT_FALSE(is_whole_);
  limits_ = {.deadline = absl::InfinitePast()};
  for (int i = 0; i < 600; ++i) Write(StrCat("many/", i), 1);
  Count();
  EXPECT_FALSE(is_whole_);
  const absl::StatusOr<DirectoryWalk> missing = WalkDirectories({"8:1", "/", (root_.path() / "none").string(), "ext4"}, {}, limits_);
  EXPECT_TRUE(absl::IsNotFound(missing.status())) << missing.status();
}

TEST(MountedTrees, AreReadFromMountinfoWithItsEscapes) {
  const std::vector<MountedTree> trees = ParseMountedTrees(
      "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
      "31 22 253:0 /home /home ro master:1 - ext4 /dev/sda1 rw\n"
      "40 22 8:17 / /mnt/two\\040words rw - xfs /dev/sdb1 rw\n"
      "cut short\n- -\n");
  ASSERT_EQ(trees.size(), 3u);
  EXPECT_EQ(trees[1].root, "/home");
  EXPECT_EQ(trees[2].mount_point, "/mnt/two words");
  EXPECT_EQ(trees[2].device, "8:17");
  EXPECT_EQ(trees[2].type, "xfs");
}

// The levels by size of the catalogue: 80/90 at 20 GB, 88/94 at 256 GB, 93/97 at 4 TB.
TEST(NearlyFull, IsNearTheLevelsOfDiskSpaceLow) {
  const auto is_full = [](double size_gb, double used_percent) {
    FileSystemStats stats;
    stats.block_size = 4096;
    stats.blocks = static_cast<std::uint64_t>(size_gb * 1e9 / 4096);
    stats.blocks_free = stats.blocks_available = static_cast<std::uint64_t>(static_cast<double>(stats.blocks) * (1 - used_percent / 100));
    return IsNearlyFull(stats);
  };
  EXPECT_FALSE(is_full(20, 76));
  EXPECT_TRUE(is_full(20, 78));
  EXPECT_TRUE(is_full(256, 89)) << "28 GB left";
  EXPECT_FALSE(is_full(256, 87)) << "33 GB left";
  EXPECT_FALSE(is_full(4000, 93));
  EXPECT_TRUE(is_full(4000, 95.5));
  EXPECT_FALSE(IsNearlyFull({}));
}

}  // namespace
}  // namespace steward::agent
