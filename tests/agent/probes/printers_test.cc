// What lpstat says of printers becomes three plain states and the printer's own words.
#include "agent/probes/printers.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

// Of CUPS 2.4, shortened.
constexpr std::string_view kPrinters =
    "printer Office is idle.  enabled since Mon Nov 23 17:53:51 2026\n"
    "\tForm mounted:\n"
    "\tDescription: Office\n"
    "\tAlerts: none\n"
    "\tLocation: \n"
    "printer Store disabled since Mon Nov 23 17:53:51 2026 -\n"
    "\tPaper jam\n"
    "\tForm mounted:\n"
    "\tDescription: Alerts: toner-empty\n"
    "\tAlerts: paused\n"
    "printer Hall now printing Hall-12.  enabled since Mon Nov 23 17:54:12 2026\n"
    "\tAlerts: toner-low-warning media-empty-error marker-supply-low-report\n";

class PrintersTest : public testing::Test {
 protected:
  void Parse(std::string_view text) {
    collected_ = {};
    ParsePrinters(text, collected_);
  }
  std::int64_t Of(std::string_view metric, std::string_view printer) {
    return collected_.Integer(StrCat("steward_printer_", metric, "{printer=", printer, "}"));
  }
  Collected collected_;
};

TEST_F(PrintersTest, StatesAndAlertsAreTold) {
  Parse(kPrinters);
  EXPECT_EQ(Of("stopped", "Office"), 0);
  EXPECT_EQ(Of("needs_attention", "Office"), 0);
  EXPECT_EQ(Of("supply_state", "Office"), 0);
  EXPECT_EQ(Of("stopped", "Store"), 1);
  EXPECT_EQ(Of("supply_state", "Store"), 0) << "its description is no alert";
  EXPECT_EQ(Of("stopped", "Hall"), 0);
  EXPECT_EQ(Of("needs_attention", "Hall"), 1);
  EXPECT_EQ(Of("supply_state", "Hall"), 1);
  EXPECT_EQ(collected_.Integer("steward_printer_alert{alert=media-empty-error,printer=Hall}"), 1);
  EXPECT_FALSE(collected_.Has("steward_printer_alert{alert=none,printer=Office}"));
}

TEST_F(PrintersTest, EmptyIsWorseThanLow) {
  Parse("printer A is idle.  enabled\n\tAlerts: toner-empty-error toner-low-warning\n");
  EXPECT_EQ(Of("supply_state", "A"), 2);
  EXPECT_EQ(Of("needs_attention", "A"), 0) << "it is the supply that is told of";
}

TEST_F(PrintersTest, OtherTextIsPassedOver) {
  for (const std::string_view text : {"", "\n", "printer", "printer \n\tAlerts: x", "\tAlerts: toner-low\n", "lpstat: broken"}) {
    Parse(text);
    EXPECT_TRUE(collected_.integers.empty()) << text;
  }
  std::string many;
  for (int i = 0; i < kPrintersMax + 5; ++i) StrAppend(&many, "printer p", i, " is idle.\n");
  Parse(many);
  EXPECT_EQ(collected_.integers.size(), 3u * kPrintersMax);
}

TEST_F(PrintersTest, AMachineWithoutCupsHasNoSource) {
  AnsweringPlatform machine;
  machine.tools[Tool::kPrinters] = absl::NotFoundError("no lpstat");
  EXPECT_TRUE(absl::IsNotFound(MakePrintersProbe(machine)->Collect(collected_)));
}

}  // namespace
}  // namespace steward::agent
