// The storage on disk against the one in memory: whatever comes, in whatever order, both say the same.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/storage/memory/memory_storage.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "tests/collector/storage/sample_writer.h"
#include "tests/collector/storage/storage_contract.h"

namespace steward::collector {
namespace {

constexpr int kSeries = 8;

// Two epochs of a machine over some hours: a slow group, series that come and go, segments of random length.
std::vector<BatchRecord> RandomBatches(std::mt19937& random, std::vector<v1::DescriptorSet>& descriptors) {
  std::vector<BatchRecord> batches;
  double time = 0;
  for (const std::uint64_t epoch : {std::uint64_t{1}, ~std::uint64_t{0}}) {
    SampleWriter writer(kMachine, epoch);
    for (int series = 0; series < kSeries; ++series) {
      writer.AddSeries("m", {{"s", absl::StrCat(series)}}, series < 5 ? 1 : 2, series == 1 ? 100 : 1);
    }
    descriptors.push_back(writer.descriptors());
    for (int i = 0; i < 120; ++i) {
      if (random() % 9 == 0) writer.CutSegment();
      time += 30 + static_cast<double>(random() % 120);
      std::map<std::uint32_t, std::int64_t> values;
      for (std::uint32_t series = 0; series < kSeries; ++series) {
        if ((series >= 5 && i % 3 != 0) || (series % 4 == 2 && random() % 6 == 0)) continue;
        values[series + 1] = series == 0 ? 7 : static_cast<std::int64_t>(random() % 1'000) * (series == 3 ? 1LL << 40 : 1);
      }
      batches.push_back(writer.Next(At(time), values));
    }
  }
  return batches;
}

// Mostly in order; some late by a little, some by much, some never, some twice.
std::vector<BatchRecord> RandomOrder(std::mt19937& random, std::vector<BatchRecord> batches) {
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (random() % 10 == 0) std::swap(batches[i], batches[std::min(batches.size() - 1, i + random() % 5)]);
    if (random() % 25 == 0) std::swap(batches[i], batches[random() % batches.size()]);
  }
  std::erase_if(batches, [&](const BatchRecord&) { return random() % 50 == 0; });
  for (int i = 0; i < 30; ++i) {
    BatchRecord again = batches[random() % batches.size()];
    if (i % 3 == 0) again.samples += "x";
    batches.push_back(again);
  }
  return batches;
}

class OracleTest : public testing::TestWithParam<int> {
 protected:
  OracleTest() : memory_(NewMemoryStorage(MemoryWriter::kInline)) {
    auto opened = OpenSqliteStorage(folder_.path() / "collector.db");
    EXPECT_TRUE(opened.ok()) << opened.status();
    sqlite_ = *std::move(opened);
  }

  template <class Function>
  void OnBoth(Function function) {
    for (Storage* storage : {memory_.get(), sqlite_.get()}) {
      const absl::Status status = storage->WriteAndWait([&](StorageTransaction& t) { return function(t); });
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  static std::string Describe(Storage& storage, double from, double to) {
    std::string text;
    const absl::Status status = storage.Read([&](StorageReader& reader) {
      for (int series = 0; series < kSeries; ++series) {
        const auto found = reader.QuerySamples({kMachine, "m", {{"s", absl::StrCat(series)}}, At(from), At(to)});
        EXPECT_TRUE(found.ok()) << found.status();
        for (const SampleSeries& one : *found) {
          absl::StrAppend(&text, "\n", series, ":");
          for (const SamplePoint& point : one.points) absl::StrAppend(&text, " ", point.time_ms, "=", point.value);
        }
      }
      for (const std::uint64_t epoch : {std::uint64_t{1}, ~std::uint64_t{0}}) {
        const auto intervals = reader.CommittedIntervals(kMachine, epoch);
        EXPECT_TRUE(intervals.ok()) << intervals.status();
        for (const SequenceInterval& interval : *intervals) {
          absl::StrAppend(&text, "\n", interval.first, "-", interval.last);
        }
      }
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return text;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> memory_;
  std::unique_ptr<Storage> sqlite_;
};

TEST_P(OracleTest, BothSayTheSame) {
  std::mt19937 random(static_cast<std::uint32_t>(GetParam()));
  std::vector<v1::DescriptorSet> descriptors;
  const std::vector<BatchRecord> batches = RandomOrder(random, RandomBatches(random, descriptors));
  OnBoth([&](StorageTransaction& t) {
    absl::Status status = t.PutMachine(TestMachine());
    for (const v1::DescriptorSet& set : descriptors) {
      if (status.ok()) status = t.AddDescriptors(kMachine, set);
    }
    return status;
  });
  int count = 0;
  for (const BatchRecord& batch : batches) {
    std::vector<AppendResult> results;
    OnBoth([&](StorageTransaction& t) {
      const auto result = t.AppendBatch(batch);
      if (result.ok()) results.push_back(*result);
      return result.status();
    });
    ASSERT_EQ(results[0], results[1]) << "sequence " << batch.sequence << " of epoch " << batch.epoch;
    if (++count % 40 != 0) continue;
    const auto from = static_cast<double>(random() % 20'000);
    ASSERT_EQ(Describe(*memory_, from, from + 3'000), Describe(*sqlite_, from, from + 3'000)) << "after " << count;
  }
  EXPECT_EQ(Describe(*memory_, -1e6, 1e6), Describe(*sqlite_, -1e6, 1e6));
}

INSTANTIATE_TEST_SUITE_P(Seeds, OracleTest, testing::Range(0, 12));

}  // namespace
}  // namespace steward::collector
