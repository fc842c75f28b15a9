// What a maintenance window does to the clocks of what is open, and to what it never keeps back.
#include "collector/issues/issue_book.h"
#include "collector/issues/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);  // Monday 2026-03-02 08:00 UTC

// True at 1 at once, clear at 0 at once.
class TestRule final : public Rule {
 public:
  explicit TestRule(std::string_view type) : type_(type) {}
  std::string_view type() const override { return type_; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return {}; }
  IssueText Describe(const MachineRecord&, const Finding&, Severity) const override { return {"Full", "It is full", "", ""}; }

 private:
  std::string_view type_;
};

class IssueBookWindowsTest : public testing::Test {
 protected:
  IssueBookWindowsTest() {
    machine_.id = "m1";
    machine_.host_name = "srv";
    machine_.site = "main";
    Use(book_);
  }
  void Use(IssueBook& book) {
    book.UseTerms([](std::string_view) -> const SiteTerms& {
      static const SiteTerms always = {.calendar = Calendar::Always()};
      return always;
    });
    book.UseWindows(windows_);
  }
  void SetWindow(absl::Duration from, absl::Duration to) {
    Window window;
    window.id = "w1";
    window.begin.absolute = kStart + from;
    window.end.absolute = kStart + to;
    windows_.SetWindows({window});
  }
  void Sample(double value, std::string_view type = "disk-space-low") {
    Finding finding;
    finding.time = finding.since = now_;
    finding.interval = absl::Minutes(1);
    finding.value = value;
    finding.levels.push_back({"full", Severity::kHigh, value > 0 ? Zone::kRaised : Zone::kClear, 1, {}, {}});
    book_.Apply(machine_, TestRule(type), finding, now_, changes_);
    Take();
  }
  void Tick(absl::Duration at) {
    now_ = kStart + at;
    book_.KeepWindows(now_, changes_);
    book_.KeepDates(now_, changes_);
    Take();
  }
  absl::Status Act(const std::function<void(v1::ActOnIssueRequest&)>& fill) {
    v1::ActOnIssueRequest request;
    request.set_id(issue_.id());
    fill(request);
    const auto changed = book_.Act(request, {"Mari", "Mari", Role::kItManager}, now_, changes_);
    Take();
    return changed.status();
  }
  void Take() {
    for (const IssueChange& change : changes_) {
      issue_ = change.record.issue;
      record_ = change.record;
      if (change.event) actions_.push_back(change.event->action);
    }
    changes_.clear();
  }

  MachineRecord machine_;
  WindowBook windows_;
  IssueBook book_;
  absl::Time now_ = kStart;
  std::vector<IssueChange> changes_;
  std::vector<std::string> actions_;
  v1::Issue issue_;
  IssueRecord record_;
};

TEST_F(IssueBookWindowsTest, BothClocksStandStill) {
  SetWindow(absl::Minutes(30), absl::Minutes(150));
  Sample(1);
  Tick(absl::Minutes(30));
  EXPECT_TRUE(issue_.has_paused_since());
  IssueBook restarted;  // what it has to know is stored
  Use(restarted);
  restarted.Load({record_});
  book_ = std::move(restarted);
  Tick(absl::Minutes(150));
  EXPECT_EQ(GetTime(issue_.respond_deadline()), kStart + absl::Hours(1 + 2));
  EXPECT_EQ(GetTime(issue_.resolve_deadline()), kStart + absl::Hours(8 + 2));
  EXPECT_EQ(issue_.deadline().seconds(), issue_.respond_deadline().seconds());
  EXPECT_EQ(issue_.paused().seconds(), 2 * 3600);
  EXPECT_FALSE(issue_.has_paused_since());
  EXPECT_THAT(actions_, ElementsAre("opened", "paused", "resumed"));
}

TEST_F(IssueBookWindowsTest, WhatWaitsOnItsOwnGoesOnWaiting) {
  SetWindow(absl::Hours(1), absl::Hours(3));
  Sample(1);
  Tick(absl::Hours(1));
  now_ = kStart + absl::Hours(2);
  ASSERT_TRUE(Act([&](v1::ActOnIssueRequest& request) {
                request.mutable_wait()->set_reason("parts");
                SetTime(kStart + absl::Hours(6), *request.mutable_wait()->mutable_until());
              }).ok());
  Tick(absl::Hours(3));
  EXPECT_TRUE(issue_.has_paused_since()) << "the window is over, the parts are not there";
  Tick(absl::Hours(6));
  EXPECT_EQ(issue_.state(), "acknowledged");
  EXPECT_EQ(GetTime(issue_.resolve_deadline()), kStart + absl::Hours(8 + 5)) << "each hour is taken out once";
}

TEST_F(IssueBookWindowsTest, TakingItUpDoesNotStartItsClock) {
  SetWindow(absl::Hours(1), absl::Hours(3));
  Sample(1);
  Tick(absl::Hours(1));
  now_ = kStart + absl::Hours(2);
  ASSERT_TRUE(Act([](v1::ActOnIssueRequest& request) { request.mutable_acknowledge(); }).ok());
  Tick(absl::Hours(2));
  EXPECT_TRUE(issue_.has_paused_since());
  Tick(absl::Hours(3));
  EXPECT_EQ(GetTime(issue_.resolve_deadline()), kStart + absl::Hours(8 + 2));
}

TEST_F(IssueBookWindowsTest, SecurityIsNeverMuted) {
  SetWindow(absl::ZeroDuration(), absl::Hours(3));
  Tick(absl::Minutes(1));
  Sample(1, "new-local-admin");
  Tick(absl::Minutes(2));
  EXPECT_THAT(actions_, ElementsAre("opened", "in-window"));
  EXPECT_EQ(issue_.window_id(), "w1");
  EXPECT_FALSE(issue_.has_paused_since());
  Tick(absl::Hours(3));
  EXPECT_THAT(actions_, ElementsAre("opened", "in-window", "window-over"));
}

}  // namespace
}  // namespace steward::collector
