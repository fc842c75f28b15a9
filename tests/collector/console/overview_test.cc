#include "collector/console/overview.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kRed[] = "<span class=\"down\">";
constexpr char kSoft[] = "<span class=\"off\">";

std::string PageOf(const std::string& machine_class, bool up, const std::string& name = "host-1") {
  MachineRecord record;
  record.id = "id-1";
  record.instance = name;
  record.machine_class = machine_class;
  MachineStatus status;
  status.record = std::make_shared<const MachineRecord>(record);
  status.up = up;
  return OverviewPage({{status}, {}, absl::OkStatus(), absl::FromUnixSeconds(1'800'000'000), "test"});
}

TEST(Overview, AServerThatIsDownIsRed) { EXPECT_THAT(PageOf("server", false), HasSubstr(std::string(kRed) + "○ down")); }

TEST(Overview, AWorkstationThatIsDownIsOffOrAsleep) {
  for (const char* machine_class : {"desktop", "laptop"}) {
    const std::string page = PageOf(machine_class, false);
    EXPECT_THAT(page, HasSubstr(std::string(kSoft) + "○ off or asleep")) << machine_class;
    EXPECT_THAT(page, Not(HasSubstr(kRed))) << machine_class;
  }
}

TEST(Overview, AMachineThatIsUpIsUpWhateverItIs) {
  for (const char* machine_class : {"server", "laptop"}) {
    EXPECT_THAT(PageOf(machine_class, true), HasSubstr("● up</span>")) << machine_class;
  }
}

TEST(Overview, ALittleThatIsMissingIsNotAHundredPercent) {
  MachineRecord record;
  record.instance = "host-1";
  MachineStatus status;
  status.record = std::make_shared<const MachineRecord>(record);
  const auto page_with = [&](std::optional<double> ratio) {
    return OverviewPage({{status}, {}, absl::OkStatus(), absl::FromUnixSeconds(1'800'000'000), "test",
                         [ratio](const MachineRecord&) { return ratio; }});
  };
  EXPECT_THAT(page_with(1), HasSubstr(">100 %<"));
  EXPECT_THAT(page_with(0.99999), HasSubstr(">99.9 %<"));
  EXPECT_THAT(page_with(0.5), HasSubstr(">50 %<"));
  EXPECT_THAT(page_with(std::nullopt), HasSubstr("data-name=\"Observed\">–<"));
}

TEST(Overview, NamesAreText) {
  const std::string page = PageOf("server", true, "<script>alert(1)</script>");
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
}

}  // namespace
}  // namespace steward::collector
