// Transactions: what is undone, in which order done is called, what readers see.
#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using WriterContract = StorageContract;
using testing::ElementsAre;
using testing::Optional;

TEST_P(WriterContract, KeepsWhatAWriteChanged) {
  ASSERT_TRUE(Write([](StorageTransaction& t) { return t.PutSetting("site", "main"); }).ok());
  EXPECT_THAT(*Read([](StorageReader& r) { return r.GetSetting("site"); }), Optional(std::string("main")));
  EXPECT_EQ(*Read([](StorageReader& r) { return r.GetSetting("other"); }), std::nullopt);
}

TEST_P(WriterContract, UndoesAWriteThatFailsAndNothingElse) {
  PutMachine();
  std::vector<std::string> results;
  std::latch left(3);
  const auto done = [&](absl::Status status) {
    results.push_back(std::string(status.message()));
    left.count_down();
  };
  const auto good = [](std::uint64_t sequence) {
    return [sequence](StorageTransaction& t) { return t.AppendBatch(TestBatch(1, 1, sequence)).status(); };
  };
  storage_->Write(good(1), done);
  storage_->Write(
      [](StorageTransaction& t) {
        EXPECT_TRUE(t.AppendBatch(TestBatch(1, 1, 2, "undone")).ok());
        EXPECT_TRUE(t.PutSetting("a", "b").ok());
        EXPECT_TRUE(t.AppendBatch(TestBatch(2, 7, 7, "undone")).ok());
        // A transaction sees its own changes.
        EXPECT_THAT(*t.CommittedIntervals(kMachine, 1), ElementsAre(SequenceInterval{1, 2}));
        EXPECT_EQ(*t.GetSetting("a"), "b");
        return absl::AbortedError("changed my mind");
      },
      done);
  storage_->Write(good(2), done);
  left.wait();
  EXPECT_THAT(results, ElementsAre("", "changed my mind", ""));
  EXPECT_THAT(Committed(1), ElementsAre(SequenceInterval{1, 2}));
  EXPECT_THAT(Committed(2), ElementsAre());
  EXPECT_EQ(*Read([](StorageReader& r) { return r.GetSetting("a"); }), std::nullopt);
  EXPECT_EQ(*Append(TestBatch(1, 1, 2)), AppendResult::kDuplicate);
  EXPECT_EQ(*Append(TestBatch(2, 7, 7, "again")), AppendResult::kCommitted);
}

TEST_P(WriterContract, UndoesChangesOfEveryKind) {
  PutMachine();
  v1::Inventory inventory;
  inventory.set_digest("d1");
  v1::Fact* fact = inventory.add_facts();
  fact->set_group("os");
  fact->set_key("name");
  fact->set_value("Debian");
  const auto change = [&](StorageTransaction& t) {
    MachineRecord renamed = TestMachine(kMachine, "beta");
    TokenRecord token;
    token.id = "t1";
    v1::DescriptorSet set;
    set.set_epoch(1);
    set.add_groups()->set_id(1);
    IssueRecord issue;
    issue.issue.set_id("i1");
    IssueEventRecord event;
    event.issue_id = "i1";
    OutboxRecord delivery;
    delivery.idempotency_key = "k";
    for (const absl::Status& status :
         {t.PutMachine(renamed), t.PutToken(token), t.PutInventory(kMachine, inventory, At(1)),
          t.AddDescriptors(kMachine, set), t.PutIssue(issue), t.AddIssueEvent(event), t.AddDelivery(delivery)}) {
      EXPECT_TRUE(status.ok()) << status;
    }
    return absl::CancelledError("no");
  };
  EXPECT_EQ(Write(change).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetMachine(kMachine); })->host_name, "alpha");
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetMachine(kMachine); })->inventory_digest, "");
  EXPECT_TRUE(Read([](StorageReader& r) { return r.ListTokens(); })->empty());
  EXPECT_TRUE(Read([](StorageReader& r) { return r.ListFacts(kMachine); })->empty());
  EXPECT_EQ(Read([](StorageReader& r) { return r.Descriptors(kMachine, 1); })->groups_size(), 0);
  EXPECT_TRUE(Read([](StorageReader& r) { return r.ListIssues(true); })->empty());
  EXPECT_TRUE(Read([](StorageReader& r) { return r.ListIssueEvents("i1"); })->empty());
  EXPECT_TRUE(Read([](StorageReader& r) { return r.ListDeliveries(10); })->empty());
}

