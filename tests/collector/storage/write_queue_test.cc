// When the writer takes what is queued.
#include "collector/storage/sqlite/write_queue.h"

#include <gtest/gtest.h>

namespace steward::collector {
namespace {

QueuedWrite WriteOf(std::size_t bytes) { return {.write = nullptr, .done = nullptr, .bytes = bytes, .result = absl::OkStatus()}; }

TEST(WriteQueue, AWriteThatComesAloneIsGivenAtOnce) {
  WriteQueue queue(absl::Hours(1));
  queue.Push(WriteOf(800));
  EXPECT_EQ(queue.Take().size(), 1u);
  EXPECT_EQ(queue.bytes(), 800u);
  queue.Release(800);
  EXPECT_EQ(queue.bytes(), 0u);
}

// Else the live batches beside it wait out the window, and nothing more comes meanwhile.
TEST(WriteQueue, ATurnOfBacklogIsNotKeptWaitingForMore) {
  WriteQueue queue(absl::Hours(1));
  for (int round = 0; round < 5; ++round) {  // fast, from the second on
    for (int i = 0; i < 10; ++i) queue.Push(WriteOf(800));
    queue.Push(WriteOf(40'000));
    EXPECT_EQ(queue.Take().size(), 11u);
  }
}

TEST(WriteQueue, WhatIsLeftAtTheEndIsGivenBeforeNothing) {
  WriteQueue queue(absl::Hours(1));
  queue.Push(WriteOf(1));
  queue.Stop();
  EXPECT_EQ(queue.Take().size(), 1u);
  EXPECT_TRUE(queue.Take().empty());
}

}  // namespace
}  // namespace steward::collector
