// Queries: what was appended comes back as series.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/collector/storage/sample_writer.h"
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SampleContract : public StorageContract {
 protected:
  void Store(const SampleWriter& writer, const std::vector<BatchRecord>& batches) {
    ASSERT_TRUE(Write([&](StorageTransaction& t) { return t.AddDescriptors(kMachine, writer.descriptors()); }).ok());
    for (const BatchRecord& batch : batches) ASSERT_EQ(*Append(batch), AppendResult::kCommitted) << batch.sequence;
  }
  absl::StatusOr<std::vector<SampleSeries>> Query(const std::string& metric, double from, double to,
                                                  std::vector<LabelMatch> labels = {}, std::size_t max = 1'000'000) {
    return Read([&](StorageReader& r) { return r.QuerySamples({kMachine, metric, labels, At(from), At(to), max}); });
  }
  absl::StatusOr<std::vector<SampleSeries>> Apply(SampleFunction function, double from, double to, double step,
                                                  std::size_t max = 1'000'000) {
    return Read([&](StorageReader& r) {
      return r.QuerySamples({kMachine, "m", {}, At(from), At(to), max, function, absl::Seconds(step)});
    });
  }
  // "{a=1} 0:5 15:7" for each series, times in seconds.
  std::vector<std::string> Text(const absl::StatusOr<std::vector<SampleSeries>>& series) {
    EXPECT_TRUE(series.ok()) << series.status();
    std::vector<std::string> result;
    for (const SampleSeries& one : series.value_or(std::vector<SampleSeries>())) {
      std::string text = "{";
      for (const auto& [name, value] : one.labels) absl::StrAppend(&text, name, "=", value);
      text += "}";
      for (const SamplePoint& point : one.points) {
        absl::StrAppend(&text, " ", (point.time_ms - absl::ToUnixMillis(At(0))) / 1000, ":", point.value);
      }
      result.push_back(text);
    }
    return result;
  }
};

TEST_P(SampleContract, GivesAHalfOpenRangeInRealUnits) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto load = writer.AddSeries("node_load1", {}, 1, 100);
  Store(writer,
        {writer.Next(At(0), {{load, 150}}), writer.Next(At(15), {{load, 150}}), writer.Next(At(30), {{load, -25}})});
  EXPECT_THAT(Text(Query("node_load1", 0, 30)), ElementsAre("{} 0:1.5 15:1.5"));
  EXPECT_THAT(Text(Query("node_load1", 15, 31)), ElementsAre("{} 15:1.5 30:-0.25"));
  EXPECT_THAT(Text(Query("node_load1", 29.9995, 30.0005)), ElementsAre("{} 30:-0.25"));
  EXPECT_THAT(Text(Query("node_load1", 16, 30)), IsEmpty());
  EXPECT_THAT(Text(Query("node_load5", 0, 30)), IsEmpty());
}

TEST_P(SampleContract, SelectsSeriesByLabels) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto a = writer.AddSeries("m", {{"cpu", "0"}, {"mode", "idle"}});
  const auto b = writer.AddSeries("m", {{"cpu", "1"}, {"mode", "idle"}});
  const auto c = writer.AddSeries("m", {{"cpu", "1"}, {"mode", "user"}}, 2);
  Store(writer, {writer.Next(At(0), {{a, 1}, {b, 2}, {c, 3}})});
  EXPECT_THAT(Text(Query("m", 0, 9, {{"cpu", "1"}})), ElementsAre("{cpu=1mode=idle} 0:2", "{cpu=1mode=user} 0:3"));
  EXPECT_THAT(Text(Query("m", 0, 9, {{"mode", "idle"}, {"cpu", "0"}})), ElementsAre("{cpu=0mode=idle} 0:1"));
  EXPECT_THAT(Text(Query("m", 0, 9, {{"mode", "nice"}})), IsEmpty());
  EXPECT_THAT(Text(Query("m", 0, 9, {{"absent", ""}})), testing::SizeIs(3));
}

