#include "collector/remote_write/target.h"

#include "tests/collector/remote_write/remote_write_rig.h"

namespace steward::collector {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kOutOfOrder[] = "out of order sample\n";

class TargetTest : public RemoteWriteRig {
 protected:
  TargetTest() {
    PutMachine("a");
    load_ = writer_.AddSeries("node_load1", {});
  }
  void Sample(int second, std::int64_t value) { Append(writer_, "a", second, {{load_, value}}); }

  SampleWriter writer_{"a", 1};
  std::uint32_t load_ = 0;
};

TEST_F(TargetTest, SendsWhatIsCommittedOnceAndInOrder) {
  Start();
  EXPECT_EQ(Requests(), 0U);
  Sample(0, 1);
  Sample(15, 2);
  Advance(RemoteWriteTarget::kPoll);
  ASSERT_EQ(Requests(), 1U);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438400=1", "node_load1{a} 1772438415=2"));
  EXPECT_THAT(receiver_.calls[0].headers, Contains("X-Prometheus-Remote-Write-Version: 0.1.0"));
  Answer(204);
  EXPECT_EQ(Requests(), 1U);
  Sample(30, 3);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438430=3"));
  Answer(200);
  EXPECT_EQ(Value("steward_remote_write_samples_total"), 3);
}

TEST_F(TargetTest, GoesOnAfterARestart) {
  Start();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  Answer(204);
  Sample(15, 2);
  Start();
  ASSERT_EQ(Requests(), 1U);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438415=2"));
}

TEST_F(TargetTest, WhatWasNotAnsweredIsSentAgainAfterARestart) {
  Start();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  ASSERT_EQ(Requests(), 1U);
  Start();
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438400=1"));
}

TEST_F(TargetTest, AFailureIsTriedAgainWithGrowingWaitsUpToTheLargest) {
  Start();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  absl::Duration wait = RemoteWriteTarget::kRetryFirst;
  for (std::size_t i = 1; i <= 10; ++i) {
    ASSERT_EQ(Requests(), i);
    receiver_.Answer(i % 2 == 0 ? 500 : 429);
    Run();
    Advance(wait - absl::Milliseconds(1));
    EXPECT_EQ(Requests(), i);
    Advance(absl::Milliseconds(1));
    wait = std::min(2 * wait, RemoteWriteTarget::kRetryMax);
  }
  EXPECT_EQ(Value("steward_remote_write_retries_total"), 10);
  EXPECT_EQ(Value("steward_remote_write_up"), 0);
  EXPECT_GT(Value("steward_remote_write_lag_seconds"), 120);
  Answer(204);
  EXPECT_EQ(Value("steward_remote_write_up"), 1);
  EXPECT_EQ(Value("steward_remote_write_lag_seconds"), 0);
  EXPECT_EQ(Value("steward_remote_write_samples_total"), 1);
}

TEST_F(TargetTest, TheReceiversWishIsKept) {
  Start();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  receiver_.Answer(503, "", absl::Minutes(5));
  Run();
  Advance(absl::Minutes(5) - absl::Seconds(1));
  EXPECT_EQ(Requests(), 1U);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Requests(), 2U);
}

TEST_F(TargetTest, NothingIsLostToAWrongTokenOrPath) {
  Start();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  for (const long status : {401L, 403L, 404L, 301L}) {
    receiver_.Answer(status);
    Run();
    Advance(RemoteWriteTarget::kRetryMax);
  }
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438400=1"));
  EXPECT_EQ(Value("steward_remote_write_failed_total"), 0);
}

TEST_F(TargetTest, NoAnswerAtAllIsTriedAgain) {
  Start();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  HttpAnswer nothing;
  nothing.failure = HttpFailure::kConnect;
  receiver_.Answer(nothing);
  Run();
  Advance(RemoteWriteTarget::kRetryFirst);
  EXPECT_EQ(Requests(), 2U);
}

TEST_F(TargetTest, OneMachinesPastIsLeftOutAndCountedTheOthersArrive) {
  PutMachine("b");
  SampleWriter other("b", 1);
  const std::uint32_t load = other.AddSeries("node_load1", {});
  Start();
  Sample(0, 1);
  Append(other, "b", 0, {{load, 5}});
  Advance(RemoteWriteTarget::kPoll);
  Answer(400, kOutOfOrder);  // both
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438400=1"));
  Answer(400, kOutOfOrder);
  EXPECT_THAT(Last(), ElementsAre("node_load1{b} 1772438400=5"));
  Answer(204);
  EXPECT_EQ(Value("steward_remote_write_failed_total", "out_of_order"), 1);
  EXPECT_EQ(Value("steward_remote_write_samples_total"), 1);
  Sample(15, 2);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438415=2"));
}

