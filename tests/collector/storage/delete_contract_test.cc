// A machine is deleted with all that is kept of it, and nothing of another one.
#include <string>
#include <vector>

#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeleteContract : public StorageContract {
 protected:
  static constexpr std::uint64_t kEpoch = 7;

  // One of everything that is kept of a machine.
  void Fill(const std::string& machine) {
    PutMachine(TestMachine(machine, "host-" + machine.substr(0, 1)));
    const absl::Status status = Write([&](StorageTransaction& t) -> absl::Status {
      absl::Status all = t.PutInventory(machine, Inventory("8"), At(1));
      all.Update(t.PutInventory(machine, Inventory("16"), At(2)));
      all.Update(t.AddDescriptors(machine, Descriptors()));
      all.Update(t.PutBootClock(machine, {"boot", false, 0, At(3), {{0, 1}}}));
      GapRecord gap;
      gap.epoch = kEpoch;
      gap.range = {900, 901};
      all.Update(t.PutGap(machine, gap));
      all.Update(t.PutCoverage(machine, {100, {}}));
      all.Update(t.AddMachineEvent(machine, {At(4), v1::MachineEvent::RESUMED}));
      all.Update(t.PutSetting("fill-history/" + machine, "text"));
      all.Update(t.PutIssue(Issue(machine)));
      all.Update(t.AddIssueEvent({"issue-" + machine, At(5), "rules", "opened", "", "open", "why"}));
      all.Update(t.AddDelivery(Delivery(machine, "told")));
      all.Update(t.AddDelivery(Delivery(machine, "waits")));
      return all;
    });
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(Write([&](StorageTransaction& t) -> absl::Status {
                  const auto waiting = t.WaitingDeliveries();
                  for (OutboxRecord delivery : *waiting) {
                    if (delivery.idempotency_key != "told-" + machine) continue;
                    delivery.state = DeliveryState::kDelivered;
                    return t.UpdateDelivery(delivery);
                  }
                  return absl::NotFoundError("");
                }).ok());
    ASSERT_TRUE(Write([&](StorageTransaction& t) -> absl::Status {
                  for (std::uint64_t sequence = 1; sequence <= 1200; ++sequence) {  // more than one call deletes
                    BatchRecord batch = TestBatch(kEpoch, 1 + (sequence - 1) / 100 * 100, sequence);
                    batch.machine_id = machine;
                    if (auto appended = t.AppendBatch(batch); !appended.ok()) return appended.status();
                  }
                  return absl::OkStatus();
                }).ok());
  }
  static v1::Inventory Inventory(const std::string& memory) {
    v1::Inventory inventory;
    inventory.set_digest(memory);
    v1::Fact& fact = *inventory.add_facts();
    fact.set_group("memory");
    fact.set_key("GiB");
    fact.set_value(memory);
    v1::SourceNote& note = *inventory.add_notes();
    note.set_group("disk");
    note.set_note("not permitted");
    return inventory;
  }
  static v1::DescriptorSet Descriptors() {
    v1::DescriptorSet set;
    set.set_epoch(kEpoch);
    v1::ProbeGroup& group = *set.add_groups();
    group.set_id(1);
    group.set_name("cpu");
    return set;
  }
  static IssueRecord Issue(const std::string& machine) {
    IssueRecord record;
    record.issue.set_id("issue-" + machine);
    record.issue.set_state("open");
    record.issue.mutable_opened_time()->set_seconds(100);
    record.dedupe_key = machine + "/disk-space-low/root";
    return record;
  }
  static OutboxRecord Delivery(const std::string& machine, const std::string& name) {
    OutboxRecord delivery;
    delivery.idempotency_key = name + "-" + machine;
    delivery.channel = "partner";
    delivery.event = "opened";
    delivery.issue_id = "issue-" + machine;
    delivery.created_time = delivery.next_attempt_time = At(6);
    return delivery;
  }
  // How many calls it took.
  absl::StatusOr<int> Delete(const std::string& machine) {
    for (int calls = 1;; ++calls) {
      bool more = false;
      const absl::Status status = Write([&](StorageTransaction& t) -> absl::Status {
        const auto left = t.DeleteMachine(machine);
        if (left.ok()) more = *left;
        return left.status();
      });
      if (!status.ok()) return status;
      if (!more) return calls;
    }
  }
  // A word for each thing that is there.
  std::vector<std::string> Kept(const std::string& machine) {
    std::vector<std::string> kept;
    const auto note = [&](bool there, const char* what) {
      if (there) kept.emplace_back(what);
    };
    EXPECT_TRUE(storage_
                    ->Read([&](StorageReader& r) {
                      note(r.GetMachine(machine).ok(), "machine");
                      note(!r.ListFacts(machine)->empty(), "facts");
                      note(!r.ListChanges(machine, 10)->empty(), "changes");
                      note(!r.ListInventoryNotes(machine)->empty(), "notes");
                      note(!r.CommittedIntervals(machine, kEpoch)->empty(), "committed");
                      note(r.CommittedPayload(machine, kEpoch, 1200)->has_value(), "payload");
                      note(r.Descriptors(machine, kEpoch)->groups_size() > 0, "descriptors");
                      note(!r.ListBootClocks(machine)->empty(), "clocks");
                      note(!r.ListGaps(machine)->empty(), "gaps");
                      note(!r.ListCoverage(machine, 100, 100)->empty(), "coverage");
                      note(!r.ListMachineEvents(machine, At(0))->empty(), "events");
                      note(r.GetSetting("fill-history/" + machine)->has_value(), "setting");
                      note(r.GetIssue("issue-" + machine).ok(), "issue");
                      note(!r.ListIssueEvents("issue-" + machine)->empty(), "history");
                      const auto deliveries = r.ListDeliveries(10);
                      for (const OutboxRecord& delivery : *deliveries) {
                        note(delivery.idempotency_key == "told-" + machine, "told");
                        note(delivery.idempotency_key == "waits-" + machine, "waits");
                      }
                      return absl::OkStatus();
                    })
                    .ok());
    return kept;
  }
};

