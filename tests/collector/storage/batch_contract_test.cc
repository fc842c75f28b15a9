// Batches: committed once, whatever comes again.
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/storage/interval_set.h"
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using BatchContract = StorageContract;
using testing::ElementsAre;

TEST_P(BatchContract, TakesABatchOnce) {
  PutMachine();
  EXPECT_EQ(*Append(TestBatch(1, 1, 1)), AppendResult::kCommitted);
  EXPECT_EQ(*Append(TestBatch(1, 1, 1)), AppendResult::kDuplicate);
  EXPECT_EQ(*Append(TestBatch(1, 1, 1, "other")), AppendResult::kConflict);
  BatchRecord with_events = TestBatch(1, 1, 1);
  with_events.events = "event";
  EXPECT_EQ(*Append(with_events), AppendResult::kConflict);
  EXPECT_THAT(Committed(1), ElementsAre(SequenceInterval{1, 1}));
}

TEST_P(BatchContract, SeesADuplicateWithinOneTransaction) {
  PutMachine();
  ASSERT_TRUE(Write([](StorageTransaction& t) {
                EXPECT_EQ(*t.AppendBatch(TestBatch(1, 1, 1)), AppendResult::kCommitted);
                EXPECT_EQ(*t.AppendBatch(TestBatch(1, 1, 1)), AppendResult::kDuplicate);
                EXPECT_EQ(*t.AppendBatch(TestBatch(1, 1, 1, "x")), AppendResult::kConflict);
                return absl::OkStatus();
              }).ok());
}

TEST_P(BatchContract, RefusesWhatCannotBe) {
  EXPECT_EQ(Append(TestBatch(1, 1, 1)).status().code(), absl::StatusCode::kNotFound);
  PutMachine();
  EXPECT_EQ(Append(TestBatch(1, 5, 4)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Append(TestBatch(1, 1, std::uint64_t{1} << 63)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Committed(1), ElementsAre());
}

TEST_P(BatchContract, KeepsEpochsAndMachinesApart) {
  PutMachine();
  PutMachine(TestMachine(kOtherMachine, "beta"));
  const std::uint64_t high = 0xfedc'ba98'7654'3210u;
  EXPECT_EQ(*Append(TestBatch(high, 1, 1)), AppendResult::kCommitted);
  EXPECT_EQ(*Append(TestBatch(2, 1, 1, "other")), AppendResult::kCommitted);
  BatchRecord batch = TestBatch(high, 1, 1, "third");
  batch.machine_id = kOtherMachine;
  EXPECT_EQ(*Append(batch), AppendResult::kCommitted);
  EXPECT_THAT(Committed(high), ElementsAre(SequenceInterval{1, 1}));
  EXPECT_THAT(Committed(high, kOtherMachine), ElementsAre(SequenceInterval{1, 1}));
  EXPECT_THAT(Committed(3), ElementsAre());
}

TEST_P(BatchContract, MovesLastSeenForwardOnly) {
  PutMachine();
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetMachine(kMachine); })->last_seen_time, absl::InfinitePast());
  ASSERT_TRUE(Append(TestBatch(1, 1, 4)).ok());
  ASSERT_TRUE(Append(TestBatch(1, 1, 2)).ok());
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetMachine(kMachine); })->last_seen_time, At(60));
  PutMachine();  // a record that knows nothing of it
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetMachine(kMachine); })->last_seen_time, At(60));
  EXPECT_EQ(Read([](StorageReader& r) { return r.ListMachines(); })->front().last_seen_time, At(60));
}

