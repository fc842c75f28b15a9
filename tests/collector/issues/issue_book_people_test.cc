// What people, the clock and data make of an issue together.
#include <functional>

#include "collector/issues/issue_book.h"
#include "collector/issues/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);  // Monday 2026-03-02 08:00 UTC
const Actor kPartner = {"token 1", "token 1", Role::kPartner};
const Actor kManager = {"Mari (local user 0)", "Mari", Role::kItManager};

// Raises at 80 (medium) and 90 (high) at once, clears below 70 after 10 minutes.
class TestRule final : public Rule {
 public:
  std::string_view type() const override { return "disk-space-low"; }
  int version() const override { return 3; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return {}; }
  IssueText Describe(const MachineRecord&, const Finding&, Severity) const override { return {"Full", "It is full", "", ""}; }
};

class IssueBookPeopleTest : public testing::Test {
 protected:
  IssueBookPeopleTest() {
    machine_.id = "m1";
    machine_.host_name = "srv";
    machine_.site = "main";
    UseTerms();
  }
  void UseTerms() {
    book_.UseTerms([](std::string_view) -> const SiteTerms& {
      static const SiteTerms always = {.calendar = Calendar::Always()};
      return always;
    });
  }

  void Sample(double value) {
    Finding finding;
    finding.subject = "/";
    finding.time = finding.since = now_;
    finding.interval = absl::Minutes(1);
    finding.value = value;
    finding.metric = "used";
    finding.unit = "%";
    const auto zone = [&](double raise) { return value >= raise ? Zone::kRaised : value < 70 ? Zone::kClear : Zone::kBetween; };
    finding.levels.push_back({"warn", Severity::kMedium, zone(80), 80, absl::ZeroDuration(), absl::Minutes(10)});
    finding.levels.push_back({"crit", Severity::kHigh, zone(90), 90, absl::ZeroDuration(), absl::Minutes(10)});
    book_.Apply(machine_, rule_, finding, now_, changes_);
    Take();
  }
  // A sample a minute.
  void Observe(double value, absl::Duration span) {
    for (const absl::Time end = now_ + span; now_ < end; now_ += absl::Minutes(1)) {
      Sample(value);
      Tick();
    }
  }
  void Tick() {
    book_.KeepDates(now_, changes_);
    book_.CloseQuiet(now_, changes_);
    Take();
  }
  absl::Status Act(const Actor& actor, const std::function<void(v1::ActOnIssueRequest&)>& fill, std::string reason = "because") {
    v1::ActOnIssueRequest request;
    request.set_id(issue_.id());
    request.set_reason(std::move(reason));
    fill(request);
    const auto changed = book_.Act(request, actor, now_, changes_);
    Take();
    return changed.status();
  }
  absl::Status Claim() {
    return Act(kPartner, [](auto& r) { r.mutable_claim(); });
  }
  absl::Status Close(const Actor& actor) {
    return Act(actor, [](auto& r) { r.mutable_close(); });
  }

  // Keeps the newest issue, its history and what was told; and the store as it would be.
  void Take() {
    for (IssueChange& change : changes_) {
      stored_[change.record.issue.id()] = change.record;
      if (change.record.issue.state() == "pending") continue;
      issue_ = change.record.issue;
      if (change.event) history_.push_back(change.event->actor + " " + change.event->action);
      if (!change.notify.empty()) told_.push_back(change.notify);
    }
    changes_.clear();
  }
  void Restart() {
    std::vector<IssueRecord> records;
    for (const auto& [id, record] : stored_) records.push_back(record);
    book_ = IssueBook();
    UseTerms();
    book_.Load(records);
  }

  MachineRecord machine_;
  TestRule rule_;
  IssueBook book_;
  absl::Time now_ = kStart;
  v1::Issue issue_;
  std::vector<std::string> history_, told_;
  std::map<std::string, IssueRecord> stored_;
  std::vector<IssueChange> changes_;
};

TEST_F(IssueBookPeopleTest, AClaimThatDataConfirmsEndsTheIssueAtTheClaim) {
  Observe(85, absl::Minutes(5));
  ASSERT_TRUE(Act(kPartner, [](auto& r) { r.mutable_acknowledge(); }).ok());
  EXPECT_EQ(issue_.assignee(), "token 1");
  EXPECT_EQ(GetTime(issue_.deadline()), kStart + 3 * absl::Hours(24)) << "the resolve clock";
  ASSERT_TRUE(Claim().ok());
  const absl::Time claimed = now_;
  Observe(50, absl::Minutes(12));
  EXPECT_EQ(issue_.state(), "resolved");
  EXPECT_EQ(GetTime(issue_.resolved_time()), claimed);
  EXPECT_FALSE(issue_.self_cleared());
  EXPECT_THAT(history_, ElementsAre("rules opened", "token 1 acknowledged", "token 1 claimed", "rules resolved"));
  EXPECT_THAT(told_, ElementsAre("opened", "resolved"));
}

