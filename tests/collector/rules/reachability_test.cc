#include "collector/rules/reachability.h"

#include <optional>

#include "base/clock.h"
#include "boost/asio/io_context.hpp"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

class ReachabilityTest : public ::testing::Test {
 protected:
  Reach Look(const std::string& address, absl::Duration deadline) {
    io_.restart();
    std::optional<Reach> result;
    reachability_->Look(address, deadline, [&](Reach reach) { result = reach; });
    EXPECT_FALSE(result.has_value()) << "called from within Look";
    while (!result && io_.run_one() > 0) {
    }
    return result.value_or(Reach::kUnknown);
  }

  boost::asio::io_context io_;
  std::unique_ptr<Clock> clock_ = NewSystemClock();
  std::unique_ptr<Reachability> reachability_ = NewReachability(io_.get_executor(), *clock_);
};

TEST_F(ReachabilityTest, ThisMachineAnswersEvenIfItOnlyRefuses) {
  EXPECT_EQ(Look("127.0.0.1", absl::Seconds(10)), Reach::kAnswered);
  EXPECT_EQ(Look("::ffff:127.0.0.1", absl::Seconds(10)), Reach::kAnswered);
}

TEST_F(ReachabilityTest, AnAddressThatIsNoneTellsNothing) { EXPECT_EQ(Look("srv-file", absl::Seconds(10)), Reach::kUnknown); }

TEST_F(ReachabilityTest, ManyLooksAtOnceAreAllAnswered) {
  int answered = 0;
  for (int i = 0; i < 200; ++i) {
    reachability_->Look("127.0.0.1", absl::Seconds(30), [&](Reach reach) { answered += reach == Reach::kAnswered ? 1 : 0; });
  }
  io_.restart();
  while (answered < 200 && io_.run_one() > 0) {
  }
  EXPECT_EQ(answered, 200);
}

TEST_F(ReachabilityTest, AnsweringAfterItsEndCallsNobody) {
  bool called = false;
  reachability_->Look("127.0.0.1", absl::Seconds(10), [&](Reach) { called = true; });
  reachability_.reset();
  io_.run();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace steward::collector
