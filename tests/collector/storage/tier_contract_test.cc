// Tiers: what is kept of samples that expired says what the samples said, whenever they came.
#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/storage/sample_functions.h"
#include "tests/collector/storage/sample_writer.h"
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kDay = 1'699'920'000;  // begins a day, UTC

absl::Time Second(double second) { return absl::FromUnixSeconds(kDay) + absl::Seconds(second); }

class TierContract : public StorageContract {
 protected:
  TierContract() { PutMachine(); }

  void AddDescriptors(const SampleWriter& writer, const std::string& machine = kMachine) {
    const absl::Status status =
        Write([&](StorageTransaction& t) { return t.AddDescriptors(machine, writer.descriptors()); });
    ASSERT_TRUE(status.ok()) << status;
  }
  void Store(const std::vector<BatchRecord>& batches) {
    for (const BatchRecord& batch : batches) ASSERT_EQ(*Append(batch), AppendResult::kCommitted) << batch.sequence;
  }
  // One batch a minute of m, `count` of them; a new segment every 15.
  std::vector<BatchRecord> Minutes(SampleWriter& writer, std::uint32_t series, int first, int count) {
    std::vector<BatchRecord> batches;
    for (int minute = first; minute < first + count; ++minute) {
      if ((minute - first) % 15 == 0) writer.CutSegment();
      batches.push_back(writer.Next(Second(60 * minute), {{series, Value(minute)}}));
      told_[60 * minute] = static_cast<double>(Value(minute));
    }
    return batches;
  }
  // Rises, with a fall at minute 170.
  static std::int64_t Value(int minute) { return minute < 170 ? 1000 + minute * minute : (minute - 170) * 7; }

  void Expire(const ExpireBefore& before) {
    for (int calls = 0; calls < 1'000; ++calls) {
      bool more = false;
      const absl::Status status = Write([&](StorageTransaction& t) {
        const auto left = t.Expire(before);
        more = left.ok() && *left;
        return left.status();
      });
      ASSERT_TRUE(status.ok()) << status;
      if (!more) return;
    }
    FAIL() << "never done";
  }

  std::vector<SamplePoint> Ask(SampleFunction function, double from, double to, double step = 0,
                               const std::string& machine = kMachine) {
    const auto found = Read([&](StorageReader& r) {
      return r.QuerySamples({machine, "m", {}, Second(from), Second(to), 1'000'000, function, absl::Seconds(step)});
    });
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || found->empty()) return {};
    EXPECT_EQ(found->size(), 1u);
    return found->front().points;
  }
  // The same of what was told, as if all of it were there.
  std::vector<SamplePoint> Expect(SampleFunction function, double from, double to, double step) const {
    std::vector<SamplePoint> points;
    for (const auto& [second, value] : told_) {
      if (second < to && second >= from - 300) points.push_back({(kDay + second) * 1000, value});
    }
    const auto ms = [](double second) { return (kDay + static_cast<std::int64_t>(second)) * 1000; };
    return ApplyFunction(function, points, {}, {ms(from), ms(to), static_cast<std::int64_t>(step) * 1000});
  }
  void ExpectSame(double from, double to, double step, const std::string& when) {
    for (const SampleFunction function : {SampleFunction::kLast, SampleFunction::kMin, SampleFunction::kMax,
                                          SampleFunction::kMean, SampleFunction::kSum, SampleFunction::kRate}) {
      const auto expected = Expect(function, from, to, step);
      const auto found = Ask(function, from, to, step);
      const std::string what = absl::StrCat(when, ", function ", static_cast<int>(function), ", step ", step);
      ASSERT_EQ(found.size(), expected.size()) << what;
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i].time_ms, expected[i].time_ms) << what;
        ASSERT_NEAR(found[i].value, expected[i].value, 1e-9 * (1 + std::abs(expected[i].value)))
            << what << ", point " << i;
      }
    }
  }

  std::map<std::int64_t, double> told_;  // by second of the day
};