TEST_F(IssueBookPeopleTest, AClaimThatDataRefutesComesBackAndIsCounted) {
  Observe(85, absl::Minutes(5));
  ASSERT_TRUE(Claim().ok());
  Observe(85, absl::Minutes(12));  // clear time and two samples
  EXPECT_EQ(issue_.state(), "claimed");
  Observe(85, absl::Minutes(2));
  EXPECT_EQ(issue_.state(), "acknowledged");
  EXPECT_EQ(issue_.claims_refused(), 1u);
  EXPECT_EQ(told_.back(), "updated");
  ASSERT_TRUE(Claim().ok());
  Observe(60, absl::Minutes(5));
  Observe(85, absl::Minutes(9));  // the clear time had begun, and ended
  EXPECT_EQ(issue_.claims_refused(), 2u);
}

TEST_F(IssueBookPeopleTest, ASnoozeEndsAtItsDateOrWhenItGetsWorse) {
  Observe(85, absl::Minutes(5));
  const auto snooze = [&] {
    return Act(kPartner, [&](auto& r) { SetTime(now_ + absl::Hours(2), *r.mutable_snooze()->mutable_until()); });
  };
  ASSERT_TRUE(snooze().ok());
  EXPECT_EQ(GetTime(issue_.deadline()), now_ + absl::Hours(2));
  Observe(85, absl::Hours(2));
  EXPECT_EQ(issue_.state(), "snoozed");
  Observe(85, absl::Minutes(2));
  EXPECT_EQ(issue_.state(), "open") << "nobody had taken it";
  EXPECT_EQ(history_.back(), "clock woken");
  ASSERT_TRUE(snooze().ok());
  told_.clear();
  Observe(95, absl::Minutes(1));
  EXPECT_EQ(issue_.state(), "open");
  EXPECT_EQ(issue_.severity(), "high");
  EXPECT_THAT(told_, ElementsAre("updated"));
}

TEST_F(IssueBookPeopleTest, AnAcceptedRiskComesBackAtItsReviewAndASilentOneIsNotTold) {
  Observe(95, absl::Minutes(5));
  ASSERT_TRUE(Act(kManager, [&](auto& r) { SetTime(now_ + absl::Hours(48), *r.mutable_accept()->mutable_review_time()); }).ok());
  told_.clear();
  Restart();
  Observe(60, absl::Minutes(1));
  now_ += absl::Hours(49);
  Tick();
  EXPECT_EQ(issue_.state(), "open");
  EXPECT_THAT(told_, ElementsAre("updated"));
  EXPECT_EQ(issue_.paused().seconds(), 49 * 3600 + 60);
}

TEST_F(IssueBookPeopleTest, AWaitStopsTheResolveClockButForPartsTenWorkingDaysAtMost) {
  Observe(85, absl::Minutes(5));
  const absl::Time deadline = GetTime(issue_.resolve_deadline());
  const auto wait = [&](const char* reason, absl::Duration span) {
    ASSERT_TRUE(Act(kPartner, [&](auto& r) {
                  r.mutable_wait()->set_reason(reason);
                  SetTime(now_ + span, *r.mutable_wait()->mutable_until());
                }).ok());
    now_ += span;
    Tick();
    EXPECT_EQ(issue_.state(), "acknowledged");
  };
  wait("user-access", absl::Hours(24));
  EXPECT_EQ(GetTime(issue_.resolve_deadline()), deadline + absl::Hours(24));
  wait("parts", absl::Hours(20 * 24));
  EXPECT_EQ(GetTime(issue_.resolve_deadline()), deadline + absl::Hours(11 * 24));
}

TEST_F(IssueBookPeopleTest, ADecisionIsTheManagersMoveUntilItIsAnswered) {
  Observe(85, absl::Minutes(5));
  const auto ask = [](auto& r) {
    r.mutable_ask()->set_question("A larger disk?");
    for (const char* option : {"2 TB", "clean up"}) r.mutable_ask()->add_options()->set_text(option);
  };
  ASSERT_TRUE(Act(kPartner, ask).ok());
  EXPECT_EQ(issue_.state(), "waiting");
  EXPECT_EQ(issue_.party(), "it-manager");
  EXPECT_EQ(GetTime(issue_.deadline()), now_ + 5 * absl::Hours(24));
  EXPECT_TRUE(absl::IsFailedPrecondition(Act(kPartner, ask))) << "one at a time";
  EXPECT_TRUE(absl::IsPermissionDenied(Act(kPartner, [](auto& r) { r.mutable_answer()->set_answer("2 TB"); })));
  EXPECT_THAT(std::string(Act(kManager, [](auto& r) { r.mutable_answer()->set_answer("no"); }).message()), HasSubstr("clean up"));
  ASSERT_TRUE(Act(kManager, [](auto& r) { r.mutable_answer()->set_answer("2 TB"); }).ok());
  EXPECT_EQ(issue_.state(), "acknowledged");
  EXPECT_EQ(issue_.party(), "partner");
  EXPECT_EQ(issue_.decision().answered_by(), "Mari (local user 0)");
  EXPECT_TRUE(Act(kPartner, ask).ok()) << "and the next";
}

