#include "collector/remote_write/write_request.h"

#include <bit>
#include <cmath>
#include <limits>

#include "collector/remote_write/outgoing.h"
#include "collector/remote_write/series_labels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/remote_write.pb.h"
#include "snappy.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// As a receiver reads it: Prometheus' own message.
::prometheus::WriteRequest Read(const std::string& bytes) {
  std::string plain;
  EXPECT_TRUE(snappy::Uncompress(bytes.data(), bytes.size(), &plain));
  ::prometheus::WriteRequest request;
  EXPECT_TRUE(request.ParseFromString(plain));
  return request;
}

std::vector<std::pair<std::string, std::string>> LabelPairs(const ::prometheus::TimeSeries& series) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const ::prometheus::Label& label : series.labels()) pairs.emplace_back(label.name(), label.value());
  return pairs;
}

v1::SeriesDescriptor Series(const std::string& metric, const std::vector<std::pair<std::string, std::string>>& labels) {
  v1::SeriesDescriptor series;
  series.set_metric(metric);
  for (const auto& [name, value] : labels) {
    v1::Label* label = series.add_labels();
    label->set_name(name);
    label->set_value(value);
  }
  return series;
}

const MachineLabels kMachine = {"ws-1", "0b5e", "Head office", "laptop"};

TEST(SeriesLabels, AreThoseOfAScrapeSorted) {
  std::string request;
  AppendSeriesField(
      SeriesLabels(kMachine, Series("node_cpu_seconds_total", {{"Zone", "a"}, {"cpu", "0"}, {"mode", "idle"}})), {},
      request);
  EXPECT_THAT(LabelPairs(Read(SnappyCompressed(request)).timeseries(0)),
              ElementsAre(Pair("Zone", "a"), Pair("__name__", "node_cpu_seconds_total"), Pair("class", "laptop"),
                          Pair("cpu", "0"), Pair("instance", "ws-1"), Pair("job", "node"), Pair("machine", "0b5e"),
                          Pair("mode", "idle"), Pair("site", "Head office")));
}

TEST(SeriesLabels, OfTheMachineWinAndEmptyOnesAreLeftOut) {
  std::string request;
  const MachineLabels machine = {"ws-1", "0b5e", "", "laptop"};
  AppendSeriesField(SeriesLabels(machine, Series("m", {{"empty", ""}, {"job", "backup"}, {"machine", "another"}})), {},
                    request);
  EXPECT_THAT(LabelPairs(Read(SnappyCompressed(request)).timeseries(0)),
              ElementsAre(Pair("__name__", "m"), Pair("class", "laptop"), Pair("instance", "ws-1"),
                          Pair("job", "backup"), Pair("machine", "0b5e")));
}

TEST(SeriesLabels, OfARetiredMachineNameItsHost) {
  MachineRecord machine;
  machine.id = "0b5e";
  machine.host_name = "ws-1";
  EXPECT_EQ(LabelsOf(machine).instance, "ws-1");
  machine.instance = "ws-1-0b5e";
  EXPECT_EQ(LabelsOf(machine).instance, "ws-1-0b5e");
}

TEST(WriteRequest, CarriesEveryValueAndTime) {
  const std::vector<WritePoint> points = {
      {-1, 0.0},
      {0, -0.0},
      {1'772'438'400'123, 1.0 / 3},
      {1'772'438'400'124, std::numeric_limits<double>::infinity()},
      {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<double>::denorm_min()}};
  std::string labels, request;
  AppendLabelField("__name__", "m", labels);
  AppendSeriesField(labels, points, request);
  const ::prometheus::WriteRequest read = Read(SnappyCompressed(request));
  ASSERT_EQ(read.timeseries_size(), 1);
  ASSERT_EQ(read.timeseries(0).samples_size(), static_cast<int>(points.size()));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const ::prometheus::Sample& sample = read.timeseries(0).samples(static_cast<int>(i));
    EXPECT_EQ(sample.timestamp(), points[i].time_ms);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(sample.value()), std::bit_cast<std::uint64_t>(points[i].value));
  }
}

TEST(WriteRequest, OnlyTheMarkerEndsASeries) {
  std::string request;
  AppendSeriesField("", std::vector<WritePoint>{{1, StalenessMarker()}, {2, -std::nan("7")}}, request);
  const ::prometheus::WriteRequest read = Read(SnappyCompressed(request));
  const ::prometheus::TimeSeries& series = read.timeseries(0);
  EXPECT_TRUE(IsStalenessMarker(series.samples(0).value()));
  EXPECT_TRUE(std::isnan(series.samples(1).value()));
  EXPECT_FALSE(IsStalenessMarker(series.samples(1).value()));
}

TEST(WriteRequest, SaysWhatAMetricMeans) {
  std::string request;
  AppendMetadataField("m_total", v1::METRIC_TYPE_COUNTER, "What it counts.", request);
  AppendMetadataField("n", v1::METRIC_TYPE_UNTYPED, "", request);
  const ::prometheus::WriteRequest read = Read(SnappyCompressed(request));
  ASSERT_EQ(read.metadata_size(), 2);
  EXPECT_EQ(read.metadata(0).type(), ::prometheus::MetricMetadata::COUNTER);
  EXPECT_EQ(read.metadata(0).metric_family_name(), "m_total");
  EXPECT_EQ(read.metadata(0).help(), "What it counts.");
  EXPECT_EQ(read.metadata(1).type(), ::prometheus::MetricMetadata::UNKNOWN);
}

TEST(Outgoing, PutsASeriesTogetherAndInOrder) {
  Outgoing outgoing;
  const std::uint32_t machine = outgoing.Machine("0b5e");
  const std::uint32_t a = outgoing.Series(SeriesLabels(kMachine, Series("a", {})));
  const std::uint32_t b = outgoing.Series(SeriesLabels(kMachine, Series("b", {})));
  EXPECT_EQ(outgoing.Series(SeriesLabels(kMachine, Series("a", {}))), a);
  for (const std::int64_t time : {3, 1, 2}) {
    outgoing.Add(machine, a, time, static_cast<double>(time));
    outgoing.Add(machine, b, time, 0);
  }
  outgoing.AddMetadata(Series("a", {}));
  outgoing.Sort();
  const ::prometheus::WriteRequest read = Read(SnappyCompressed(outgoing.Request({0, outgoing.size()}, true)));
  ASSERT_EQ(read.timeseries_size(), 2);
  ASSERT_EQ(read.timeseries(0).samples_size(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read.timeseries(0).samples(i).timestamp(), i + 1);
  EXPECT_EQ(read.metadata_size(), 1);
  EXPECT_EQ(Read(SnappyCompressed(outgoing.Request({0, outgoing.size()}, true))).metadata_size(), 0)
      << "once is enough";
}

TEST(Outgoing, ASampleWinsOverTheMarkerOfItsTime) {
  Outgoing outgoing;
  const std::uint32_t machine = outgoing.Machine("0b5e");
  const std::uint32_t series = outgoing.Series("");
  outgoing.Add(machine, series, 1, 5);
  outgoing.Add(machine, series, 1, StalenessMarker());
  outgoing.Add(machine, series, 2, StalenessMarker());
  outgoing.Add(machine, series, 2, 6);
  outgoing.Sort();
  ASSERT_EQ(outgoing.size(), 2U);
  EXPECT_EQ(outgoing.at(0).value, 5);
  EXPECT_EQ(outgoing.at(1).value, 6);
}

}  // namespace
}  // namespace steward::collector