TEST_P(TierContract, SayWhatTheSamplesSaid) {
  SampleWriter writer(kMachine, 1);
  const auto m = writer.AddSeries("m", {});
  AddDescriptors(writer);
  Store(Minutes(writer, m, 0, 300));
  for (const double step : {60.0, 300.0, 3600.0}) ExpectSame(0, 18'000, step, "all samples are there");
  Expire({.raw = Second(86'400)});
  for (const double step : {300.0, 900.0, 3600.0, 7200.0}) ExpectSame(0, 18'000, step, "only five minutes");
  ExpectSame(3'600, 14'400, 1'200, "a part");
  const auto points = Ask(SampleFunction::kNone, 0, 1'000);
  ASSERT_EQ(points.size(), 3u) << "the last of each five minutes";
  EXPECT_EQ(points[1].time_ms, (kDay + 540) * 1000);
  EXPECT_EQ(points[1].value, static_cast<double>(Value(9)));
  Expire({.raw = Second(86'400), .five_minutes = Second(86'400)});
  for (const double step : {3600.0, 7200.0}) ExpectSame(0, 18'000, step, "only hours");
  EXPECT_EQ(Ask(SampleFunction::kNone, 0, 18'000).size(), 5u);
  EXPECT_EQ(Ask(SampleFunction::kLast, 0, 18'000, 60).size(), 5u) << "in the steps of their last samples";
  Expire({.raw = Second(86'400), .five_minutes = Second(86'400), .hours = Second(20 * 86'400)});
  EXPECT_THAT(Ask(SampleFunction::kNone, 0, 18'000), IsEmpty());
}

TEST_P(TierContract, CountLateSamplesOnceAndInTheirBuckets) {
  SampleWriter writer(kMachine, 1);
  const auto m = writer.AddSeries("m", {});
  AddDescriptors(writer);
  std::vector<BatchRecord> batches = Minutes(writer, m, 0, 400);
  // From the middle of a segment and of a bucket to another: what follows in that one waits for them.
  std::vector<BatchRecord> late(batches.begin() + 67, batches.begin() + 142);
  batches.erase(batches.begin() + 67, batches.begin() + 142);
  Store(batches);
  Store(late);
  for (const double step : {300.0, 3600.0}) ExpectSame(0, 24'000, step, "late ones in the log");
  std::vector<BatchRecord> more = Minutes(writer, m, 400, 200);
  Store(more);
  for (const double step : {300.0, 3600.0}) ExpectSame(0, 36'000, step, "late ones packed");
  Expire({.raw = Second(86'400)});
  for (const double step : {300.0, 3600.0}) ExpectSame(0, 36'000, step, "all expired");
}

TEST_P(TierContract, AddLateSamplesToWhatExpired) {
  SampleWriter writer(kMachine, 1);
  const auto m = writer.AddSeries("m", {});
  AddDescriptors(writer);
  std::vector<BatchRecord> batches = Minutes(writer, m, 0, 400);
  std::vector<BatchRecord> late(batches.begin() + 67, batches.begin() + 142);
  batches.erase(batches.begin() + 67, batches.begin() + 142);
  Store(batches);
  Expire({.raw = Second(3 * 3600)});
  Store(late);
  // These cannot be decoded without what they follow, or could not when they expired.
  for (int minute = 67; minute < 75; ++minute) told_.erase(60 * minute);
  for (int minute = 142; minute < 150; ++minute) told_.erase(60 * minute);
  ExpectSame(0, 24'000, 3600, "late ones in the log");
  ExpectSame(0, 24'000, 300, "late ones in the log");
  Expire({.raw = Second(86'400)});
  ExpectSame(0, 24'000, 3600, "late ones expired");
  ExpectSame(0, 24'000, 300, "late ones expired");
}

TEST_P(TierContract, KnowASeriesWhateverItsEpoch) {
  SampleWriter first(kMachine, 1);
  first.AddSeries("other", {});
  const auto a = first.AddSeries("m", {});
  AddDescriptors(first);
  Store(Minutes(first, a, 0, 122));
  SampleWriter second(kMachine, 2);
  const auto b = second.AddSeries("m", {}, 1, 1);
  AddDescriptors(second);
  Store(Minutes(second, b, 122, 100));
  SampleWriter third(kMachine, 3);
  const auto c = third.AddSeries("m", {}, 1, 2);  // in halves from now on
  AddDescriptors(third);
  for (int minute = 222; minute < 300; ++minute) {
    Store({third.Next(Second(60 * minute), {{c, 2 * Value(minute)}})});
    told_[60 * minute] = static_cast<double>(Value(minute));
  }
  ExpectSame(0, 18'000, 3'600, "samples");
  Expire({.raw = Second(86'400)});
  ExpectSame(0, 18'000, 300, "five minutes");
  ExpectSame(0, 18'000, 3'600, "hours");
}

TEST_P(TierContract, GoOnFromTheMachineBefore) {
  MachineRecord older = TestMachine(kOtherMachine, "alpha");
  older.state = MachineState::kRetired;
  older.continued_as = kMachine;
  PutMachine(older);
  SampleWriter before(kOtherMachine, 1);
  const auto a = before.AddSeries("m", {});
  AddDescriptors(before, kOtherMachine);
  Store(Minutes(before, a, 0, 90));
  SampleWriter after(kMachine, 1);  // the same epoch by chance
  const auto b = after.AddSeries("m", {});
  AddDescriptors(after);
  Store(Minutes(after, b, 90, 90));
  ExpectSame(0, 10'800, 3'600, "samples");
  EXPECT_EQ(Ask(SampleFunction::kNone, 0, 10'800).size(), 180u);
  EXPECT_EQ(Ask(SampleFunction::kNone, 0, 10'800, 0, kOtherMachine).size(), 90u);
  Expire({.raw = Second(86'400)});
  ExpectSame(0, 10'800, 300, "five minutes");
}

TEST_P(TierContract, SayTheSameHoweverBatchesComeAndGo) {
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    told_.clear();
    std::mt19937 random(seed);
    SampleWriter writer(kMachine, 100 + seed);
    const auto m = writer.AddSeries("m", {});
    AddDescriptors(writer);
    const int begin = 10'000 * static_cast<int>(seed);
    std::vector<std::vector<BatchRecord>> segments;
    for (int i = 0; i < 80; ++i) {
      segments.push_back(Minutes(writer, m, begin + 15 * i, 15));
      if (i > 0) std::swap(segments[i], segments[i - 1 - random() % std::min(i, 6)]);
    }
    std::map<std::int64_t, double> all;
    all.swap(told_);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      for (const BatchRecord& batch : segments[i]) {
        ASSERT_EQ(*Append(batch), AppendResult::kCommitted);
        const std::int64_t second = absl::ToUnixSeconds(batch.time) - kDay;
        told_[second] = all[second];
      }
      if (random() % 4 != 0) continue;
      const double now = 60.0 * begin + 900.0 * static_cast<double>(i);
      Expire({.raw = Second(now - 3'600.0 * (random() % 8))});
      const double from = 60.0 * begin - static_cast<double>(60 * begin % 86'400);
      ExpectSame(from, from + 2 * 86'400, 3'600, absl::StrCat("seed ", seed, ", after ", i, " segments"));
      ExpectSame(from, from + 2 * 86'400, 900, absl::StrCat("seed ", seed, ", after ", i, " segments"));
    }
    const double end = 60.0 * begin + 86'400;
    Expire({.raw = Second(end), .five_minutes = Second(60.0 * begin)});
    ExpectSame(60.0 * begin - 60 * begin % 3'600, end, 3'600, "at the end");
  }
}

INSTANTIATE_TEST_SUITE_P(Every, TierContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