TEST_F(IssueBookPeopleTest, AReopeningWithinSevenDaysIsTheSameIssueLaterOnesAreLinked) {
  Observe(85, absl::Minutes(5));
  Observe(50, absl::Minutes(12));
  EXPECT_TRUE(issue_.self_cleared());
  const std::string first = issue_.id();
  now_ += absl::Hours(6 * 24);
  Observe(85, absl::Minutes(1));
  EXPECT_EQ(issue_.id(), first);
  EXPECT_EQ(issue_.reopened(), 1u);
  EXPECT_EQ(issue_.state(), "open");
  EXPECT_EQ(GetTime(issue_.respond_deadline()), now_ - absl::Minutes(1) + absl::Hours(4)) << "fresh clocks";
  EXPECT_FALSE(issue_.self_cleared());
  Observe(50, absl::Minutes(12));
  now_ += absl::Hours(8 * 24);
  Tick();
  EXPECT_EQ(issue_.state(), "closed");
  Restart();
  Observe(85, absl::Minutes(1));
  EXPECT_NE(issue_.id(), first);
  EXPECT_EQ(issue_.previous_id(), first);
}

TEST_F(IssueBookPeopleTest, AFalseAlarmStaysQuietUntilItClearsOrGetsWorse) {
  Observe(85, absl::Minutes(5));
  EXPECT_TRUE(absl::IsInvalidArgument(Act(kManager, [](auto& r) { r.mutable_close(); }, "")));
  ASSERT_TRUE(Close(kManager).ok());
  EXPECT_EQ(issue_.state(), "closed");
  told_.clear();
  Observe(85, absl::Minutes(20));
  Restart();
  Observe(85, absl::Minutes(20));
  EXPECT_THAT(told_, IsEmpty());
  const std::string first = issue_.id();
  Observe(95, absl::Minutes(1));
  EXPECT_THAT(told_, ElementsAre("opened"));
  EXPECT_NE(issue_.id(), first);
  EXPECT_EQ(issue_.previous_id(), first);
  ASSERT_TRUE(Close(kManager).ok());
  Observe(50, absl::Minutes(12));
  Observe(85, absl::Minutes(1));
  EXPECT_EQ(issue_.state(), "open") << "it had cleared";
}

TEST_F(IssueBookPeopleTest, ThePartnersCloseIsPutToTheManager) {
  Observe(85, absl::Minutes(5));
  ASSERT_TRUE(Close(kPartner).ok());
  EXPECT_EQ(issue_.state(), "waiting");
  EXPECT_EQ(issue_.decision().proposal(), "close");
  ASSERT_TRUE(Act(kManager, [](auto& r) { r.mutable_answer()->set_answer("no"); }).ok());
  EXPECT_EQ(issue_.state(), "acknowledged");
  ASSERT_TRUE(Close(kPartner).ok());
  ASSERT_TRUE(Act(kManager, [](auto& r) { r.mutable_answer()->set_answer("yes"); }).ok());
  EXPECT_EQ(issue_.state(), "closed");
  EXPECT_EQ(Close(kManager).code(), absl::StatusCode::kNotFound);
}

TEST_F(IssueBookPeopleTest, ASeverityThatAPersonSetHoldsUntilTheRuleSaysWorse) {
  Observe(95, absl::Minutes(5));
  ASSERT_TRUE(Act(kManager, [](auto& r) { r.mutable_severity()->set_severity("low"); }).ok());
  EXPECT_EQ(issue_.rule_severity(), "high");
  Observe(95, absl::Minutes(10));
  EXPECT_EQ(issue_.severity(), "low");
  Observe(60, absl::Minutes(5));
  Observe(85, absl::Minutes(1));
  EXPECT_EQ(issue_.severity(), "low");
  ASSERT_TRUE(Act(kPartner, [](auto& r) { r.mutable_severity()->set_severity("critical"); }).ok());
  EXPECT_EQ(GetTime(issue_.resolve_deadline()), now_ + absl::Hours(4)) << "worse shortens";
  Observe(95, absl::Minutes(3));
  EXPECT_EQ(issue_.severity(), "critical") << "the rule says high";
}

