#include "agent/sampler.h"

#include <functional>

#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/descriptor.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Metric kBytes{"test_bytes", "Bytes.", MetricType::kCounter, 512, 1};
constexpr Metric kOther{"test_other", "Other."};
constexpr Metric kRatio{"test_ratio", "Ratio.", MetricType::kGauge, 1, 1, ValueKind::kDouble};
constexpr Metric kBadName{"test bad", "Bad."};

class FakeProbe final : public Probe {
 public:
  FakeProbe(std::string name, std::function<absl::Status(SampleSink&)> collect, absl::Duration interval_min = absl::ZeroDuration())
      : name_(std::move(name)), collect_(std::move(collect)), interval_min_(interval_min) {}
  std::string_view name() const override { return name_; }
  absl::Duration interval_min() const override { return interval_min_; }
  absl::Status Collect(SampleSink& sink) override { return collect_(sink); }

 private:
  const std::string name_;
  const std::function<absl::Status(SampleSink&)> collect_;
  const absl::Duration interval_min_;
};

class SamplerTest : public testing::Test {
 protected:
  void Make(std::function<absl::Status(SampleSink&)> collect, absl::Duration interval_min = absl::ZeroDuration(), std::size_t limit = 1000) {
    probes_.push_back(std::make_unique<FakeProbe>("probe" + std::to_string(probes_.size() + 1), std::move(collect), interval_min));
    limit_ = limit;
  }
  Sampled Sample() {
    if (!sampler_) sampler_ = std::make_unique<Sampler>(clock_, std::move(probes_), limit_);
    clock_.Advance(absl::Seconds(15));
    return sampler_->Sample();
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::vector<std::unique_ptr<Probe>> probes_;
  std::size_t limit_ = 1000;
  std::unique_ptr<Sampler> sampler_;
};

TEST_F(SamplerTest, SeriesAreDeclaredOnceAndKeepTheirNumber) {
  std::int64_t value = 1;
  Make([&](SampleSink& sink) {
    sink.Add(kBytes, {{"device", "sda"}}, value);
    sink.Add(kBytes, {{"device", "sdb"}}, value + 1);
    return absl::OkStatus();
  });
  const Sampled first = Sample();
  ASSERT_EQ(first.descriptors.series_size(), 2);
  EXPECT_EQ(first.descriptors.groups(0).name(), "probe1");
  EXPECT_EQ(first.descriptors.groups(0).interval_ms(), 15'000u);
  EXPECT_EQ(first.descriptors.series(0).scale_numerator(), 512);
  EXPECT_EQ(first.descriptors.series(0).help(), "Bytes.");
  EXPECT_EQ(first.descriptors.series(1).help(), "") << "once a metric is enough";
  wire::DescriptorTable table;
  EXPECT_TRUE(table.Add(first.descriptors).ok());
  value = 10;
  const Sampled second = Sample();
  EXPECT_EQ(second.descriptors.series_size(), 0);
  EXPECT_EQ(second.descriptors.groups_size(), 0);
  EXPECT_THAT(second.batch.groups[0].values, ElementsAre(wire::SeriesValue{1, 10}, wire::SeriesValue{2, 11}));
  EXPECT_EQ(second.batch.boot_ms - first.batch.boot_ms, 15'000);
}

TEST_F(SamplerTest, AnotherOrderAndNewOnesInBetweenStayAscending) {
  int round = 0;
  Make([&](SampleSink& sink) {
    if (round++ == 0) {
      sink.Add(kBytes, {{"device", "b"}}, 1);
      sink.Add(kBytes, {{"device", "c"}}, 2);
    } else {
      sink.Add(kBytes, {{"device", "a"}}, 3);
      sink.Add(kBytes, {{"device", "c"}}, 4);
      sink.Add(kBytes, {{"device", "b"}}, 5);
    }
    return absl::OkStatus();
  });
  Sample();
  EXPECT_THAT(Sample().batch.groups[0].values,
              ElementsAre(wire::SeriesValue{1, 5}, wire::SeriesValue{2, 4}, wire::SeriesValue{3, 3}));
}

TEST_F(SamplerTest, NamesThatAreNotUtf8AreEscapedAndStayOneSeries) {
  Make([&](SampleSink& sink) {
    sink.Add(kBytes, {{"device", "bad\xff" "name"}}, 1);
    return absl::OkStatus();
  });
  const Sampled first = Sample();
  ASSERT_EQ(first.descriptors.series_size(), 1);
  EXPECT_EQ(first.descriptors.series(0).labels(0).value(), "bad\\xFFname");
  EXPECT_EQ(Sample().descriptors.series_size(), 0);
}

TEST_F(SamplerTest, WhatCannotBeASeriesIsCountedAndHarmsNothingElse) {
  Make([&](SampleSink& sink) {
    sink.Add(kBadName, {}, 1);
    sink.Add(kOther, {}, 2);
    sink.Add(kOther, {}, 3);
    return absl::OkStatus();
  });
  EXPECT_THAT(Sample().batch.groups[0].values, ElementsAre(wire::SeriesValue{1, 2}));
  EXPECT_EQ(sampler_->counters().invalid, 1u);
  EXPECT_EQ(sampler_->counters().duplicate, 1u);
}

TEST_F(SamplerTest, ASeriesBelongsToTheProbeThatHadItFirst) {
  const auto collect = [](SampleSink& sink) {
    sink.Add(kOther, {}, 1);
    return absl::OkStatus();
  };
  Make(collect);
  Make(collect);
  const Sampled sampled = Sample();
  ASSERT_THAT(sampled.batch.groups, SizeIs(2));
  EXPECT_THAT(sampled.batch.groups[0].values, SizeIs(1));
  EXPECT_THAT(sampled.batch.groups[1].values, IsEmpty());
  EXPECT_EQ(sampler_->counters().invalid, 1u);
}

TEST_F(SamplerTest, ValuesBeyondSixtyFourBitsSaturateAndDoublesKeepTheirBits) {
  Make([&](SampleSink& sink) {
    sink.AddUnsigned(kBytes, {}, UINT64_MAX);
    sink.AddDouble(kRatio, {}, 0.1);
    return absl::OkStatus();
  });
  const Sampled sampled = Sample();
  EXPECT_EQ(sampled.batch.groups[0].values[0].value, INT64_MAX);
  EXPECT_EQ(wire::DoubleFromRaw(sampled.batch.groups[0].values[1].value), 0.1);
  EXPECT_EQ(sampler_->counters().saturated, 1u);
}

TEST_F(SamplerTest, AFailureLeavesTheGroupOutAndIsShown) {
  absl::Status status;
  Make([&](SampleSink& sink) {
    sink.Add(kOther, {}, 1);
    return status;
  });
  EXPECT_THAT(Sample().batch.groups, SizeIs(1));
  status = absl::PermissionDeniedError("/proc/x: permission denied");
  EXPECT_THAT(Sample().batch.groups, IsEmpty());
  EXPECT_EQ(sampler_->health()[0].error, "/proc/x: permission denied");
  EXPECT_EQ(sampler_->health()[0].failures, 1u);
  status = absl::OkStatus();
  EXPECT_THAT(Sample().batch.groups, SizeIs(1));
  EXPECT_EQ(sampler_->health()[0].error, "");
}

TEST_F(SamplerTest, ASourceThatVanishesEndsItsSeriesOnce) {
  absl::Status status;
  Make([&](SampleSink& sink) {
    sink.Add(kOther, {}, 1);
    return status;
  });
  Sample();
  status = absl::NotFoundError("no such source");
  const Sampled ended = Sample();
  ASSERT_THAT(ended.batch.groups, SizeIs(1));
  EXPECT_THAT(ended.batch.groups[0].values, IsEmpty());
  EXPECT_THAT(Sample().batch.groups, IsEmpty());
  EXPECT_TRUE(sampler_->health()[0].absent);
}

// What an earlier run reported is gone then; a source that was not asked or does not answer has said nothing.
TEST_F(SamplerTest, AProbeThatFindsNothingSaysSoOnceAnEpoch) {
  Make([](SampleSink&) { return absl::OkStatus(); });
  Make([](SampleSink&) { return absl::NotFoundError("no such source"); });
  Make([](SampleSink&) { return absl::PermissionDeniedError("/proc/x"); });
  const Sampled first = Sample();
  EXPECT_THAT(first.batch.groups, SizeIs(2));
  EXPECT_EQ(first.descriptors.groups_size(), 2);
  EXPECT_THAT(Sample().batch.groups, IsEmpty());
  sampler_->StartEpoch();
  EXPECT_THAT(Sample().batch.groups, SizeIs(2));
}

TEST_F(SamplerTest, OverTheLimitTheLastAreDroppedAndCounted) {
  const auto three = [](const Metric& metric) {
    return [&metric](SampleSink& sink) {
      for (const char* device : {"a", "b", "c"}) sink.Add(metric, {{"device", device}}, 1);
      return absl::OkStatus();
    };
  };
  Make(three(kBytes));
  Make(three(kOther), absl::ZeroDuration(), 4);
  const Sampled sampled = Sample();
  EXPECT_THAT(sampled.batch.groups[0].values, SizeIs(3));
  EXPECT_THAT(sampled.batch.groups[1].values, SizeIs(1));
  EXPECT_EQ(sampler_->counters().over_limit, 2u);
}

TEST_F(SamplerTest, SlowProbesAreReadAtTheirOwnPaceAndPolicyChangesIt) {
  int reads = 0;
  Make([&](SampleSink& sink) {
    ++reads;
    sink.Add(kOther, {}, 1);
    return absl::OkStatus();
  }, absl::Seconds(60));
  const Sampled first = Sample();
  EXPECT_EQ(first.descriptors.groups(0).interval_ms(), 60'000u);
  for (int i = 0; i < 3; ++i) Sample();
  EXPECT_EQ(reads, 1);
  Sample();
  EXPECT_EQ(reads, 2);
  sampler_->SetPolicy(absl::Seconds(50), {});
  sampler_->StartEpoch();
  clock_.Advance(absl::Seconds(85));
  EXPECT_EQ(Sample().descriptors.groups(0).interval_ms(), 100'000u) << "whole cycles";
  sampler_->SetPolicy(absl::Seconds(50), {"probe1"});
  clock_.Advance(absl::Seconds(1000));
  EXPECT_THAT(Sample().batch.groups, IsEmpty());
}

// The collector forgets the former epoch's series: a slow group must not be missing until its turn comes.
TEST_F(SamplerTest, AnEpochBeginsWithEveryGroup) {
  const auto give = [](const Metric& metric) {
    return [&metric](SampleSink& sink) {
      sink.Add(metric, {}, 1);
      return absl::OkStatus();
    };
  };
  Make(give(kOther));
  Make(give(kBytes), absl::Minutes(1));
  EXPECT_THAT(Sample().batch.groups, SizeIs(2));
  EXPECT_THAT(Sample().batch.groups, SizeIs(1));
  sampler_->StartEpoch();
  EXPECT_THAT(Sample().batch.groups, SizeIs(2));
}

TEST_F(SamplerTest, SeriesThatComeAndGoAskForANewEpoch) {
  int round = 0;
  Make([&](SampleSink& sink) {
    ++round;
    for (int i = 0; i < 600; ++i) {
      const std::string device = std::to_string(round) + "-" + std::to_string(i);
      sink.Add(kBytes, {{"device", device}}, 1);
    }
    return absl::OkStatus();
  });
  while (!(Sample(), sampler_->WantsNewEpoch())) ASSERT_LT(round, 100);
  sampler_->StartEpoch();
  const Sampled sampled = Sample();
  EXPECT_EQ(sampled.descriptors.series_size(), 600);
  EXPECT_EQ(sampled.descriptors.series(0).id(), 1u);
  EXPECT_EQ(sampled.descriptors.groups_size(), 1);
}

}  // namespace
}  // namespace steward::agent
