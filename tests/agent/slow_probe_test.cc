// A probe off the sampling path: sampling never waits for it, what it said is told again, its failures are seen, and a
// source that hangs is asked once, not once an interval.
#include "agent/slow_probe.h"

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <thread>

#include "base/manual_clock.h"
#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

constexpr Metric kAnswers = {.name = "answers", .help = "how often it was asked"};
constexpr auto kDeadline = std::chrono::seconds(30);

// What the probe does, seen and set from the test.
struct Source {
  std::mutex mutex;
  absl::Status status;
  std::shared_future<void> gate;  // if valid, answers wait for it
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};
};

class FakeSlowProbe final : public Probe {
 public:
  explicit FakeSlowProbe(std::shared_ptr<Source> source) : source_(std::move(source)) {}
  std::string_view name() const override { return "fake"; }
  absl::Duration slow_interval() const override { return absl::Hours(1); }
  absl::Status Collect(SampleSink& sink) override {
    ++source_->asked;
    std::shared_future<void> gate;
    absl::Status status;
    {
      const std::scoped_lock lock(source_->mutex);
      gate = source_->gate;
      status = source_->status;
    }
    if (gate.valid()) gate.wait();
    sink.Add(kAnswers, {}, source_->asked);
    ++source_->answered;
    return status;
  }

 private:
  std::shared_ptr<Source> source_;
};

class SlowProbeTest : public ::testing::Test {
 protected:
  SlowProbeTest() {
    std::vector<std::unique_ptr<Probe>> probes;
    probes.push_back(std::make_unique<FakeSlowProbe>(source_));
    probe_ = std::move(TakeOffSamplingPath(std::move(probes), clock_, [] { return 500; }).front());
    clock_.Advance(absl::Minutes(1));  // it has started
  }

  // Asks until what it says fulfils `condition`; false after the deadline. Time of the clock stands still.
  bool Await(const std::function<bool(const absl::Status&, const Collected&)>& condition) {
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (std::chrono::steady_clock::now() < end) {
      Collected said;
      const absl::Status status = probe_->Collect(said);
      if (condition(status, said)) return true;
      std::this_thread::yield();
    }
    return false;
  }
  bool AwaitValue(std::int64_t value) {
    return Await([value](const absl::Status& status, const Collected& said) {
      return status.ok() && said.Has("answers") && said.Integer("answers") == value;
    });
  }

  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::shared_ptr<Source> source_ = std::make_shared<Source>();
  std::unique_ptr<Probe> probe_;
};

TEST_F(SlowProbeTest, SaysTheLastAnswerUntilTheNextIsDue) {
  ASSERT_TRUE(AwaitValue(1));
  clock_.Advance(absl::Minutes(50));
  ASSERT_TRUE(AwaitValue(1));
  EXPECT_EQ(source_->asked, 1);
  clock_.Advance(absl::Minutes(20));
  ASSERT_TRUE(AwaitValue(2));
}

TEST_F(SlowProbeTest, WhatIsAskedSeldomIsNotAskedAtTheStart) {
  std::vector<std::unique_ptr<Probe>> probes;
  probes.push_back(std::make_unique<FakeSlowProbe>(source_));
  const auto probe = std::move(TakeOffSamplingPath(std::move(probes), clock_, [] { return 0; }).front());
  Collected said;
  ASSERT_TRUE(probe->Collect(said).ok());
  clock_.Advance(absl::Seconds(20));
  ASSERT_TRUE(probe->Collect(said).ok());
  EXPECT_EQ(source_->asked, 0);
  EXPECT_FALSE(probe->has_answered());
  clock_.Advance(absl::Seconds(10));
  ASSERT_TRUE(probe->Collect(said).ok());
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (source_->answered == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(source_->asked, 1);
  while (!probe->has_answered() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(probe->has_answered());
}

// Answers are noticed at the next report, up to a minute later: that must not make every interval a minute longer.
TEST_F(SlowProbeTest, TheIntervalCountsFromTheQuestion) {
  Collected said;
  ASSERT_TRUE(probe_->Collect(said).ok());
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (source_->answered == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  clock_.Advance(absl::Minutes(50));
  ASSERT_TRUE(AwaitValue(1));
  clock_.Advance(absl::Minutes(10));
  ASSERT_TRUE(AwaitValue(2));
}

TEST_F(SlowProbeTest, AHangingSourceIsAskedOnceAndSaidToHang) {
  std::promise<void> gate;
  source_->gate = gate.get_future().share();
  Collected said;
  ASSERT_TRUE(probe_->Collect(said).ok()) << "the first question is under way";
  for (int hour = 0; hour < 10; ++hour) {
    clock_.Advance(absl::Hours(2));
    const absl::Status status = probe_->Collect(said);
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  }
  EXPECT_FALSE(said.Has("answers"));
  gate.set_value();
  EXPECT_TRUE(AwaitValue(1)) << "an answer that came after all";
  EXPECT_LE(source_->asked, 2);
}

TEST_F(SlowProbeTest, AFailureIsToldAndTriedAgainSoonerThanTheInterval) {
  source_->status = absl::UnavailableError("no such luck");
  ASSERT_TRUE(Await([](const absl::Status& status, const Collected&) { return absl::IsUnavailable(status); }));
  {
    const std::scoped_lock lock(source_->mutex);
    source_->status = absl::OkStatus();
  }
  clock_.Advance(kSlowProbeRetry + absl::Seconds(1));
  EXPECT_TRUE(AwaitValue(2));
}

TEST_F(SlowProbeTest, AnAbsentSourceIsNotAskedSooner) {
  source_->status = absl::NotFoundError("no such program");
  ASSERT_TRUE(Await([](const absl::Status& status, const Collected&) { return absl::IsNotFound(status); }));
  clock_.Advance(absl::Minutes(40));
  Collected said;
  EXPECT_TRUE(absl::IsNotFound(probe_->Collect(said)));
  EXPECT_EQ(source_->asked, 1);
}

TEST_F(SlowProbeTest, MayBeDroppedWhileItsSourceHangs) {
  std::promise<void> gate;
  source_->gate = gate.get_future().share();
  Collected said;
  ASSERT_TRUE(probe_->Collect(said).ok());
  probe_.reset();
  gate.set_value();
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (source_->answered == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(source_->answered, 1);
}

}  // namespace
}  // namespace steward::agent
