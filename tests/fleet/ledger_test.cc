#include "tests/fleet/ledger.h"

#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fleet/life_series.h"

namespace steward::fleet {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'790'000'000'250);

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override { directory_ = testing::TempDir() + "/ledger_test." + std::to_string(::getpid()); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Ledger> Open(bool held) {
    std::filesystem::create_directories(directory_);
    auto ledger = Ledger::Open(directory_ + "/ledger", directory_ + "/in-hand", [this, held](const InHand& in_hand) {
      asked_ = in_hand;
      return held;
    });
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }
  std::string Content() {
    std::stringstream text;
    text << std::ifstream(directory_ + "/ledger").rdbuf();
    return text.str();
  }
  void Write(Ledger& ledger, std::uint64_t sequence) {
    const InHand in_hand{.machine = "m-1", .epoch = 18'000'000'000'000'000'000u, .sequence = sequence};
    ASSERT_TRUE(ledger.Write(in_hand, kTime, series_.descriptors(), series_.Sample(kTime, absl::Hours(1))).ok());
  }

  std::string directory_;
  LifeSeries series_{1, 1, absl::Seconds(15)};
  InHand asked_;
};

TEST_F(LedgerTest, HoldsOneLineASample) {
  auto ledger = Open(true);
  Write(*ledger, 1);
  ASSERT_TRUE(ledger->Settle().ok());
  EXPECT_THAT(Content(), testing::MatchesRegex(
      R"(\{"machine":"m-1","time":"2026-09-21T14:13:20.250Z","metric":"node_cpu_seconds_total",)"
      R"("labels":\{"cpu":"0","mode":"idle"\},"value":[0-9.e+]+\}.)"));
  EXPECT_EQ(ledger->samples(), 1u);
}

TEST_F(LedgerTest, KeepsWhatTheSpoolTookBeforeTheKill) {
  Write(*Open(true), 1);
  const std::string before = Content();
  Open(true);
  EXPECT_EQ(Content(), before);
  EXPECT_EQ(asked_.machine, "m-1");
  EXPECT_EQ(asked_.epoch, 18'000'000'000'000'000'000u);
  EXPECT_EQ(asked_.sequence, 1u);
}

TEST_F(LedgerTest, CutsOffTheBatchThatNoSpoolTook) {
  std::string settled;
  {
    auto ledger = Open(true);
    Write(*ledger, 1);
    ASSERT_TRUE(ledger->Settle().ok());
    settled = Content();
    Write(*ledger, 2);
  }
  Open(false);
  EXPECT_EQ(Content(), settled);
  EXPECT_EQ(asked_.sequence, 2u);
}

TEST_F(LedgerTest, NeverCutsWhatWasSettled) {
  {
    auto ledger = Open(true);
    Write(*ledger, 1);
    ASSERT_TRUE(ledger->Settle().ok());
  }
  const std::string before = Content();
  Open(false);
  EXPECT_EQ(Content(), before);
  EXPECT_TRUE(asked_.machine.empty());
}

}  // namespace
}  // namespace steward::fleet
