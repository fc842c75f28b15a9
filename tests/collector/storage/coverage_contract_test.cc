// Coverage and events of machines.
#include <string>
#include <vector>

#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

class CoverageContract : public StorageContract {
 protected:
  CoverageContract() { PutMachine(); }

  void Put(std::int64_t day, std::uint32_t to_ms, const std::string& machine = kMachine) {
    CoverageRow row;
    row.day = day;
    row.record.add_observed()->set_to_ms(to_ms);
    const absl::Status put = Write([&](StorageTransaction& t) { return t.PutCoverage(machine, row); });
    ASSERT_TRUE(put.ok()) << put;
  }
  std::vector<std::int64_t> Days(std::int64_t from, std::int64_t to, const std::string& machine = kMachine) {
    std::vector<std::int64_t> days;
    const auto rows = Read([&](StorageReader& r) { return r.ListCoverage(machine, from, to); });
    for (const CoverageRow& row : *rows) {
      days.push_back(row.day);
    }
    return days;
  }
  void AddEvent(double seconds, v1::MachineEvent::Kind kind) {
    const absl::Status added = Write([&](StorageTransaction& t) {
      return t.AddMachineEvent(kMachine, {At(seconds), kind});
    });
    ASSERT_TRUE(added.ok()) << added;
  }
  std::vector<MachineEventRecord> Events(double from) {
    return *Read([&](StorageReader& r) { return r.ListMachineEvents(kMachine, At(from)); });
  }
};

TEST_P(CoverageContract, ListsDaysAndTheNewestBefore) {
  for (const std::int64_t day : {100, 300, 305, 307, 309}) Put(day, 1);
  EXPECT_EQ(Days(305, 308), (std::vector<std::int64_t>{300, 305, 307}));
  EXPECT_EQ(Days(900, 901), std::vector<std::int64_t>());  // 309 is too far back
  EXPECT_EQ(Days(305, 308, kOtherMachine), std::vector<std::int64_t>());
}

TEST_P(CoverageContract, ADayIsReplacedAndUndoneWithItsWrite) {
  Put(100, 1);
  Put(100, 2);
  const absl::Status failed = Write([](StorageTransaction& t) {
    CoverageRow row;
    row.day = 100;
    (void)t.PutCoverage(kMachine, row);
    (void)t.AddMachineEvent(kMachine, {At(1), v1::MachineEvent::RESUMED});
    return absl::CancelledError("");
  });
  EXPECT_FALSE(failed.ok());
  const auto rows = Read([](StorageReader& r) { return r.ListCoverage(kMachine, 100, 100); });
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().record.observed(0).to_ms(), 2u);
  EXPECT_TRUE(Events(0).empty());
}

TEST_P(CoverageContract, UnknownMachinesAreRefused) {
  EXPECT_EQ(Write([](StorageTransaction& t) { return t.PutCoverage(kOtherMachine, {}); }).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Write([](StorageTransaction& t) {
              return t.AddMachineEvent(kOtherMachine, {At(1), {}});
            }).code(),
            absl::StatusCode::kNotFound);
}

TEST_P(CoverageContract, KeepsEachEventOnce) {
  AddEvent(20, v1::MachineEvent::AGENT_STARTED);
  AddEvent(10, v1::MachineEvent::AGENT_STOPPED);
  AddEvent(20, v1::MachineEvent::AGENT_STARTED);
  AddEvent(20, v1::MachineEvent::MACHINE_BOOTED);
  EXPECT_EQ(Events(0), (std::vector<MachineEventRecord>{{At(10), v1::MachineEvent::AGENT_STOPPED},
                                                        {At(20), v1::MachineEvent::AGENT_STARTED},
                                                        {At(20), v1::MachineEvent::MACHINE_BOOTED}}));
  EXPECT_EQ(Events(15).size(), 2u);
  EXPECT_TRUE(Write([](StorageTransaction& t) { return t.ForgetMachineEvents(kMachine, At(20)); }).ok());
  EXPECT_EQ(Events(0).size(), 2u);
}

TEST_P(CoverageContract, ExpiresWithTheRecords) {
  const std::int64_t day = absl::ToUnixSeconds(At(0)) / 86'400;
  Put(day - 1, 1);
  Put(day, 1);
  AddEvent(-1, v1::MachineEvent::AGENT_STARTED);
  AddEvent(0, v1::MachineEvent::AGENT_STOPPED);
  EXPECT_TRUE(Write([](StorageTransaction& t) { return t.Expire({.raw = At(0), .records = At(0)}).status(); }).ok());
  EXPECT_EQ(Days(day - 1, day), (std::vector<std::int64_t>{day}));
  EXPECT_EQ(Events(-10).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Every, CoverageContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
