#include "agent/platform/mount_watch.h"

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);  // never reached when all is well

FileSystemStats Blocks(std::uint64_t blocks) {
  FileSystemStats stats;
  stats.blocks = blocks;
  return stats;
}

// Held by the callbacks too, as they may outlive the test's own frame.
struct Gate {
  std::promise<void> open;
  std::shared_future<void> opened = open.get_future().share();
  std::atomic<int> asked = 0;
};

MountWatch::Ask StuckAt(const std::shared_ptr<Gate>& gate, const std::string& stuck) {
  return [gate, stuck](const std::string& mount_point) -> absl::StatusOr<FileSystemStats> {
    if (mount_point != stuck) return Blocks(mount_point.size());
    ++gate->asked;
    gate->opened.wait();
    return Blocks(777);
  };
}

TEST(MountWatch, AnswersInOrder) {
  MountWatch watch([](const std::string& mount_point) { return Blocks(mount_point.size()); });
  const std::vector<std::string> mounts = {"/", "/home", "/srv"};
  for (int round = 0; round < 50; ++round) {
    const auto answers = watch.Stat(mounts, kPatience);
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers[0]->blocks, 1u);
    EXPECT_EQ(answers[1]->blocks, 5u);
    EXPECT_EQ(answers[2]->blocks, 4u);
  }
  EXPECT_TRUE(watch.Stat({}, kPatience).empty());
}

TEST(MountWatch, AStuckMountCostsItsDeadlineOnceAndHidesNoOther) {
  const auto gate = std::make_shared<Gate>();
  MountWatch watch(StuckAt(gate, "/stuck"));
  const std::vector<std::string> mounts = {"/", "/stuck", "/home"};
  const auto first = watch.Stat(mounts, absl::Seconds(1));
  EXPECT_TRUE(first[0].ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(first[1].status())) << first[1].status();
  EXPECT_TRUE(first[2].ok()) << "what is behind a stuck mount is asked by another thread: " << first[2].status();

  // Remembered: the deadline, long as it is, is not waited for, and the stuck one is not asked again.
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 20; ++round) {
    const auto answers = watch.Stat(mounts, kPatience);
    EXPECT_TRUE(answers[0].ok());
    EXPECT_TRUE(absl::IsDeadlineExceeded(answers[1].status()));
    EXPECT_TRUE(answers[2].ok());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, absl::ToChronoNanoseconds(kPatience / 2));
  EXPECT_EQ(gate->asked.load(), 1);
  gate->open.set_value();
}

TEST(MountWatch, AMountThatComesBackIsAskedAgain) {
  const auto gate = std::make_shared<Gate>();
  MountWatch watch(StuckAt(gate, "/stuck"));
  const std::vector<std::string> mounts = {"/stuck"};
  EXPECT_FALSE(watch.Stat(mounts, absl::Milliseconds(50))[0].ok());
  gate->open.set_value();
  absl::StatusOr<FileSystemStats> answer = absl::UnknownError("not asked");
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(kPatience);
  while (!answer.ok() && std::chrono::steady_clock::now() < end) answer = watch.Stat(mounts, kPatience)[0];
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->blocks, 777u);
}

TEST(MountWatch, ManyStuckMountsDoNotMakeThreadsWithoutEnd) {
  const auto gate = std::make_shared<Gate>();
  MountWatch watch([gate](const std::string&) -> absl::StatusOr<FileSystemStats> {
    ++gate->asked;
    gate->opened.wait();
    return Blocks(1);
  });
  std::vector<std::string> mounts;
  for (int mount = 0; mount < 100; ++mount) mounts.push_back("/m" + std::to_string(mount));
  for (int round = 0; round < 4; ++round) {
    for (const auto& answer : watch.Stat(mounts, absl::Milliseconds(50))) EXPECT_FALSE(answer.ok());
  }
  EXPECT_LE(gate->asked.load(), kStuckThreadsMax);
  gate->open.set_value();
}

TEST(MountWatch, AnErrorOfTheFileSystemPassesThrough) {
  MountWatch watch([](const std::string&) -> absl::StatusOr<FileSystemStats> {
    return absl::PermissionDeniedError("statfs /x: Permission denied");
  });
  const std::vector<std::string> mounts = {"/x"};
  EXPECT_TRUE(absl::IsPermissionDenied(watch.Stat(mounts, kPatience)[0].status()));
}

}  // namespace
}  // namespace steward::agent
