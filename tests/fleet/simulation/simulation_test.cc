// The short slice of the simulation, and proof that its invariants can fail.
#include "tests/fleet/simulation/simulation.h"

#include <string>
#include <utility>
#include <vector>

#include "collector/identity/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/spdlog.h"
#include "tests/support/temp_dir.h"

namespace steward::simulation {
namespace {

class SimulationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    spdlog::set_level(spdlog::level::off);
    keys_ = new TempDir;
    authority_ = new collector::CertificateAuthority(
        collector::CertificateAuthority::OpenOrCreate(keys_->path(), collector::SystemRandom()).value());
  }
  static void TearDownTestSuite() {
    delete authority_;
    delete keys_;
    spdlog::set_level(spdlog::level::info);
  }

  static SimulationResult Run(std::uint64_t seed, absl::Duration duration, std::string_view faults) {
    const TempDir directory;
    Simulation simulation({seed, duration, 3, ParseFaults(faults).value()}, *authority_, directory.path());
    return simulation.Run().value();
  }

  static void ExpectClean(const SimulationResult& result, std::uint64_t seed, double hours, const std::string& faults) {
    EXPECT_TRUE(result.clean()) << ::testing::PrintToString(result.verdict.broken) << "\n"
                                << result.waiting
                                << " batches wait\nrepeat with: steward-simulation --machines 3 --seed " << seed
                                << " --hours " << hours << " --faults " << faults;
    EXPECT_GT(result.verdict.stored, 0u);
  }

  static inline TempDir* keys_ = nullptr;
  static inline collector::CertificateAuthority* authority_ = nullptr;
};

TEST_F(SimulationTest, InPeaceEverythingIsStored) {
  const SimulationResult result = Run(1, absl::Hours(1), "none");
  ExpectClean(result, 1, 1, "none");
  EXPECT_EQ(result.verdict.stored, result.verdict.batches);
}

TEST_F(SimulationTest, TheSameSeedGivesTheSameRun) {
  const SimulationResult first = Run(7, absl::Hours(1), "all");
  const SimulationResult second = Run(7, absl::Hours(1), "all");
  EXPECT_EQ(first.struck, second.struck);
  EXPECT_EQ(first.verdict.batches, second.verdict.batches);
  EXPECT_EQ(first.verdict.stored, second.verdict.stored);
  EXPECT_EQ(first.verdict.missing_for, second.verdict.missing_for);
  EXPECT_EQ(first.queued_bytes_max, second.queued_bytes_max);
}

class EachSeed : public SimulationTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(EachSeed, NothingIsLostDoubledOrMisplaced) {
  ExpectClean(Run(GetParam(), absl::Hours(1), "all"), GetParam(), 1, "all");
}

INSTANTIATE_TEST_SUITE_P(Simulation, EachSeed, ::testing::Range<std::uint64_t>(100, 104));

TEST(Faults, UnknownOnesAreRefusedWithAList) {
  const auto faults = ParseFaults("loss,earthquake");
  ASSERT_EQ(faults.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(faults.status().message()), ::testing::HasSubstr("partition"));
}

// Three batches, a minute apart, all connected; what is stored is the test's.
class InvariantTest : public ::testing::Test {
 protected:
  InvariantTest() {
    for (int i = 0; i < 3; ++i) {
      ledger.entries.push_back({.time = absl::Minutes(i),
                                .epoch = 9,
                                .sequence = static_cast<std::uint64_t>(i) + 1,
                                .boot = 1,
                                .connected = true});
      stored.numbers.push_back({i, absl::ToUnixMillis(World::kStart + absl::Minutes(i))});
    }
  }
  Verdict Judge() {
    Verdict verdict;
    CheckExactlyOnce({ledger, stored}, verdict);
    CheckOrder({ledger, stored}, verdict);
    CheckRightTime({ledger, stored}, verdict);
    return verdict;
  }
  MachineLedger ledger;
  StoredMachine stored;
};

TEST_F(InvariantTest, WholeIsClean) { EXPECT_TRUE(Judge().clean()); }

TEST_F(InvariantTest, LostIsFound) {
  stored.numbers.erase(stored.numbers.begin() + 1);
  EXPECT_EQ(Judge().lost, 1u);
}

TEST_F(InvariantTest, DeclaredIsNotLost) {
  stored.numbers.erase(stored.numbers.begin() + 1);
  v1::GapDeclaration gap;
  gap.set_epoch(9);
  gap.mutable_range()->set_first(2);
  gap.mutable_range()->set_last(2);
  gap.set_cause(v1::GapDeclaration::DAMAGED);
  ledger.gaps.push_back(gap);
  EXPECT_TRUE(Judge().clean());
  EXPECT_EQ(Judge().missing_for.at("DAMAGED"), 1u);
}

TEST_F(InvariantTest, DoubledIsFound) {
  stored.numbers.push_back(stored.numbers.back());
  EXPECT_EQ(Judge().doubled, 1u);
}

TEST_F(InvariantTest, MisplacedIsFound) {
  stored.numbers[1].time_ms += 1100;
  EXPECT_EQ(Judge().misplaced, 1u);
}

TEST_F(InvariantTest, DisorderIsFound) {
  std::swap(stored.numbers[0].number, stored.numbers[1].number);
  EXPECT_GE(Judge().disordered, 1u);
}

TEST_F(InvariantTest, NumbersOfNobodyAreFound) {
  stored.numbers.push_back({17, stored.numbers.back().time_ms + 1});
  EXPECT_EQ(Judge().unknown, 1u);
}

// The same three batches, and a day that is accounted from the first to the last.
class CoverageInvariantTest : public InvariantTest {
 protected:
  CoverageInvariantTest() {
    day.from_ms = stored.numbers.front().time_ms;
    day.to_ms = stored.numbers.back().time_ms;
    day.day = collector::DayOf(day.from_ms);
    day.observed_ms = day.to_ms - day.from_ms;
    day.periods = {{day.from_ms, day.to_ms, true, false, v1::COVERAGE_CAUSE_UNKNOWN}};
  }
  std::uint64_t Misaccounted(std::vector<collector::CoverageDay> days) {
    Verdict verdict;
    CheckCoverage({ledger, stored}, days, collector::ReachMs(60'000), verdict);
    return verdict.misaccounted;
  }
  collector::CoverageDay day;
};

TEST_F(CoverageInvariantTest, WholeIsClean) { EXPECT_EQ(Misaccounted({day}), 0u); }

TEST_F(CoverageInvariantTest, NoRecordIsFound) { EXPECT_EQ(Misaccounted({}), 1u); }

TEST_F(CoverageInvariantTest, ADayThatDoesNotAddUpIsFound) {
  day.gap_ms[v1::COVERAGE_CAUSE_OFF] = 1;
  EXPECT_EQ(Misaccounted({day}), 1u);
}

TEST_F(CoverageInvariantTest, AGapWhereABatchIsStoredIsFound) {
  day.gap_ms[v1::COVERAGE_CAUSE_OFF] = std::exchange(day.observed_ms, 0);
  day.periods[0].observed = false;
  EXPECT_EQ(Misaccounted({day}), 1u);
}

TEST_F(CoverageInvariantTest, ObservedWhereNothingIsStoredIsFound) {
  day.to_ms += 3'600'000;
  day.observed_ms += 3'600'000;
  day.periods[0].to_ms = day.to_ms;
  EXPECT_EQ(Misaccounted({day}), 1u);
}

}  // namespace
}  // namespace steward::simulation
