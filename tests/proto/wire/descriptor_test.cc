// Protects: only well-formed descriptors get in, and an id never changes its meaning.
#include "proto/wire/descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steward::wire {
namespace {

v1::SeriesDescriptor Good() {
  v1::SeriesDescriptor series;
  series.set_id(1);
  series.set_group(1);
  series.set_metric("node_cpu_seconds_total");
  v1::Label& label = *series.add_labels();
  label.set_name("cpu");
  label.set_value("0");
  series.set_type(v1::METRIC_TYPE_COUNTER);
  series.set_kind(v1::VALUE_KIND_INTEGER);
  series.set_scale_denominator(100);
  return series;
}

TEST(CheckDescriptor, TakesAGoodOneAndNamesWhatIsWrongWithOthers) {
  EXPECT_EQ(CheckDescriptor(Good()), absl::OkStatus());
  using Spoil = void (*)(v1::SeriesDescriptor&);
  const std::vector<std::pair<Spoil, const char*>> cases = {
      {[](auto& s) { s.set_id(0); }, "id"},
      {[](auto& s) { s.set_id(kSeriesIdMax + 1); }, "id"},
      {[](auto& s) { s.set_group(0); }, "group"},
      {[](auto& s) { s.set_metric("1x"); }, "metric name"},
      {[](auto& s) { s.set_metric("a\nb"); }, "metric name"},
      {[](auto& s) { s.set_metric(""); }, "metric name"},
      {[](auto& s) { s.mutable_labels(0)->set_name("a:b"); }, "label name"},
      {[](auto& s) { s.mutable_labels(0)->set_value("\xff"); }, "UTF-8"},
      {[](auto& s) { s.mutable_labels(0)->set_value(std::string(kLabelValueBytesMax + 1, 'x')); }, "longer"},
      {[](auto& s) { s.add_labels()->set_name("cpu"); }, "sorted"},
      {[](auto& s) { s.add_labels()->set_name("aaa"); }, "sorted"},
      {[](auto& s) { s.set_type(v1::METRIC_TYPE_UNSPECIFIED); }, "type"},
      {[](auto& s) { s.set_kind(v1::VALUE_KIND_UNSPECIFIED); }, "kind"},
      {[](auto& s) { s.set_scale_denominator(-1); }, "denominator"},
      {[](auto& s) { s.set_help("\xc0\x80"); }, "help"},
  };
  for (const auto& [spoil, word] : cases) {
    v1::SeriesDescriptor series = Good();
    spoil(series);
    const absl::Status status = CheckDescriptor(series);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << word;
    EXPECT_THAT(status.message(), testing::HasSubstr(word));
  }
}

TEST(DescriptorTable, AcceptsTheSameAgainAndRefusesAnotherMeaning) {
  DescriptorTable table;
  v1::DescriptorSet set;
  *set.add_series() = Good();
  ASSERT_TRUE(table.Add(set).ok());
  EXPECT_TRUE(table.Add(set).ok());
  EXPECT_EQ(table.series_count(), 1u);
  set.mutable_series(0)->set_metric("node_other_total");
  v1::SeriesDescriptor& fresh = *set.add_series();
  fresh = Good();
  fresh.set_id(2);
  EXPECT_FALSE(table.Add(set).ok());
  EXPECT_EQ(table.Series(2), nullptr) << "all or nothing";
}

TEST(ScaledValue, DividesAndMultipliesAsTheSourceMeansIt) {
  v1::SeriesDescriptor series = Good();
  EXPECT_EQ(ScaledValue(series, 12345), 123.45);
  series.set_scale_numerator(512);
  series.set_scale_denominator(0);
  EXPECT_EQ(ScaledValue(series, 3), 1536.0);
  series.set_kind(v1::VALUE_KIND_DOUBLE);
  EXPECT_EQ(ScaledValue(series, RawFromDouble(0.1)), 0.1);
}

TEST(EscapedUtf8, KeepsTextAndShowsOtherBytes) {
  EXPECT_EQ(EscapedUtf8("M\xc3\xbcller", 100), "M\xc3\xbcller");
  EXPECT_EQ(EscapedUtf8("a\xff" "b", 100), "a\\xFFb");
  EXPECT_EQ(EscapedUtf8("\xed\xa0\x80", 100), "\\xED\\xA0\\x80") << "a surrogate";
  EXPECT_EQ(EscapedUtf8("\xc0\xaf", 100), "\\xC0\\xAF") << "an overlong form";
  EXPECT_EQ(EscapedUtf8("ab\xc3\xbc", 3), "ab") << "cut at a character";
  EXPECT_TRUE(IsUtf8(EscapedUtf8(std::string_view("\0\x80\xf4\x90\x80\x80", 6), 100)));
}

}  // namespace
}  // namespace steward::wire
