#include "collector/identity/reinstalled.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "boost/asio/io_context.hpp"
#include "collector/storage/memory/memory_storage.h"

namespace steward::collector {
namespace {

constexpr char kOld[] = "11111111-2222-4333-8444-555555555555";
constexpr char kNew[] = "99999999-2222-4333-8444-555555555555";
constexpr char kThird[] = "77777777-2222-4333-8444-555555555555";

absl::Time At(double hour) { return absl::FromUnixSeconds(1'700'000'000) + absl::Hours(1) * hour; }

class ReinstalledTest : public testing::Test {
 protected:
  ReinstalledTest() {
    Put(Machine(kOld, "desk", 0, 5));
    Put(Machine(kNew, "desk-99999999", 6, 7));
  }

  static MachineRecord Machine(const std::string& id, const std::string& instance, double enrolled, double seen) {
    MachineRecord machine;
    machine.id = id;
    machine.host_name = "desk";
    machine.instance = instance;
    machine.hardware_fingerprint = "abc";
    machine.enrolled_time = At(enrolled);
    machine.last_seen_time = At(seen);
    return machine;
  }
  void Put(const MachineRecord& machine) {
    ASSERT_TRUE(storage_->WriteAndWait([&](StorageTransaction& t) { return t.PutMachine(machine); }).ok());
    ASSERT_TRUE(registry_.Load().ok());
  }
  std::string Offer(const std::string& id) {
    std::vector<MachineRecord> all;
    for (const MachinePointer& machine : registry_.Snapshot()) all.push_back(*machine);
    const MachineRecord* old = MayBe(*registry_.Find(id), all);
    return old == nullptr ? "" : old->id;
  }
  absl::StatusOr<Approved> Approve(const std::string& id, const std::string& old) {
    absl::StatusOr<Approved> result = absl::UnknownError("not called");
    ApproveReinstalled(registry_, id, old, AuditNote(), [&](absl::StatusOr<Approved> approved) { result = std::move(approved); });
    while (io_.poll() > 0) io_.restart();
    io_.restart();
    return result;
  }

  boost::asio::io_context io_;
  std::unique_ptr<Storage> storage_ = NewMemoryStorage(MemoryWriter::kInline);
  MachineRegistry registry_{*storage_, io_.get_executor()};
};

TEST_F(ReinstalledTest, TheSilentMachineOfTheSameHardwareIsOffered) {
  EXPECT_EQ(Offer(kNew), kOld);
  EXPECT_EQ(Offer(kOld), "");
}

TEST_F(ReinstalledTest, AMachineThatIsHeardAgainIsAnother) {
  Put(Machine(kOld, "desk", 0, 6.5));
  EXPECT_EQ(Offer(kNew), "");
  EXPECT_EQ(Approve(kNew, kOld).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReinstalledTest, NoHardwareIsLikeNoOther) {
  for (MachineRecord machine : {Machine(kOld, "desk", 0, 5), Machine(kNew, "desk-2", 6, 7)}) {
    machine.hardware_fingerprint = "";
    Put(machine);
  }
  EXPECT_EQ(Offer(kNew), "");
}

TEST_F(ReinstalledTest, OfSeveralTheOneOfTheSameNameIsOffered) {
  MachineRecord clone = Machine(kThird, "other", 0, 5.5);
  clone.host_name = "other";
  Put(clone);
  EXPECT_EQ(Offer(kNew), kOld);
  clone.host_name = "desk";
  Put(clone);
  EXPECT_EQ(Offer(kNew), kThird) << "seen last";
}

TEST_F(ReinstalledTest, TheNewOneTakesOverNameSiteAndClass) {
  MachineRecord old = Machine(kOld, "desk", 0, 5);
  old.site = "Head office";
  old.machine_class = "laptop";
  Put(old);
  for (int round = 0; round < 2; ++round) {  // again, as after a crash in between
    const auto approved = Approve(kNew, kOld);
    ASSERT_TRUE(approved.ok()) << approved.status();
    EXPECT_EQ(approved->machine->instance, "desk");
    EXPECT_EQ(approved->machine->site, "Head office");
    EXPECT_EQ(approved->machine->machine_class, "laptop");
    EXPECT_EQ(approved->retired->state, MachineState::kRetired);
    EXPECT_EQ(approved->retired->continued_as, kNew);
  }
  EXPECT_EQ(Offer(kNew), "");
}

TEST_F(ReinstalledTest, OnlyPairsThatMakeSenseAreApproved) {
  EXPECT_EQ(Approve(kNew, kNew).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Approve(kOld, kNew).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Approve(kThird, kOld).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Approve(kNew, kThird).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(registry_.Find(kOld)->state, MachineState::kActive);
}

}  // namespace
}  // namespace steward::collector
