// Fifty neglected machines in one day are one message; what is told, and when clocks run, is the IT manager's to say.
#include <algorithm>

#include "collector/issues/issue_book.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);  // Monday 2026-03-02 08:00 UTC
const Actor kManager = {"Mari (local user 0)", "Mari", Role::kItManager};

// Raises at once.
class TestRule final : public Rule {
 public:
  explicit TestRule(std::string_view type) : type_(type) {}
  std::string_view type() const override { return type_; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return {}; }
  IssueText Describe(const MachineRecord&, const Finding&, Severity) const override { return {"Wrong", "It is wrong", "", ""}; }

 private:
  std::string_view type_;
};

class IssueBookFindingsTest : public testing::Test {
 protected:
  IssueBookFindingsTest() {
    book_.first_weeks().UseTerms([this] { return terms_; });
  }

  MachineRecord Enrol(int number) {
    MachineRecord machine;
    machine.id = machine.host_name = "pc" + std::to_string(number);
    machine.site = "main";
    machine.enrolled_time = now_;
    book_.first_weeks().Meet(machine);
    return machine;
  }
  void Judge(const MachineRecord& machine, const Rule& rule, bool wrong, Severity severity = Severity::kHigh) {
    Finding finding;
    finding.time = finding.since = now_;
    finding.interval = absl::Seconds(15);
    finding.levels.push_back({"bad", severity, wrong ? Zone::kRaised : Zone::kClear, 0, absl::ZeroDuration(), absl::ZeroDuration()});
    book_.Apply(machine, rule, finding, now_, changes_);
  }
  // What was told since the last time: "opened service-failed".
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const IssueChange& change : std::exchange(changes_, {})) {
      issues_[change.record.issue.id()] = change.record;
      if (!change.notify.empty()) told.push_back(change.notify + " " + change.record.issue.type());
    }
    return told;
  }
  absl::StatusOr<std::vector<v1::Issue>> Release(const std::string& type, absl::Time accept_until = absl::InfinitePast()) {
    v1::ReleaseFindingsRequest request;
    request.set_type(type);
    request.set_reason("first wave");
    if (accept_until != absl::InfinitePast()) SetTime(accept_until, *request.mutable_accept_until());
    return book_.ReleaseFindings(request, kManager, now_, changes_);
  }

  FirstWeeksConfig terms_;
  IssueBook book_;
  TestRule service_{"service-failed"}, updates_{"security-updates-overdue"};
  std::vector<IssueChange> changes_;
  std::map<std::string, IssueRecord> issues_;
  absl::Time now_ = kStart;
};

TEST_F(IssueBookFindingsTest, FiftyNeglectedMachinesAreOneMessage) {
  for (int i = 0; i < 50; ++i, now_ += absl::Minutes(5)) {
    const MachineRecord machine = Enrol(i);
    Judge(machine, service_, true);
    Judge(machine, updates_, true);
  }
  EXPECT_THAT(Told(), testing::IsEmpty());
  for (const auto& [id, record] : issues_) {
    EXPECT_TRUE(record.issue.initial_finding());
    EXPECT_FALSE(record.issue.has_deadline() || record.issue.has_respond_deadline() || record.issue.has_resolve_deadline());
  }
  now_ = kStart + absl::Hours(24);
  book_.ReportFindings(now_, changes_);
  EXPECT_THAT(Told(), testing::ElementsAre("opened initial-findings"));
  const auto report = std::find_if(issues_.begin(), issues_.end(), [](const auto& one) { return one.second.issue.type() == kInitialFindings; });
  EXPECT_EQ(report->second.issue.summary(),
            "When main was first looked at, 100 things were wrong already on 50 machines: security-updates-overdue on pc0, pc1, pc10, "
            "pc11, pc12 and 45 more; service-failed on pc0, pc1, pc10, pc11, pc12 and 45 more.");
  EXPECT_EQ(report->second.issue.severity(), "high") << "so that it goes where the findings would have gone";
  EXPECT_EQ(report->second.issue.party(), "it-manager");

  const auto released = Release("service-failed");
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_EQ(released->size(), 50U);
  EXPECT_GT(GetTime(released->front().respond_deadline()), now_) << "clocks begin now";
  EXPECT_EQ(GetTime(released->front().opened_time()), now_);
  EXPECT_EQ(Told().size(), 50U);  // which delivery groups
  ASSERT_TRUE(Release("security-updates-overdue", now_ + absl::Hours(24 * 90)).ok());
  Told();
  for (const auto& [id, record] : issues_) {
    EXPECT_EQ(record.issue.state() == "accepted", record.issue.type() == "security-updates-overdue");
  }
  book_.ReportFindings(now_, changes_);
  EXPECT_THAT(Told(), testing::ElementsAre("resolved initial-findings"));
  EXPECT_THAT(std::string(Release("service-failed").status().message()), HasSubstr("there are no initial findings of type"));
}

