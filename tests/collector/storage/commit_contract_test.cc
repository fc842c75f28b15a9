// ReadCommits: what is committed comes once, in order, whatever happens to it meanwhile.
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/collector/storage/sample_writer.h"
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CommitContract : public StorageContract {
 protected:
  void AddDescriptors(const SampleWriter& writer, const std::string& machine = kMachine) {
    ASSERT_TRUE(Write([&](StorageTransaction& t) { return t.AddDescriptors(machine, writer.descriptors()); }).ok());
  }
  // "epoch/sequence=value" of each batch behind `cursor_`, which moves on.
  std::vector<std::string> Take(std::size_t samples_max = 1'000'000) {
    std::vector<std::string> taken;
    const absl::Status status = storage_->Read([&](StorageReader& reader) -> absl::Status {
      auto cursor = reader.ReadCommits(cursor_, samples_max, [&](const CommittedSamples& batch) {
        std::string text = absl::StrCat(batch.epoch, "/", batch.sequence, "=");
        for (const CommittedGroup& group : batch.groups) {
          for (const CommittedValue& value : group.values) {
            EXPECT_EQ(batch.descriptors->GroupOf(value.series), group.group);
            absl::StrAppend(&text, value.value);
          }
          for (const std::uint32_t ended : group.ended) absl::StrAppend(&text, "-", ended);
        }
        by_machine_[batch.machine_id].push_back(text);
        taken.push_back(std::move(text));
        return absl::OkStatus();
      });
      if (cursor.ok()) cursor_ = *cursor;
      return cursor.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return taken;
  }

  std::string cursor_;
  std::map<std::string, std::vector<std::string>> by_machine_;
};

TEST_P(CommitContract, GivesEachBatchOnceInOrder) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto a = writer.AddSeries("a", {}, 1, 10);
  const auto b = writer.AddSeries("b", {}, 1);
  AddDescriptors(writer);
  EXPECT_THAT(Take(), IsEmpty());
  ASSERT_TRUE(Append(writer.Next(At(0), {{a, 15}, {b, 2}})).ok());
  ASSERT_TRUE(Append(writer.Next(At(15), {{a, 16}})).ok());
  EXPECT_THAT(Take(1), ElementsAre("1/1=1.52")) << "at least one";
  EXPECT_THAT(Take(1), ElementsAre("1/2=1.6-2"));
  EXPECT_THAT(Take(1), IsEmpty());
  ASSERT_TRUE(Append(writer.Next(At(30), {{a, 17}})).ok());
  EXPECT_THAT(Take(), ElementsAre("1/3=1.7"));
}

TEST_P(CommitContract, BeginsWithNow) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto a = writer.AddSeries("a", {});
  AddDescriptors(writer);
  ASSERT_TRUE(Append(writer.Next(At(0), {{a, 1}})).ok());
  cursor_ = *Read([](StorageReader& r) { return r.CommitCursor(); });
  EXPECT_THAT(Take(), IsEmpty());
  ASSERT_TRUE(Append(writer.Next(At(15), {{a, 2}})).ok());
  EXPECT_THAT(Take(), ElementsAre("1/2=2"));
}

TEST_P(CommitContract, GivesWhatIsBehindAHoleWhenItIsFilled) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto a = writer.AddSeries("a", {});
  AddDescriptors(writer);
  std::vector<BatchRecord> batches;
  for (int i = 0; i < 5; ++i) batches.push_back(writer.Next(At(15 * i), {{a, i}}));
  for (const int i : {0, 3, 4}) ASSERT_TRUE(Append(batches[static_cast<std::size_t>(i)]).ok());
  EXPECT_THAT(Take(), ElementsAre("1/1=0"));
  ASSERT_TRUE(Append(batches[2]).ok());
  EXPECT_THAT(Take(), IsEmpty());
  ASSERT_TRUE(Append(batches[1]).ok());
  EXPECT_THAT(Take(1), ElementsAre("1/2=1", "1/3=2", "1/4=3", "1/5=4")) << "one place in the order";
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_P(CommitContract, PassesWhatDoesNotDecode) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto a = writer.AddSeries("a", {});
  AddDescriptors(writer);
  ASSERT_TRUE(Append(TestBatch(7, 1, 1, "payload")).ok());
  ASSERT_TRUE(Append(writer.Next(At(0), {{a, 1}})).ok());
  EXPECT_THAT(Take(), ElementsAre("1/1=1"));
}

TEST_P(CommitContract, SaysThatACursorIsNotOfThisStorage) {
  for (const char* cursor : {"x", "1:", "999999", "1:999999", "1:1:2", "1:5:4:3:2"}) {
    const auto read = Read([&](StorageReader& r) {
      return r.ReadCommits(cursor, 1, [](const CommittedSamples&) { return absl::OkStatus(); });
    });
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << cursor;
  }
}

TEST_P(CommitContract, EndsWithTheErrorOfTheTaker) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto a = writer.AddSeries("a", {});
  AddDescriptors(writer);
  ASSERT_TRUE(Append(writer.Next(At(0), {{a, 1}})).ok());
  const auto read = Read([&](StorageReader& r) {
    return r.ReadCommits("", 1, [](const CommittedSamples&) { return absl::CancelledError("enough"); });
  });
  EXPECT_EQ(read.status(), absl::CancelledError("enough"));
}

// Two machines send days in any order, with hours folded all the while: readers that follow closely, and one that
// comes at the end, get the same batches of each machine in the same order.
TEST_P(CommitContract, GivesTheSameToWhoFollowsAndToWhoComesLate) {
  constexpr int kBatches = 300;
  constexpr int kSegment = 10;
  std::mt19937 random(3);
  std::vector<BatchRecord> batches;
  for (const char* machine : {kMachine, kOtherMachine}) {
    PutMachine(TestMachine(machine, machine));
    SampleWriter writer(machine, 1);
    const auto a = writer.AddSeries("a", {});
    AddDescriptors(writer, machine);
    for (int i = 0; i < kBatches; ++i) {
      if (i % kSegment == 0) writer.CutSegment();
      batches.push_back(writer.Next(At(120 * i), {{a, i}}));
    }
  }
  // Segments in any order, and a few batches late within them.
  for (std::size_t i = 0; i + kSegment < batches.size(); ++i) {
    if (random() % 8 == 0) std::swap(batches[i], batches[i + random() % kSegment]);
  }
  for (std::size_t i = 0; i + 200 < batches.size(); i += kSegment) {
    const std::size_t j = (i + random() % 200) / kSegment * kSegment;
    if (j == i) continue;
    std::swap_ranges(batches.begin() + static_cast<std::ptrdiff_t>(i),
                     batches.begin() + static_cast<std::ptrdiff_t>(i + kSegment),
                     batches.begin() + static_cast<std::ptrdiff_t>(j));
  }
  for (const BatchRecord& batch : batches) {
    ASSERT_EQ(*Append(batch), AppendResult::kCommitted);
    if (random() % 3 == 0) Take(1 + random() % 30);
  }
  while (!Take(7).empty()) continue;
  const auto followed = std::exchange(by_machine_, {});
  for (const auto& [machine, texts] : followed) {
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(kBatches));
    EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()).size(), texts.size());
  }
  cursor_.clear();
  while (!Take(50).empty()) continue;
  EXPECT_EQ(by_machine_, followed);
}

INSTANTIATE_TEST_SUITE_P(Every, CommitContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