TEST_P(SampleContract, SelectsSeriesByOperators) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto a = writer.AddSeries("m", {{"device", "sda"}});
  const auto b = writer.AddSeries("m", {{"device", "sdb1"}});
  const auto c = writer.AddSeries("m", {});
  Store(writer, {writer.Next(At(0), {{a, 1}, {b, 2}, {c, 3}})});
  const auto query = [&](LabelOperator op, const std::string& value) {
    return Text(Query("m", 0, 9, {{"device", value, op}}));
  };
  EXPECT_THAT(query(LabelOperator::kNotEqual, "sda"), ElementsAre("{} 0:3", "{device=sdb1} 0:2"));
  EXPECT_THAT(query(LabelOperator::kNotEqual, ""), ElementsAre("{device=sda} 0:1", "{device=sdb1} 0:2"));
  EXPECT_THAT(query(LabelOperator::kMatches, "sd[ab]"), ElementsAre("{device=sda} 0:1"));
  EXPECT_THAT(query(LabelOperator::kMatches, "sd.*"), ElementsAre("{device=sda} 0:1", "{device=sdb1} 0:2"));
  EXPECT_THAT(query(LabelOperator::kMatchesNot, "sd.*|x"), ElementsAre("{} 0:3"));
  const absl::Status wrong = Query("m", 0, 9, {{"device", "sd(", LabelOperator::kMatches}}).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(wrong.message()), testing::HasSubstr("\"sd(\", for the label device"));
}

