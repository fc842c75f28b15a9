// When the inventory is collected again.
#include "agent/inventory_keeper.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

class InventoryKeeperTest : public testing::Test {
 protected:
  InventoryKeeperTest() {
    InventoryKeeper::Parts parts{io_.get_executor(), clock_, directory_.path() / "inventory.pb",
                                 [this] { return std::vector<InventoryGroup>{{"check", {{"raid", text_}}, ""}}; },
                                 [this] { return mark_; }, [this](const InventoryOffer&) { ++offers_; }};
    keeper_.emplace(std::move(parts));
    keeper_->Start();
    RunUntilOffers(1);
  }
  // What is collected is collected in another thread.
  void RunUntilOffers(int count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (offers_ < count && std::chrono::steady_clock::now() < deadline) {
      io_.restart();
      io_.run_for(std::chrono::milliseconds(5));
    }
    ASSERT_EQ(offers_, count);
  }
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    io_.restart();
    io_.poll();
  }
  void SaySomethingNew() {
    text_ += " more";
    mark_ += "x";
    keeper_->LookSoon();
  }

  boost::asio::io_context io_;
  ManualClock clock_{absl::FromUnixSeconds(1'795'376'870)};
  TempDir directory_;
  std::string text_ = "ok", mark_;
  int offers_ = 0;
  std::optional<InventoryKeeper> keeper_;
};

TEST_F(InventoryKeeperTest, WhatIsNewIsCollectedAtOnceAndWhatIsNewOftenEveryFiveMinutes) {
  Advance(absl::Minutes(1));
  SaySomethingNew();
  RunUntilOffers(2);
  EXPECT_EQ(KeptGroup(directory_.path() / "inventory.pb", "check").facts[0].value, "ok more");
  Advance(absl::Minutes(1));
  SaySomethingNew();
  Advance(absl::Minutes(1));
  SaySomethingNew();
  EXPECT_EQ(offers_, 2);
  Advance(InventoryKeeper::kBetweenCollections - absl::Minutes(2));
  RunUntilOffers(3);
  EXPECT_EQ(KeptGroup(directory_.path() / "inventory.pb", "check").facts[0].value, "ok more more more");
}

TEST_F(InventoryKeeperTest, WithoutAnythingNewItIsCollectedDaily) {
  Advance(absl::Hours(19));
  EXPECT_EQ(offers_, 1);
  for (int quarters = 0; quarters < 9 * 4 + 1; ++quarters) Advance(absl::Minutes(15));
  RunUntilOffers(2);
}

}  // namespace
}  // namespace steward::agent
