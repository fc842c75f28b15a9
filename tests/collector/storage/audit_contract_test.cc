// The audit trail: numbered and chained by the store.
#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using testing::IsEmpty;

class AuditContract : public StorageContract {
 protected:
  static AuditRecord Entry(const std::string& actor, double time) {
    AuditRecord record;
    record.time = At(time);
    record.actor = actor;
    record.action = "closed";
    record.object = "issue i1";
    record.from = "open";
    record.to = "closed";
    record.reason = std::string("r\0", 2);
    record.basis = "disk-space-low/1";
    return record;
  }
  absl::Status Add(const AuditRecord& record) {
    return Write([&](StorageTransaction& t) { return t.AddAudit(record); });
  }
  std::vector<AuditRecord> List(std::uint64_t after, std::size_t max) {
    return *Read([&](StorageReader& r) { return r.ListAudit(after, max); });
  }
  AuditEnd End() {
    return *Read([](StorageReader& r) { return r.GetAuditEnd(); });
  }
};

TEST_P(AuditContract, NumbersAndChainsWhatIsAdded) {
  EXPECT_EQ(End().number, 0u);
  EXPECT_EQ(End().hash, AuditSeed());
  ASSERT_TRUE(Add(Entry("Mari", 1.0001)).ok());
  ASSERT_TRUE(Write([&](StorageTransaction& t) {
                const absl::Status first = t.AddAudit(Entry("Jaan", 2));
                return first.ok() ? t.AddAudit(Entry("rules", 1.5)) : first;  // the order of writing counts
              }).ok());
  const std::vector<AuditRecord> all = List(0, 10);
  ASSERT_EQ(all.size(), 3u);
  AuditVerifier verifier;
  for (const AuditRecord& record : all) verifier.Check(record);
  verifier.CheckEnd(End().number, End().hash);
  EXPECT_THAT(verifier.faults(), IsEmpty());
  EXPECT_EQ(all[0].time, At(1));
  EXPECT_EQ(all[1].actor, "Jaan");
  EXPECT_EQ(all[2].reason, std::string("r\0", 2));
  EXPECT_EQ(all[2].basis, "disk-space-low/1");
  EXPECT_EQ(End().number, 3u);
}

TEST_P(AuditContract, IsReadPageByPage) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Add(Entry("Mari", i)).ok());
  EXPECT_EQ(List(0, 2).back().number, 2u);
  EXPECT_EQ(List(2, 2).front().number, 3u);
  EXPECT_EQ(List(4, 2).size(), 1u);
  EXPECT_THAT(List(5, 2), IsEmpty());
  EXPECT_THAT(List(~std::uint64_t{0}, 2), IsEmpty());
}

TEST_P(AuditContract, AnUndoneWriteLeavesNoTrace) {
  ASSERT_TRUE(Add(Entry("Mari", 1)).ok());
  EXPECT_FALSE(Write([&](StorageTransaction& t) {
                 EXPECT_TRUE(t.AddAudit(Entry("Jaan", 2)).ok());
                 return absl::InternalError("no");
               }).ok());
  EXPECT_EQ(End().number, 1u);
  ASSERT_TRUE(Add(Entry("Jaan", 2)).ok());
  EXPECT_EQ(List(0, 10).back().number, 2u);
}

TEST_P(AuditContract, OutlivesWhatItIsAbout) {
  PutMachine();
  IssueRecord issue;
  issue.issue.set_id("i1");
  issue.issue.set_state("closed");
  issue.dedupe_key = std::string(kMachine) + "/disk/x";
  ASSERT_TRUE(Write([&](StorageTransaction& t) {
                const absl::Status put = t.PutIssue(issue);
                return put.ok() ? t.AddAudit(Entry("Mari", 1)) : put;
              }).ok());
  ASSERT_TRUE(Write([](StorageTransaction& t) { return t.DeleteMachine(kMachine).status(); }).ok());
  ASSERT_TRUE(Write([](StorageTransaction& t) { return t.Expire({.records = At(1e6)}).status(); }).ok());
  EXPECT_EQ(List(0, 10).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Every, AuditContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