TEST_P(SampleContract, MakesOnePointAStep) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto m = writer.AddSeries("m", {});
  std::vector<BatchRecord> batches;
  for (int i = 0; i < 12; ++i) batches.push_back(writer.Next(At(15 * i), {{m, i * 30}}));  // 2 a second
  Store(writer, batches);
  EXPECT_THAT(Text(Apply(SampleFunction::kLast, 0, 120, 60)), ElementsAre("{} 0:90 60:210"));
  EXPECT_THAT(Text(Apply(SampleFunction::kMax, 0, 100, 0)), ElementsAre("{} 0:180"));
  EXPECT_THAT(Text(Apply(SampleFunction::kRate, 60, 180, 60)), ElementsAre("{} 60:2 120:2"));
  EXPECT_THAT(Text(Apply(SampleFunction::kRate, 180, 240, 60)), IsEmpty()) << "the samples before count for no step";
  EXPECT_EQ(Apply(SampleFunction::kNone, 0, 120, 60).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Apply(SampleFunction::kSum, 0, 11'001, 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Apply(SampleFunction::kSum, 0, 180, 60, 3).ok());
  EXPECT_EQ(Apply(SampleFunction::kSum, 0, 180, 60, 2).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_P(SampleContract, LeavesOutWhatWasNotSampledOrHasEnded) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto fast = writer.AddSeries("fast", {}, 1);
  const auto slow = writer.AddSeries("slow", {}, 2);
  const auto ends = writer.AddSeries("ends", {}, 1);
  Store(writer, {writer.Next(At(0), {{fast, 1}, {slow, 2}, {ends, 3}}), writer.Next(At(15), {{fast, 1}}),
                 writer.Next(At(30), {{fast, 1}, {slow, 2}})});
  EXPECT_THAT(Text(Query("fast", 0, 99)), ElementsAre("{} 0:1 15:1 30:1"));
  EXPECT_THAT(Text(Query("slow", 0, 99)), ElementsAre("{} 0:2 30:2"));
  EXPECT_THAT(Text(Query("ends", 0, 99)), ElementsAre("{} 0:3"));
}

TEST_P(SampleContract, JoinsASeriesAcrossSegmentsAndEpochs) {
  PutMachine();
  SampleWriter first(kMachine, 1);
  const auto other = first.AddSeries("other", {});
  const auto a = first.AddSeries("m", {{"x", "1"}});
  std::vector<BatchRecord> batches;
  batches.push_back(first.Next(At(0), {{other, 7}, {a, 1}}));
  first.CutSegment();
  batches.push_back(first.Next(At(15), {{other, 7}, {a, 2}}));
  batches.push_back(first.Next(At(30), {{other, 7}, {a, 3}}));
  SampleWriter second(kMachine, 2);  // restarted: other ids
  const auto b = second.AddSeries("m", {{"x", "1"}});
  const auto c = second.AddSeries("m", {{"x", "2"}});
  std::vector<BatchRecord> after{second.Next(At(45), {{b, 4}, {c, 9}})};
  Store(second, after);  // the newest first
  Store(first, batches);
  EXPECT_THAT(Text(Query("m", 0, 99)), ElementsAre("{x=1} 0:1 15:2 30:3 45:4", "{x=2} 45:9"));
  EXPECT_THAT(Text(Query("m", 30, 99)), ElementsAre("{x=1} 30:3 45:4", "{x=2} 45:9"));
}

TEST_P(SampleContract, WaitsForTheMissingBatchOfASegment) {
  PutMachine();
  SampleWriter writer(kMachine, 1);
  const auto m = writer.AddSeries("m", {});
  std::vector<BatchRecord> batches;
  for (int i = 0; i < 5; ++i) batches.push_back(writer.Next(At(15 * i), {{m, i * 10}}));
  const BatchRecord late = batches[2];
  batches.erase(batches.begin() + 2);
  Store(writer, batches);
  EXPECT_THAT(Text(Query("m", 0, 99)), ElementsAre("{} 0:0 15:10"));
  ASSERT_EQ(*Append(late), AppendResult::kCommitted);
  EXPECT_THAT(Text(Query("m", 0, 99)), ElementsAre("{} 0:0 15:10 30:20 45:30 60:40"));
  EXPECT_THAT(Text(Query("m", 45, 46)), ElementsAre("{} 45:30"));
}

TEST_P(SampleContract, AnswersTheSameHoweverTheBatchesCameIn) {
  PutMachine();
  SampleWriter writer(kMachine, 3);
  const auto m = writer.AddSeries("m", {});
  std::vector<std::vector<BatchRecord>> segments;  // 8 h, of 15 min each
  for (int i = 0; i < 8 * 240; ++i) {
    if (i % 60 == 0) {
      writer.CutSegment();
      segments.emplace_back();
    }
    segments.back().push_back(writer.Next(At(15 * i), {{m, i * i}}));
  }
  // Newest segment first, one cut off in the middle and sent on at the end.
  std::reverse(segments.begin(), segments.end());
  std::vector<BatchRecord> order;
  std::vector<BatchRecord> tail(segments[20].begin() + 31, segments[20].end());
  segments[20].resize(31);
  for (const auto& segment : segments) order.insert(order.end(), segment.begin(), segment.end());
  order.insert(order.end(), tail.begin(), tail.end());
  Store(writer, order);
  const auto series = Query("m", 0, 15 * 1920);
  ASSERT_EQ(series->size(), 1u);
  ASSERT_EQ(series->front().points.size(), 1920u);
  for (int i = 0; i < 1920; ++i) {
    const SamplePoint& point = series->front().points[static_cast<std::size_t>(i)];
    ASSERT_EQ(point.time_ms, absl::ToUnixMillis(At(15 * i)));
    ASSERT_EQ(point.value, i * i);
  }
  EXPECT_EQ(Query("m", 15 * 700, 15 * 710)->front().points.size(), 10u);
}

TEST_P(SampleContract, SaysWhatIsWrongWithAQuestion) {
  EXPECT_EQ(Query("m", 0, 1).status().code(), absl::StatusCode::kNotFound);
  PutMachine();
  EXPECT_EQ(Query("", 0, 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Query("m", 1, 1).status().code(), absl::StatusCode::kInvalidArgument);
  SampleWriter writer(kMachine, 1);
  const auto m = writer.AddSeries("m", {});
  Store(writer, {writer.Next(At(0), {{m, 1}}), writer.Next(At(15), {{m, 1}})});
  EXPECT_TRUE(Query("m", 0, 99, {}, 2).ok());
  const absl::Status status = Query("m", 0, 99, {}, 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("shorter range"));
}

INSTANTIATE_TEST_SUITE_P(Every, SampleContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
