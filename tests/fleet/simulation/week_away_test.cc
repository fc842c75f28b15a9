// A laptop's week away: what is newest is seen first, then the whole week at its own time.
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

class WeekAway : public ::testing::Test {
 protected:
  WeekAway() {
    spdlog::set_level(spdlog::level::off);
    if (!collector.Start().ok()) throw std::runtime_error("the collector did not start");
  }
  ~WeekAway() override { spdlog::set_level(spdlog::level::info); }

  World world{1};
  Ledger ledger;
  TempDir keys;
  TempDir data;
  collector::CertificateAuthority authority =
      collector::CertificateAuthority::OpenOrCreate(keys.path(), collector::SystemRandom()).value();
  SimCollector collector{world, ledger, authority, data.path()};
};

TEST_F(WeekAway, TheNewestIsSeenWithinSecondsThenTheWholeWeek) {
  SimMachine machine(world, collector, ledger, {.number = 1, .interval = absl::Seconds(60), .drift = 20e-6});
  machine.link().latency = absl::Milliseconds(40);
  machine.Run();
  world.RunFor(absl::Hours(1));
  machine.link().SetDead(true, true);
  world.RunFor(absl::Hours(7 * 24));
  EXPECT_GT(machine.batches_waiting(), 7u * 24 * 60 - 2);

  machine.link().SetDead(false, false);
  const MachineLedger& entries = ledger.Machine(machine.id());
  const std::size_t newest = entries.entries.size() - 1;
  absl::Duration waited;
  while (!collector.Observed(machine.id(), entries.entries[newest].epoch, entries.entries[newest].sequence) &&
         waited < absl::Hours(1)) {
    world.RunFor(absl::Milliseconds(100));
    // The pause between two attempts, a minute at most, is not the protocol's doing.
    if (collector.sessions() > 0) waited += absl::Milliseconds(100);
  }
  EXPECT_LE(waited, absl::Seconds(5)) << "until the newest batch was seen";

  for (int minutes = 0; minutes < 60 && machine.batches_waiting() > 1; ++minutes) world.RunFor(absl::Minutes(1));
  world.RunFor(absl::Seconds(30));
  machine.KillAgent();
  collector.Kill();
  Verdict verdict;
  ASSERT_TRUE(collector
                  .Read([&](collector::StorageReader& reader) {
                    const auto stored = ReadStored(reader, machine.id());
                    if (!stored.ok()) return stored.status();
                    CheckExactlyOnce({entries, *stored}, verdict);
                    CheckOrder({entries, *stored}, verdict);
                    CheckRightTime({entries, *stored}, verdict);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_TRUE(verdict.clean()) << ::testing::PrintToString(verdict.broken);
  EXPECT_EQ(verdict.stored, verdict.batches);
}

}  // namespace
}  // namespace steward::simulation