TEST_F(IssueBookPeopleTest, ALoweredSeverityDoesNotReviveAMissedDeadline) {
  Observe(95, absl::Minutes(5));
  now_ = kStart + absl::Hours(2);
  const absl::Time respond = GetTime(issue_.respond_deadline());
  ASSERT_TRUE(Act(kManager, [](auto& r) { r.mutable_severity()->set_severity("low"); }).ok());
  EXPECT_EQ(GetTime(issue_.respond_deadline()), respond) << "missed";
  EXPECT_EQ(GetTime(issue_.resolve_deadline()), kStart + 20 * absl::Hours(24));
}

TEST_F(IssueBookPeopleTest, AHandOverChangesWhoseMoveItIs) {
  Observe(85, absl::Minutes(5));
  const auto hand_over = [](auto& r) { r.mutable_assign()->set_party("it-manager"); };
  EXPECT_TRUE(absl::IsInvalidArgument(Act(kPartner, hand_over, ""))) << "a reason is needed";
  ASSERT_TRUE(Act(kPartner, hand_over).ok());
  EXPECT_EQ(issue_.party(), "it-manager");
  EXPECT_EQ(told_.back(), "updated");
}

TEST_F(IssueBookPeopleTest, AManualIssueIsClosedByTheOtherParty) {
  v1::CreateIssueRequest request;
  request.set_title("Printer is slow");
  request.set_severity("low");
  EXPECT_TRUE(absl::IsInvalidArgument(book_.Create(request, nullptr, kPartner, now_, changes_).status())) << "of what?";
  ASSERT_TRUE(book_.Create(request, &machine_, kManager, now_, changes_).ok());
  ASSERT_TRUE(book_.Create(request, &machine_, kManager, now_, changes_).ok()) << "two in one moment";
  EXPECT_NE(changes_[0].record.issue.id(), changes_[1].record.issue.id());
  Take();
  EXPECT_EQ(issue_.type(), "manual");
  EXPECT_EQ(issue_.party(), "partner");
  book_.MarkStale("m1", now_ + absl::Hours(1), [](const auto&...) { return true; }, now_, changes_);
  EXPECT_THAT(changes_, IsEmpty()) << "no data is awaited";
  Restart();
  ASSERT_TRUE(Claim().ok());
  ASSERT_TRUE(Act(kManager, [](auto& r) { r.mutable_claim()->set_refuse(true); }).ok());
  EXPECT_EQ(issue_.state(), "acknowledged");
  EXPECT_EQ(issue_.claims_refused(), 1u);
  ASSERT_TRUE(Close(kPartner).ok());
  EXPECT_EQ(issue_.state(), "waiting") << "the partner cannot close what it did itself";
  ASSERT_TRUE(Act(kManager, [](auto& r) { r.mutable_answer()->set_answer("yes"); }).ok());
  EXPECT_EQ(issue_.state(), "closed");
}

TEST_F(IssueBookPeopleTest, ADrillIsMarkedAndEndsByItself) {
  Sample(50);
  const auto drill = book_.Drill(rule_, machine_, kPartner, now_, changes_);
  ASSERT_TRUE(drill.ok()) << drill.status();
  EXPECT_TRUE(drill->drill());
  EXPECT_EQ(drill->title(), "DRILL: Full");
  EXPECT_EQ(drill->state(), "open");
  EXPECT_TRUE(drill->has_respond_deadline());
  EXPECT_EQ(changes_.back().notify, "opened");
  EXPECT_TRUE(absl::IsAlreadyExists(book_.Drill(rule_, machine_, kPartner, now_, changes_).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(book_.Drill(rule_, machine_, {"v", "v", Role::kViewer}, now_, changes_).status()));

  std::vector<IssueChange> quiet;
  book_.EndDrills(now_ + IssueBook::kDrillTime - absl::Seconds(1), quiet);
  EXPECT_THAT(quiet, IsEmpty());
  book_.EndDrills(now_ + IssueBook::kDrillTime, quiet);
  ASSERT_EQ(quiet.size(), 1u);
  EXPECT_EQ(quiet[0].record.issue.state(), "resolved");
  EXPECT_EQ(quiet[0].notify, "resolved");
  const auto again = book_.Drill(rule_, machine_, kPartner, now_ + absl::Hours(25), quiet);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_NE(again->id(), drill->id());
}

TEST_F(IssueBookPeopleTest, ADrillLeavesTheRealIssueAlone) {
  ASSERT_TRUE(book_.Drill(rule_, machine_, kPartner, now_, changes_).ok());
  Sample(85);
  ASSERT_FALSE(issue_.id().empty());
  EXPECT_FALSE(issue_.drill());
  EXPECT_EQ(issue_.severity(), "medium");
}

}  // namespace
}  // namespace steward::collector