TEST_P(WriterContract, CallsDoneInTheOrderOfTheWrites) {
  constexpr int kWrites = 500;
  std::vector<int> order;
  std::latch left(kWrites);
  for (int i = 0; i < kWrites; ++i) {
    storage_->Write(
        [i](StorageTransaction& t) {
          return i % 7 == 3 ? absl::AbortedError("every seventh") : t.PutSetting("last", absl::StrCat(i));
        },
        [&, i](absl::Status status) {
          EXPECT_EQ(status.ok(), i % 7 != 3);
          order.push_back(i);
          left.count_down();
        });
  }
  left.wait();
  ASSERT_EQ(order.size(), static_cast<std::size_t>(kWrites));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(*Read([](StorageReader& r) { return r.GetSetting("last"); }), "499");
}

TEST_P(WriterContract, CountsTheBytesOfQueuedWritesExactly) {
  if (GetParam().name == "MemoryInline") GTEST_SKIP() << "nothing is ever queued";
  std::latch started(1);
  std::latch go(1);
  std::latch finished(1);
  storage_->Write(
      [&](StorageTransaction&) {
        started.count_down();
        go.wait();
        return absl::OkStatus();
      },
      [](absl::Status) {}, 100);
  started.wait();
  storage_->Write([](StorageTransaction&) { return absl::OkStatus(); },
                  [&](absl::Status) {
                    EXPECT_EQ(storage_->QueuedBytes(), 0u);
                    finished.count_down();
                  },
                  23);
  EXPECT_EQ(storage_->QueuedBytes(), 123u);
  go.count_down();
  finished.wait();
  EXPECT_EQ(storage_->QueuedBytes(), 0u);
}

TEST_P(WriterContract, ServesAWriteThatADoneAsksFor) {
  std::latch second(1);
  storage_->Write([](StorageTransaction& t) { return t.PutSetting("n", "1"); },
                  [&](absl::Status) {
                    storage_->Write([](StorageTransaction& t) { return t.PutSetting("n", "2"); },
                                    [&](absl::Status status) {
                                      EXPECT_TRUE(status.ok()) << status;
                                      second.count_down();
                                    });
                  });
  second.wait();
  EXPECT_EQ(*Read([](StorageReader& r) { return r.GetSetting("n"); }), "2");
}

TEST_P(WriterContract, FinishesWhatIsQueuedBeforeItGoes) {
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    storage_->Write([](StorageTransaction& t) { return t.PutSetting("n", "1"); }, [&](absl::Status) { ++done; });
  }
  storage_.reset();
  EXPECT_EQ(done, 100);
}

TEST_P(WriterContract, ShowsReadersOneStateWhileTheWriterGoesOn) {
  if (GetParam().name == "MemoryInline") GTEST_SKIP() << "one thread only";
  PutMachine();
  constexpr std::uint64_t kBatches = 2000;
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 6; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const absl::Status status = storage_->Read([](StorageReader& r) {
          // Both are written by one transaction.
          const auto setting = r.GetSetting("last");
          const auto intervals = r.CommittedIntervals(kMachine, 5);
          EXPECT_TRUE(setting.ok() && intervals.ok());
          const std::string last = intervals->empty() ? "" : absl::StrCat(intervals->back().last);
          EXPECT_EQ(setting->value_or(""), last);
          EXPECT_LE(intervals->size(), 1u);
          return absl::OkStatus();
        });
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  std::latch left(kBatches);
  for (std::uint64_t i = 1; i <= kBatches; ++i) {
    storage_->Write(
        [i](StorageTransaction& t) {
          auto result = t.AppendBatch(TestBatch(5, 1, i));
          return result.ok() ? t.PutSetting("last", absl::StrCat(i)) : result.status();
        },
        [&](absl::Status status) {
          EXPECT_TRUE(status.ok()) << status;
          left.count_down();
        });
  }
  left.wait();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_THAT(Committed(5), ElementsAre(SequenceInterval{1, kBatches}));
}

INSTANTIATE_TEST_SUITE_P(Every, WriterContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
