// A laptop's week away: what is newest is seen first, then the whole week at its own time, and the coverage record says
// why it was not there.
#include <string>

#include "collector/identity/random.h"
#include "gtest/gtest.h"
#include "spdlog/spdlog.h"
#include "tests/fleet/simulation/invariants/invariant.h"
#include "tests/fleet/simulation/sim_collector.h"
#include "tests/fleet/simulation/sim_machine.h"
#include "tests/support/temp_dir.h"

namespace steward::simulation {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(15);
constexpr absl::Duration kAway = absl::Hours(7 * 24);

class WeekAway : public ::testing::Test {
 protected:
  WeekAway() { spdlog::set_level(spdlog::level::off); }
  ~WeekAway() override { spdlog::set_level(spdlog::level::info); }

  std::vector<collector::CoverageDay> Coverage() { return collector.CoverageDays(machine.id(), 9).value(); }
  // Of all days together.
  absl::Duration Missing(collector::CoverageCause cause) {
    absl::Duration sum;
    for (const collector::CoverageDay& day : Coverage()) {
      const auto found = day.gap_ms.find(cause);
      if (found != day.gap_ms.end()) sum += absl::Milliseconds(found->second);
    }
    return sum;
  }
  bool Seen(const LedgerEntry& entry) const { return collector.Observed(machine.id(), entry.epoch, entry.sequence); }

  Verdict Judge() {
    const std::vector<collector::CoverageDay> coverage = Coverage();
    machine.KillAgent();
    collector.Kill();
    Verdict verdict;
    const absl::Status read = collector.Read([&](collector::StorageReader& reader) {
      const auto stored = ReadStored(reader, machine.id());
      if (!stored.ok()) return stored.status();
      const Evidence evidence{ledger.Machine(machine.id()), *stored};
      CheckExactlyOnce(evidence, verdict);
      CheckOrder(evidence, verdict);
      CheckRightTime(evidence, verdict);
      CheckCoverage(evidence, coverage, collector::ReachMs(absl::ToInt64Milliseconds(kInterval)), verdict);
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return verdict;
  }

  World world{1};
  Ledger ledger;
  TempDir keys;
  TempDir data;
  collector::CertificateAuthority authority =
      collector::CertificateAuthority::OpenOrCreate(keys.path(), collector::SystemRandom()).value();
  SimCollector collector{world, ledger, authority, data.path(), kInterval};
  SimMachine machine{world, collector, ledger, {.number = 1, .interval = kInterval, .drift = 20e-6}};
};

TEST_F(WeekAway, TheNewestIsSeenWithinSecondsThenTheWholeWeek) {
  ASSERT_TRUE(collector.Start().ok());
  machine.link().SetLatency(absl::Milliseconds(40));
  machine.Run();
  world.RunFor(absl::Hours(1));
  machine.link().SetDead(true, true);
  world.RunFor(kAway);
  EXPECT_GE(machine.batches_waiting(), static_cast<std::uint64_t>(kAway / kInterval));

  const LedgerEntry newest = ledger.Machine(machine.id()).entries.back();
  machine.link().SetDead(false, false);
  machine.ChangeNetwork();
  absl::Duration waited;
  for (; !Seen(newest) && waited < absl::Minutes(5); waited += absl::Milliseconds(100)) {
    world.RunFor(absl::Milliseconds(100));
  }
  EXPECT_LE(waited, absl::Seconds(5)) << "until the newest batch was seen";
  EXPECT_GE(machine.batches_waiting(), static_cast<std::uint64_t>(kAway / kInterval) / 2) << "the week comes behind it";
  const absl::Duration link_down = Missing(v1::COVERAGE_CAUSE_LINK_DOWN);

  for (absl::Duration more; machine.batches_waiting() > 0 && more < absl::Hours(1); more += absl::Seconds(7)) {
    world.RunFor(absl::Seconds(7));  // not in step with the interval
  }
  EXPECT_EQ(Missing(v1::COVERAGE_CAUSE_LINK_DOWN), absl::ZeroDuration());
  absl::Duration late;
  for (const collector::CoverageDay& day : Coverage()) late += absl::Milliseconds(day.late_ms);
  EXPECT_GE(link_down + late, kAway - absl::Hours(1));
  EXPECT_GT(link_down, kAway / 2) << "while the week was on its way";
  EXPECT_GT(late, kAway - absl::Minutes(10)) << "observed, but told late";
  const Verdict verdict = Judge();
  EXPECT_TRUE(verdict.clean()) << ::testing::PrintToString(verdict.broken);
  EXPECT_EQ(verdict.stored, verdict.batches);
}

}  // namespace
}  // namespace steward::simulation