TEST_P(DeleteContract, NothingIsLeftButWhatWaitsToBeTold) {
  Fill(kMachine);
  Fill(kOtherMachine);
  const std::vector<std::string> all = Kept(kOtherMachine);
  ASSERT_THAT(all, SizeIs(16));
  ASSERT_EQ(Kept(kMachine), all);
  const auto calls = Delete(kMachine);
  ASSERT_TRUE(calls.ok()) << calls.status();
  EXPECT_THAT(Kept(kMachine), ElementsAre("waits"));
  EXPECT_EQ(Kept(kOtherMachine), all);
  EXPECT_EQ(Delete(kMachine).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(DeleteContract, IsUndoneWithItsWrite) {
  Fill(kMachine);
  const std::vector<std::string> all = Kept(kMachine);
  EXPECT_FALSE(Write([&](StorageTransaction& t) -> absl::Status {
                 (void)t.DeleteMachine(kMachine);
                 return absl::CancelledError("");
               }).ok());
  EXPECT_EQ(Kept(kMachine), all);
  EXPECT_EQ(Committed(kEpoch).size(), 1u);
}

// What the writer knew of it from before is not used for the one that comes after.
TEST_P(DeleteContract, AMachineMayComeAgainAndBeginsWithNothing) {
  Fill(kMachine);
  ASSERT_TRUE(Delete(kMachine).ok());
  EXPECT_EQ(Append(TestBatch(kEpoch, 1, 1201)).status().code(), absl::StatusCode::kNotFound);
  PutMachine(TestMachine(kOtherMachine, "beta"));  // may get the number that the other one had
  BatchRecord batch = TestBatch(kEpoch, 1, 5);
  batch.machine_id = kOtherMachine;
  EXPECT_EQ(*Append(batch), AppendResult::kCommitted);
  EXPECT_THAT(Committed(kEpoch, kOtherMachine), ElementsAre(SequenceInterval{5, 5}));
  PutMachine();
  EXPECT_THAT(Committed(kEpoch), IsEmpty());
  EXPECT_EQ(*Append(TestBatch(kEpoch, 1, 1)), AppendResult::kCommitted);
}

// The order of commits goes on, over a restart too.
TEST_P(DeleteContract, ACursorStaysGood) {
  Fill(kMachine);
  const auto cursor = Read([](StorageReader& r) { return r.CommitCursor(); });
  ASSERT_TRUE(Delete(kMachine).ok());
  if (GetParam().name == "Sqlite") {
    storage_.reset();
    storage_ = GetParam().open(folder_.path());
  }
  PutMachine(TestMachine(kOtherMachine, "beta"));
  BatchRecord batch = TestBatch(kEpoch, 1, 1);
  batch.machine_id = kOtherMachine;
  ASSERT_EQ(*Append(batch), AppendResult::kCommitted);
  EXPECT_NE(*Read([](StorageReader& r) { return r.CommitCursor(); }), *cursor);
}

INSTANTIATE_TEST_SUITE_P(Every, DeleteContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
