// Who may add which window, and what it comes to.
#include "collector/policy/window_request.h"

#include "collector/issues/window_book.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'772'438'400);  // Monday 2026-03-02 08:00 UTC, 10:00 in Tallinn
const Actor kManager = {"Mari (local user 0)", "Mari", Role::kItManager};
const Actor kPartner = {"token 1", "token 1", Role::kPartner};

absl::TimeZone Tallinn() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Tallinn", &zone));
  return zone;
}

v1::AddWindowRequest Once(std::string from, std::string to) {
  v1::AddWindowRequest request;
  request.set_title("Updates");
  request.set_site("main");
  request.set_from(std::move(from));
  request.set_to(std::move(to));
  return request;
}

absl::StatusOr<v1::MaintenanceWindow> Make(const v1::AddWindowRequest& request, const Actor& actor = kManager) {
  return MakeWindow(request, nullptr, actor, Tallinn(), kNow);
}
std::string Refusal(const v1::AddWindowRequest& request, const Actor& actor = kManager) {
  return std::string(Make(request, actor).status().message());
}

TEST(WindowRequestTest, TimesAreThoseOfTheSite) {
  const auto window = Make(Once("2026-03-03 22:00", "2026-03-04 01:30"));
  ASSERT_TRUE(window.ok()) << window.status();
  const auto listed = ListedWindow(*window, Tallinn(), kNow);
  EXPECT_EQ(listed.state(), "planned");
  EXPECT_EQ(listed.times(), "2026-03-03 22:00 to 2026-03-04 01:30");
  EXPECT_EQ(absl::FromUnixSeconds(listed.begin_time().seconds()), kNow + absl::Hours(36));
  EXPECT_EQ(ListedWindow(*window, Tallinn(), kNow + absl::Hours(37)).state(), "active");
  EXPECT_EQ(ListedWindow(*window, Tallinn(), kNow + absl::Hours(40)).state(), "over");
}

TEST(WindowRequestTest, ALengthTakesThePlaceOfAnEnd) {
  v1::AddWindowRequest request = Once("2026-03-28 23:00", "");
  request.mutable_duration()->set_seconds(6 * 3600);  // over the change of the clocks
  EXPECT_EQ(Make(request)->to(), "2026-03-29 06:00");
  request.add_weekly("sun");
  request.set_from("23:00");
  EXPECT_EQ(Make(request)->to(), "05:00");
}

