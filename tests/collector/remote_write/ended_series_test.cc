// How a receiver learns that a series has ended: collector/remote_write/live_series.h.
#include "tests/collector/remote_write/remote_write_rig.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class EndedSeriesTest : public RemoteWriteRig {
 protected:
  EndedSeriesTest() {
    PutMachine("a");
    load_ = writer_.AddSeries("node_load1", {});
    disk_ = writer_.AddSeries("node_disk_reads_total", {});
    Start();
    Append(writer_, "a", 0, {{load_, 1}, {disk_, 10}});
    Send();
  }
  void Send() {
    Advance(RemoteWriteTarget::kPoll);
    ASSERT_FALSE(receiver_.under_way.empty());
    Answer(204);
  }

  SampleWriter writer_{"a", 1};
  std::uint32_t load_ = 0, disk_ = 0;
};

TEST_F(EndedSeriesTest, ASeriesThatEndsGetsAMarker) {
  Append(writer_, "a", 15, {{load_, 2}});
  Send();
  EXPECT_THAT(Last(), UnorderedElementsAre("node_load1{a} 1772438415=2", "node_disk_reads_total{a} 1772438415=ended"));
  Append(writer_, "a", 30, {{load_, 3}});
  Send();
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772438430=3")) << "once";
}

TEST_F(EndedSeriesTest, AlsoWhenASegmentBeginsAtThatMoment) {
  writer_.CutSegment();
  Append(writer_, "a", 15, {{load_, 2}});
  Send();
  EXPECT_THAT(Last(), UnorderedElementsAre("node_load1{a} 1772438415=2", "node_disk_reads_total{a} 1772438415=ended"));
}

TEST_F(EndedSeriesTest, ANewEpochEndsOnlyWhatItDoesNotHave) {
  SampleWriter next("a", 2);
  const std::uint32_t other = next.AddSeries("node_other", {}), load = next.AddSeries("node_load1", {});
  Append(next, "a", 15, {{other, 7}, {load, 2}});
  Send();
  EXPECT_THAT(Last(), UnorderedElementsAre("node_other{a} 1772438415=7", "node_load1{a} 1772438415=2",
                                           "node_disk_reads_total{a} 1772438415=ended"));
}

TEST_F(EndedSeriesTest, AMachinesPastEndsNothingOfItsPresent) {
  SampleWriter past("a", 2);
  const std::uint32_t load = past.AddSeries("node_load1", {});
  Append(past, "a", -600, {{load, 2}});
  Send();
  EXPECT_THAT(Last(), ElementsAre("node_load1{a} 1772437800=2"));
}

TEST_F(EndedSeriesTest, ARenamedMachinesOldSeriesEnd) {
  MachineRecord machine;
  machine.id = "a";
  machine.host_name = machine.instance = "renamed";
  ASSERT_TRUE(storage_->WriteAndWait([&](StorageTransaction& t) { return t.PutMachine(machine); }).ok());
  Append(writer_, "a", 15, {{load_, 2}, {disk_, 11}});
  Send();
  EXPECT_THAT(Last(),
              UnorderedElementsAre("node_load1{renamed} 1772438415=2", "node_disk_reads_total{renamed} 1772438415=11",
                                   "node_load1{a} 1772438415=ended", "node_disk_reads_total{a} 1772438415=ended"));
}

TEST_F(EndedSeriesTest, ARetiredMachinesSeriesEndASilentOnesDoNot) {
  Advance(absl::Hours(1));
  EXPECT_EQ(Requests(), 1U) << "it may be cut off, and send later what it sampled";
  PutMachine("a", MachineState::kRetired);
  Advance(CommitFeed::kRetiredEvery);
  ASSERT_EQ(Requests(), 2U);
  EXPECT_THAT(Last(),
              UnorderedElementsAre("node_load1{a} 1772438400=ended", "node_disk_reads_total{a} 1772438400=ended"));
  Answer(204);
  Advance(absl::Hours(1));
  EXPECT_EQ(Requests(), 2U);
}

}  // namespace
}  // namespace steward::collector
