// Boot clocks, gaps and payloads as they came.
#include <string>

#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using ::testing::SizeIs;
using UplinkContract = StorageContract;

TEST_P(UplinkContract, KeepsTheClockOfEachBootMeasuredLastFirst) {
  PutMachine();
  const BootClockRecord old{"boot-a", true, -5, At(10), {{-3, 1'800'000'000'000}, {7, 1'800'000'000'010}}};
  const BootClockRecord newer{"boot-b", false, 3'600'000, At(20), {{0, 1'800'000'100'000}}};
  ASSERT_TRUE(Write([&](StorageTransaction& t) {
    if (auto status = t.PutBootClock(kMachine, newer); !status.ok()) return status;
    return t.PutBootClock(kMachine, old);
  }).ok());
  auto clocks = Read([](StorageReader& r) { return r.ListBootClocks(kMachine); });
  ASSERT_THAT(*clocks, SizeIs(2));
  EXPECT_EQ((*clocks)[0].boot_id, "boot-b");
  EXPECT_EQ((*clocks)[0].wall_error_ms, 3'600'000);
  EXPECT_EQ((*clocks)[1].points, old.points);
  EXPECT_TRUE((*clocks)[1].estimated);
  BootClockRecord again = old;
  again.measured_time = At(30);
  ASSERT_TRUE(Write([&](StorageTransaction& t) { return t.PutBootClock(kMachine, again); }).ok());
  clocks = Read([](StorageReader& r) { return r.ListBootClocks(kMachine); });
  ASSERT_THAT(*clocks, SizeIs(2));
  EXPECT_EQ((*clocks)[0].boot_id, "boot-a");
}

TEST_P(UplinkContract, ForgetsTheClocksMeasuredLongestAgo) {
  PutMachine();
  for (std::size_t i = 0; i < kBootClocksMax + 3; ++i) {
    ASSERT_TRUE(Write([&](StorageTransaction& t) {
                  return t.PutBootClock(kMachine, {"boot-" + std::to_string(i), false, 0, At(static_cast<double>(i)), {{0, 1}}});
                }).ok());
  }
  const auto clocks = Read([](StorageReader& r) { return r.ListBootClocks(kMachine); });
  ASSERT_THAT(*clocks, SizeIs(kBootClocksMax));
  EXPECT_EQ(clocks->back().boot_id, "boot-3");
}

TEST_P(UplinkContract, KeepsAGapOnceAndTheWiderOneInsteadOfThoseInIt) {
  PutMachine();
  const auto gap = [](std::uint64_t first, std::uint64_t last, int told) {
    GapRecord record;
    record.epoch = 7;
    record.range = {first, last};
    record.cause = v1::GapDeclaration::SPOOL_FULL;
    record.sample_count = 9;
    record.told_time = At(told);
    return record;
  };
  for (const GapRecord& one : {gap(5, 8, 1), gap(5, 8, 2), gap(10, 10, 3), gap(20, 30, 4), gap(4, 12, 5)}) {
    ASSERT_TRUE(Write([&](StorageTransaction& t) { return t.PutGap(kMachine, one); }).ok());
  }
  const auto gaps = Read([](StorageReader& r) { return r.ListGaps(kMachine); });
  ASSERT_THAT(*gaps, SizeIs(2));
  EXPECT_EQ((*gaps)[0].range, (SequenceInterval{20, 30}));
  EXPECT_EQ((*gaps)[1].range, (SequenceInterval{4, 12}));
  EXPECT_EQ((*gaps)[1].cause, v1::GapDeclaration::SPOOL_FULL);
  EXPECT_EQ((*gaps)[1].from_time, absl::InfinitePast());
  EXPECT_EQ((*gaps)[1].told_time, At(5));
}

TEST_P(UplinkContract, RefusesBothForAnUnknownMachine) {
  EXPECT_TRUE(absl::IsNotFound(Write([](StorageTransaction& t) { return t.PutGap(kMachine, {}); })));
  EXPECT_TRUE(absl::IsNotFound(Write([](StorageTransaction& t) { return t.PutBootClock(kMachine, {}); })));
  EXPECT_THAT(*Read([](StorageReader& r) { return r.ListGaps(kMachine); }), SizeIs(0));
}

INSTANTIATE_TEST_SUITE_P(Every, UplinkContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