TEST(WindowRequestTest, ThePartnersIsShortAndAnnounced) {
  EXPECT_EQ(Make(Once("2026-03-03 10:00", "2026-03-03 18:00"), kPartner)->proposal(), "");
  EXPECT_THAT(Make(Once("2026-03-03 10:00", "2026-03-03 18:01"), kPartner)->proposal(), HasSubstr("is 8h1m long"));
  EXPECT_THAT(Make(Once("2026-03-03 09:59", "2026-03-03 11:00"), kPartner)->proposal(), HasSubstr("begins 2026-03-03 09:59"));
  EXPECT_EQ(Make(Once("2026-03-03 09:59", "2026-03-03 11:00"))->proposal(), "");
  v1::AddWindowRequest weekly = Once("02:00", "04:00");
  weekly.add_weekly("sun");
  EXPECT_THAT(Make(weekly, kPartner)->proposal(), HasSubstr("comes every week"));
  EXPECT_TRUE(Make(weekly).ok());
  EXPECT_EQ(Make(weekly, {"x", "x", Role::kViewer}).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST(WindowRequestTest, AProposedOneHoldsOnceItIsConfirmed) {
  v1::MaintenanceWindow window = *Make(Once("2026-03-02 12:00", "2026-03-02 14:00"), kPartner);
  window.set_id("w1");
  const absl::Time within = kNow + absl::Hours(3);
  EXPECT_EQ(ListedWindow(window, Tallinn(), within).state(), "proposed");
  EXPECT_EQ(ConfirmedWindow(window, kPartner, Tallinn(), kNow).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ConfirmedWindow(window, kManager, Tallinn(), kNow + absl::Hours(5)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ListedWindow(window, Tallinn(), kNow + absl::Hours(5)).state(), "over") << "nobody has confirmed it in time";
  EXPECT_TRUE(CheckRemoval(window, kPartner, Tallinn(), kNow).ok()) << "it takes its proposal back";
  EXPECT_TRUE(CheckRemoval(window, kManager, Tallinn(), kNow).ok()) << "it is refused";
  const auto confirmed = ConfirmedWindow(window, kManager, Tallinn(), kNow);
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->confirmed_by(), kManager.record);
  EXPECT_EQ(ListedWindow(*confirmed, Tallinn(), within).state(), "active");
  EXPECT_THAT(std::string(ConfirmedWindow(*confirmed, kManager, Tallinn(), kNow).status().message()), HasSubstr("holds already"));
}

TEST(WindowRequestTest, SaysWhatIsWrong) {
  EXPECT_THAT(Refusal(Once("tomorrow", "2026-03-04 01:30")), HasSubstr("\"2026-12-24 22:00\""));
  EXPECT_THAT(Refusal(Once("2026-03-04 22:00", "2026-03-04 01:30")), HasSubstr("ends before it begins"));
  EXPECT_THAT(Refusal(Once("2026-03-01 22:00", "2026-03-02 01:30")), HasSubstr("over already"));
  EXPECT_THAT(Refusal(Once("2026-03-03 22:00", "2026-03-30 01:30")), HasSubstr("14 days"));
  v1::AddWindowRequest nowhere = Once("2026-03-03 22:00", "2026-03-03 23:00");
  nowhere.clear_site();
  EXPECT_THAT(Refusal(nowhere), HasSubstr("name a machine, a class or a site"));
  v1::AddWindowRequest endless = Once("2026-03-03 22:00", "");
  EXPECT_THAT(Refusal(endless), HasSubstr("when the window ends"));
  v1::AddWindowRequest weekly = Once("2026-03-03 22:00", "23:00");
  weekly.add_weekly("sun");
  EXPECT_THAT(Refusal(weekly), HasSubstr("from 02:00 to 06:00"));
}

TEST(WindowRequestTest, ThePartnerRemovesItsOwn) {
  v1::MaintenanceWindow window = *Make(Once("2026-03-03 10:00", "2026-03-03 18:00"), kPartner);
  window.set_id("w1");
  EXPECT_TRUE(CheckRemoval(window, kPartner, Tallinn(), kNow).ok());
  EXPECT_EQ(CheckRemoval(window, kPartner, Tallinn(), kNow + absl::Hours(48)).code(), absl::StatusCode::kFailedPrecondition);
  window.set_party("it-manager");
  EXPECT_EQ(CheckRemoval(window, kPartner, Tallinn(), kNow).code(), absl::StatusCode::kPermissionDenied);
  window.set_is_policy(true);
  EXPECT_THAT(std::string(CheckRemoval(window, kManager, Tallinn(), kNow).message()), HasSubstr("[[window]]"));
}

TEST(WindowBookTest, CoversByMachineClassAndSiteInTheSitesTime) {
  WindowBook book;
  book.SetZones({.other = absl::UTCTimeZone(), .sites = {{"main", Tallinn()}}});
  WindowConfig config{.name = "night", .machine = "", .machine_class = "server", .site = "", .days = {true}};
  config.hours = {absl::Hours(22), absl::Hours(2)};  // Monday, until Tuesday 02:00
  book.SetWindows({WindowOf(KeptWindow(config))});
  const absl::Time begin = kNow + absl::Hours(12);  // 20:00 UTC is 22:00 in Tallinn
  const auto state = [&](std::string_view site, std::string_view machine_class, absl::Time time) -> std::string {
    const auto cover = book.CoverOf({"id", "srv", machine_class, site}, time);
    return !cover ? "none" : cover->IsOver(time) ? "settles" : "covers";
  };
  EXPECT_EQ(state("main", "server", begin - absl::Seconds(1)), "none");
  EXPECT_EQ(state("main", "server", begin), "covers");
  EXPECT_EQ(state("main", "laptop", begin), "none");
  EXPECT_EQ(state("attic", "server", begin), "none");  // there it is 20:00
  EXPECT_EQ(state("attic", "server", begin + absl::Hours(2)), "covers");
  EXPECT_EQ(state("main", "server", begin + absl::Hours(4)), "settles");
  EXPECT_EQ(state("main", "server", begin + absl::Hours(4) + WindowBook::kSettle), "none");
  EXPECT_EQ(state("attic", "server", begin + absl::Hours(4) + WindowBook::kSettle), "covers");
}

}  // namespace
}  // namespace steward::collector