TEST_F(TargetTest, OlderThanARefusedMomentIsNotOfferedForAWhile) {
  const std::uint32_t b = writer_.AddSeries("b", {}), c = writer_.AddSeries("c", {}), d = writer_.AddSeries("d", {});
  Start();
  Append(writer_, "a", 100, {{load_, 1}, {b, 1}, {c, 1}, {d, 1}});
  Advance(RemoteWriteTarget::kPoll);
  for (int i = 0; i < 3; ++i) Answer(400, kOutOfOrder);  // all, the first, the last
  EXPECT_EQ(Requests(), 3U);
  EXPECT_EQ(Value("steward_remote_write_failed_total", "out_of_order"), 4);
  SampleWriter past("a", 2);
  past.AddSeries("node_load1", {});
  Append(past, "a", 50, {{1, 1}});
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_EQ(Requests(), 3U);
  EXPECT_EQ(Value("steward_remote_write_failed_total", "out_of_order"), 5);
  Advance(CommitFeed::kRefusalHolds);
  Append(past, "a", 60, {{1, 1}});
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_EQ(Requests(), 4U) << "perhaps the receiver was told to take more meanwhile";
}

TEST_F(TargetTest, ARefusedSampleIsFoundOut) {
  const std::uint32_t b = writer_.AddSeries("b", {});
  Start();
  Append(writer_, "a", 0, {{load_, 1}, {b, 2}});
  Advance(RemoteWriteTarget::kPoll);
  Answer(400, "invalid label");
  EXPECT_THAT(Last(), SizeIs(1));
  Answer(400, "invalid label");
  Answer(204);
  EXPECT_EQ(Value("steward_remote_write_failed_total", "refused"), 1);
  EXPECT_EQ(Value("steward_remote_write_samples_total"), 1);
}

TEST_F(TargetTest, SmallerRequestsAreSentIfAskedFor) {
  Start();
  Sample(0, 1);
  Sample(15, 2);
  Advance(RemoteWriteTarget::kPoll);
  Answer(413);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438400=1"));
  Answer(204);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438415=2"));
}

TEST_F(TargetTest, WhatIsInMemoryIsOneRequestHoweverLongTheReceiverIsAway) {
  config_.samples_per_request = 10;
  Start();
  for (int i = 0; i < 200; ++i) Sample(15 * i, i);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_THAT(Last(), SizeIs(10));
  EXPECT_EQ(Value("steward_remote_write_pending_samples"), 10);
  while (Value("steward_remote_write_samples_total") < 200) Answer(204);
  EXPECT_EQ(Requests(), 20U);
  EXPECT_EQ(Value("steward_remote_write_pending_samples"), 0);
}

TEST_F(TargetTest, ANewTargetBeginsWithWhatIsStoredFromNowOn) {
  Sample(-3600, 1);
  Start();
  EXPECT_EQ(Requests(), 0U);
  Sample(0, 2);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438400=2"));
}

TEST_F(TargetTest, ATargetThatHangsHoldsUpNoOther) {
  RemoteWriteConfig second = config_;
  second.name = "second";
  FakeReceiver receiver;
  Start();
  const auto target = MakeTarget(second, receiver);
  Run();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  ASSERT_EQ(receiver.requests.size(), 1U);
  receiver.Answer(204);
  Run();
  Sample(15, 2);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_EQ(receiver.requests.size(), 2U);
  EXPECT_EQ(Requests(), 1U);
}

TEST_F(TargetTest, MetadataIsRepeatedNowAndThen) {
  Start();
  Sample(0, 1);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_EQ(receiver_.requests.back().metadata_size(), 1);
  Answer(204);
  Sample(15, 2);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_EQ(receiver_.requests.back().metadata_size(), 0);
  Answer(204);
  Advance(CommitFeed::kMetadataEvery);
  Sample(30, 3);
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_EQ(receiver_.requests.back().metadata_size(), 1);
}

TEST_F(TargetTest, OnlyWhatIsKeptIsSent) {
  config_.keep = {"node_*"};
  config_.drop = {"node_disk_*"};
  const std::uint32_t disk = writer_.AddSeries("node_disk_reads_total", {}),
                      own = writer_.AddSeries("steward_agent_x", {});
  Start();
  Append(writer_, "a", 0, {{load_, 1}, {disk, 2}, {own, 3}});
  Advance(RemoteWriteTarget::kPoll);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438400=1"));
}

TEST_F(TargetTest, AnotherStorageMeansToBeginAnew) {
  Start();
  for (int i = 0; i < 5; ++i) Sample(i, i);
  Advance(RemoteWriteTarget::kPoll);
  Answer(204);
  // As after the restore of an older backup: the place kept is not in it.
  const std::string text = "1772438400000 no such place";
  ASSERT_TRUE(
      storage_->WriteAndWait([&](StorageTransaction& t) { return t.PutSetting("remote_write/prometheus", text); })
          .ok());
  Start();
  Sample(15, 7);
  Advance(RemoteWriteTarget::kRetryMax);
  ASSERT_EQ(Requests(), 1U);
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438415=7"));
}

}  // namespace
}  // namespace steward::collector
