// What our writer of samples prints is what protobuf's mapping means: protobuf reads the same message back.
#include "collector/api/samples_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"

namespace steward::collector {
namespace {

using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageDifferencer;

v1::SampleSeries& AddSeries(v1::QuerySamplesResponse& response, const std::string& metric) {
  v1::SampleSeries& series = *response.add_series();
  series.set_metric(metric);
  return series;
}

void AddPoint(v1::SampleSeries& series, std::int64_t seconds, int nanos, double value) {
  v1::SamplePoint& point = *series.add_points();
  point.mutable_time()->set_seconds(seconds);
  point.mutable_time()->set_nanos(nanos);
  point.set_value(value);
}

void ExpectReadBack(const v1::QuerySamplesResponse& response) {
  const std::string text = SamplesJson(response);
  v1::QuerySamplesResponse again;
  const auto read = JsonStringToMessage(text, &again);
  ASSERT_TRUE(read.ok()) << read.ToString() << "\n" << text;
  MessageDifferencer difference;
  std::string what;
  difference.ReportDifferencesToString(&what);
  difference.set_float_comparison(MessageDifferencer::EXACT);
  EXPECT_TRUE(difference.Compare(response, again)) << what << "\n" << text;
}

TEST(SamplesJson, IsTextAsProtobufWritesIt) {
  v1::QuerySamplesResponse response;
  v1::SampleSeries& series = AddSeries(response, "node_load1");
  (*series.mutable_labels())["b"] = "2";
  (*series.mutable_labels())["a"] = "1";
  AddPoint(series, 1'700'000'000, 0, 0.25);
  AddPoint(series, 1'700'000'015, 7'000'000, 0);
  EXPECT_EQ(SamplesJson(response),
            R"({"series":[{"metric":"node_load1","labels":{"a":"1","b":"2"},"points":[)"
            R"({"time":"2023-11-14T22:13:20Z","value":0.25},{"time":"2023-11-14T22:13:35.007Z","value":0}]}]})");
}

TEST(SamplesJson, AnEmptyAnswerSaysSo) { EXPECT_EQ(SamplesJson({}), R"({"series":[]})"); }

TEST(SamplesJson, OddTextTimesAndNumbersAreReadBack) {
  v1::QuerySamplesResponse response;
  v1::SampleSeries& series = AddSeries(response, "quote\" backslash\\ line\n tab\t nul\x01 umlaut \xc3\xa4");
  (*series.mutable_labels())["na\"me"] = "va\\lue\x7f";
  for (const double value : {1e300, -1e-300, 5e-324, 9.2e18, 0.1, 1.0 / 3, 123456789012345678.0,
                             std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    AddPoint(series, 0, 0, value);
  }
  for (const std::int64_t second : {-62'135'596'800LL, -1LL, 0LL, 86'399LL, 86'400LL, 951'782'400LL, 253'402'300'799LL}) {
    for (const int nanos : {0, 1'000'000, 1'000, 1, 999'999'999}) AddPoint(series, second, nanos, 1);
  }
  AddSeries(response, "no_points");
  ExpectReadBack(response);
}

TEST(SamplesJson, NoNumberIsTold) {
  v1::QuerySamplesResponse response;
  AddPoint(AddSeries(response, "x"), 0, 0, std::nan(""));
  EXPECT_NE(SamplesJson(response).find(R"("value":"NaN")"), std::string::npos);
}

TEST(SamplesJson, EveryNumberIsReadBackExactly) {
  std::mt19937_64 random(7);
  v1::QuerySamplesResponse response;
  v1::SampleSeries& series = AddSeries(response, "bits");
  while (series.points_size() < 2'000) {
    const std::uint64_t bits = random();
    double value = 0;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) AddPoint(series, static_cast<std::int64_t>(random() % 4'000'000'000), static_cast<int>(random() % 1000) * 1'000'000, value);
  }
  ExpectReadBack(response);
}

}  // namespace
}  // namespace steward::collector
