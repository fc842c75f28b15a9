#include "collector/issues/parents.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace steward::collector {
namespace {

v1::Issue AnIssue(std::string type, std::string subject, std::string severity = "medium", std::string machine = "m1") {
  v1::Issue issue;
  issue.set_id(type + subject + machine);
  issue.set_type(std::move(type));
  issue.set_subject(std::move(subject));
  issue.set_severity(std::move(severity));
  issue.set_machine_id(std::move(machine));
  issue.set_site("main");
  return issue;
}

bool IsChild(const v1::Issue& parent, const v1::Issue& child) {
  const auto table = ParentTable();
  return std::any_of(table.begin(), table.end(), [&](const ParentRow& row) { return Explains(row, parent, child); });
}

TEST(ParentsTest, ADiskExplainsWhatIsOnIt) {
  const v1::Issue disk = AnIssue("disk-smart-failing", "sda");
  EXPECT_TRUE(IsChild(disk, AnIssue("disk-errors-growing", "sda")));
  EXPECT_FALSE(IsChild(disk, AnIssue("disk-errors-growing", "sdaa")));
  EXPECT_FALSE(IsChild(disk, AnIssue("disk-errors-growing", "sda", "medium", "m2")));
  v1::Issue files = AnIssue("filesystem-faulty", "/home is read-only");
  EXPECT_FALSE(IsChild(disk, files));
  (*files.mutable_evidence()->mutable_details())["device"] = "/dev/sda3";
  EXPECT_TRUE(IsChild(disk, files));
  EXPECT_TRUE(IsChild(AnIssue("disk-smart-failing", "nvme0n1"), AnIssue("disk-slow", "nvme0n1p2")));
}

TEST(ParentsTest, SeveritiesAndValuesDecide) {
  EXPECT_FALSE(IsChild(AnIssue("disk-space-low", "/", "medium"), AnIssue("disk-fill-forecast", "/", "low")));
  EXPECT_TRUE(IsChild(AnIssue("disk-space-low", "/", "high"), AnIssue("disk-fill-forecast", "/", "low")));
  EXPECT_FALSE(IsChild(AnIssue("disk-space-low", "/", "high"), AnIssue("disk-fill-forecast", "/", "high"))) << "the fast one";
  v1::Issue clock = AnIssue("clock-wrong", "");
  clock.mutable_evidence()->mutable_latest()->set_value(200);
  EXPECT_FALSE(IsChild(clock, AnIssue("certificate-expiring", "x")));
  clock.mutable_evidence()->mutable_latest()->set_value(-400);
  EXPECT_TRUE(IsChild(clock, AnIssue("certificate-expiring", "x")));
}

TEST(ParentsTest, ASilentMachineExplainsAllOfItsOwnButItsOwnAbsence) {
  const v1::Issue silent = AnIssue("agent-silent", "");
  EXPECT_TRUE(IsChild(silent, AnIssue("oom-kill", "")));
  EXPECT_FALSE(IsChild(silent, AnIssue("machine-offline", "")));
  EXPECT_TRUE(IsChild(AnIssue("site-unreachable", "", "critical", ""), AnIssue("machine-offline", "")));
  EXPECT_TRUE(IsChild(AnIssue("scheduled-job-failed", "report.timer"), AnIssue("service-failed", "report.service")));
}

TEST(ParentsTest, ALostInternetExplainsWhatFailedToGoThereSince) {
  v1::Issue internet = AnIssue("internet-down", "", "critical", "");
  internet.mutable_raised_time()->set_seconds(1000);
  v1::Issue backup = AnIssue("backup-failed", "nightly");
  backup.mutable_raised_time()->set_seconds(2000);
  EXPECT_FALSE(IsChild(internet, backup)) << "where it goes to is not known";
  auto& details = *backup.mutable_evidence()->mutable_details();
  details["off-site"] = "0";
  EXPECT_FALSE(IsChild(internet, backup));
  details["off-site"] = "1";
  EXPECT_TRUE(IsChild(internet, backup));
  backup.mutable_raised_time()->set_seconds(999);
  EXPECT_FALSE(IsChild(internet, backup)) << "it failed before";
}

TEST(ParentsTest, AMachineThatFeedsOrHoldsAnotherIsNotThatOne) {
  const v1::Issue ups = AnIssue("ups-on-battery", "ups1", "high", "m1");
  EXPECT_TRUE(IsChild(ups, AnIssue("machine-offline", "", "critical", "m2")));
  EXPECT_FALSE(IsChild(ups, AnIssue("machine-offline", "", "critical", "m1")));
  EXPECT_TRUE(IsChild(AnIssue("machine-offline", "", "critical", "m1"), AnIssue("machine-offline", "", "critical", "m2")));
}

TEST(ParentsTest, NothingIsItsOwnAncestor) {
  const auto table = ParentTable();
  for (const ParentRow& a : table) {
    for (const ParentRow& b : table) {
      if (IsLinked(a.scope)) continue;  // another machine's
      EXPECT_FALSE(!a.children.front().empty() && IsChildType(a, b.parent) && IsChildType(b, a.parent)) << a.parent << " " << b.parent;
    }
  }
}

}  // namespace
}  // namespace steward::collector