TEST_P(BatchContract, KnowsWhatIsCommittedInAnyOrderOverManyHours) {
  PutMachine();
  std::mt19937 random(11);
  std::vector<BatchRecord> batches;
  for (std::uint64_t sequence = 1; sequence <= 1200; ++sequence) {  // 5 h, segments of 60
    batches.push_back(TestBatch(9, (sequence - 1) / 60 * 60 + 1, sequence, absl::StrCat("payload of ", sequence)));
  }
  // Mostly in order, with some taken far away; everything is sent twice.
  for (int i = 0; i < 200; ++i) std::swap(batches[random() % 1200], batches[random() % 1200]);
  IntervalSet expected;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const std::size_t again = random() % (i + 1);
    ASSERT_TRUE(Write([&](StorageTransaction& t) {
                  auto result = t.AppendBatch(batches[i]);
                  EXPECT_EQ(*result, AppendResult::kCommitted) << batches[i].sequence;
                  result = t.AppendBatch(batches[again]);
                  EXPECT_EQ(*result, AppendResult::kDuplicate) << batches[again].sequence;
                  return result.status();
                }).ok());
    Insert(expected, batches[i].sequence, batches[i].sequence);
    if (i % 100 == 99) {
      ASSERT_EQ(Committed(9), expected);
    }
  }
  EXPECT_THAT(Committed(9), ElementsAre(SequenceInterval{1, 1200}));
  BatchRecord altered = batches[600];
  altered.samples += "!";
  EXPECT_EQ(*Append(altered), AppendResult::kConflict);
}

TEST_P(BatchContract, GivesBackTheDescriptorsAsTheyWereSent) {
  v1::DescriptorSet set;
  set.set_epoch(77);
  set.add_groups()->set_id(1);
  v1::SeriesDescriptor* series = set.add_series();
  series->set_id(1);
  series->set_metric("node_load1");
  const auto add = [&] { return Write([&](StorageTransaction& t) { return t.AddDescriptors(kMachine, set); }); };
  EXPECT_EQ(add().code(), absl::StatusCode::kNotFound);
  PutMachine();
  ASSERT_TRUE(add().ok());
  ASSERT_TRUE(add().ok());  // a stream repeats them
  series = set.add_series();
  series->set_id(2);
  series->set_metric("node_load5");
  ASSERT_TRUE(add().ok());
  const auto stored = Read([](StorageReader& r) { return r.Descriptors(kMachine, 77); });
  EXPECT_EQ(stored->SerializeAsString(), set.SerializeAsString());
  set.mutable_series(0)->set_metric("node_load15");
  EXPECT_EQ(add().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Read([](StorageReader& r) { return r.Descriptors(kMachine, 78); })->series_size(), 0);
}

TEST_P(BatchContract, ForgetsOldBatchesButNotThatTheyWereThere) {
  PutMachine();
  for (std::uint64_t i = 1; i <= 10; ++i) ASSERT_TRUE(Append(TestBatch(1, 1, i)).ok());
  v1::DescriptorSet set;
  set.set_epoch(1);
  set.add_groups()->set_id(1);
  ASSERT_TRUE(Write([&](StorageTransaction& t) { return t.AddDescriptors(kMachine, set); }).ok());
  ASSERT_TRUE(Append([] {
                BatchRecord late = TestBatch(2, 1, 1);
                late.time = At(500'000);
                return late;
              }()).ok());
  const auto expire = [&](double before) {
    for (int calls = 0; calls < 100; ++calls) {
      bool more = false;
      EXPECT_TRUE(Write([&](StorageTransaction& t) {
                    auto left = t.Expire({.raw = At(before)});
                    more = left.ok() && *left;
                    return left.status();
                  }).ok());
      if (!more) return;
    }
    ADD_FAILURE() << "never done";
  };
  expire(100);  // the newest of that hour is younger, or its own age counts: either way both epochs are known
  EXPECT_THAT(Committed(1), ElementsAre(SequenceInterval{1, 10}));
  EXPECT_EQ(*Append(TestBatch(1, 1, 1)), AppendResult::kDuplicate);
  expire(400'000);
  EXPECT_THAT(Committed(1), ElementsAre());
  EXPECT_EQ(Read([](StorageReader& r) { return r.Descriptors(kMachine, 1); })->groups_size(), 0);
  EXPECT_THAT(Committed(2), ElementsAre(SequenceInterval{1, 1}));
  expire(600'000);  // the epoch of the newest data stays known
  EXPECT_EQ(*Append(TestBatch(2, 1, 1)), AppendResult::kDuplicate);
}

INSTANTIATE_TEST_SUITE_P(Every, BatchContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