TEST_F(IssueBookFindingsTest, ANewMachineAtASiteIsReportedAgainOnceADay) {
  Judge(Enrol(1), service_, true);
  const auto hours_later = [&](int hours) {
    now_ = kStart + absl::Hours(hours);
    book_.ReportFindings(now_, changes_);
    return Told();
  };
  Told();
  EXPECT_THAT(hours_later(24), testing::ElementsAre("opened initial-findings"));
  now_ += absl::Minutes(1);
  Judge(Enrol(2), service_, true);
  EXPECT_THAT(hours_later(30), testing::IsEmpty());
  EXPECT_THAT(hours_later(48), testing::ElementsAre("updated initial-findings"));
  EXPECT_THAT(hours_later(96), testing::IsEmpty()) << "nothing has joined";
}

TEST_F(IssueBookFindingsTest, AReportThatAPersonClosesStaysClosedUntilMoreJoin) {
  Judge(Enrol(1), service_, true);
  now_ += absl::Hours(24);
  book_.ReportFindings(now_, changes_);
  EXPECT_THAT(Told(), testing::ElementsAre("opened initial-findings"));
  v1::ActOnIssueRequest close;
  for (const auto& [id, record] : issues_) {
    if (record.issue.type() == kInitialFindings) close.set_id(id);
  }
  close.set_reason("known");
  close.mutable_close();
  ASSERT_TRUE(book_.Act(close, kManager, now_, changes_).ok());
  Told();
  now_ += absl::Hours(48);
  book_.ReportFindings(now_, changes_);
  EXPECT_THAT(Told(), testing::IsEmpty());
  Judge(Enrol(2), service_, true);
  book_.ReportFindings(now_, changes_);
  EXPECT_THAT(Told(), testing::ElementsAre("opened initial-findings"));
}

TEST_F(IssueBookFindingsTest, SurvivesARestartWithoutClocks) {
  Judge(Enrol(1), service_, true);
  now_ += absl::Hours(24);
  book_.ReportFindings(now_, changes_);
  Told();
  std::vector<IssueRecord> stored;
  for (const auto& [id, record] : issues_) stored.push_back(record);
  book_ = IssueBook();
  book_.Load(stored);
  now_ += absl::Hours(1);
  book_.ReportFindings(now_, changes_);
  EXPECT_THAT(Told(), testing::IsEmpty()) << "nothing is told twice";
  const auto released = Release("service-failed");
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_GT(GetTime(released->front().respond_deadline()), now_);
}

TEST_F(IssueBookFindingsTest, WhoActsOnOneHasReleasedIt) {
  Judge(Enrol(1), service_, true);
  Told();
  v1::ActOnIssueRequest request;
  request.set_id(issues_.begin()->first);
  request.set_reason("seen");
  request.mutable_comment();
  EXPECT_TRUE(book_.Act(request, kManager, now_, changes_)->initial_finding());
  request.mutable_acknowledge();
  const auto taken = book_.Act(request, kManager, now_, changes_);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_FALSE(taken->initial_finding());
  EXPECT_TRUE(taken->has_resolve_deadline());
}

TEST_F(IssueBookFindingsTest, WithoutFirstWeeksEverythingIsTold) {
  terms_ = {absl::ZeroDuration(), absl::ZeroDuration()};
  Judge(Enrol(1), service_, true);
  EXPECT_THAT(Told(), testing::ElementsAre("opened service-failed"));
}

TEST_F(IssueBookFindingsTest, AReleaseSaysWhichAndWhy) {
  Judge(Enrol(1), service_, true);
  v1::ReleaseFindingsRequest request;
  EXPECT_TRUE(absl::IsInvalidArgument(book_.ReleaseFindings(request, kManager, now_, changes_).status())) << "all of everything";
  request.set_site("main");
  SetTime(now_ + absl::Hours(24), *request.mutable_accept_until());
  Told();
  EXPECT_TRUE(absl::IsInvalidArgument(book_.ReleaseFindings(request, kManager, now_, changes_).status())) << "no reason";
  EXPECT_THAT(changes_, testing::IsEmpty());
}

}  // namespace
}  // namespace steward::collector
