#include "tests/fleet/simulation/faults.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "base/text.h"
#include "tests/fleet/simulation/simulation.h"

namespace steward::simulation {
namespace {

// Short ones are frequent, long ones happen: evenly spread over the orders of magnitude.
absl::Duration Some(Simulation& simulation, absl::Duration least, absl::Duration most) {
  absl::Duration span = least;
  while (span < most && Chance(simulation.world().random(), 0.6)) span *= 2;
  return Between(simulation.world().random(), span / 2, std::min(span, most));
}

void RunAgain(Simulation& simulation, SimMachine& machine, absl::Duration after) {
  simulation.world().After(after, [&machine] { machine.Run(); });
}

// --- The network ---

void Loss(Simulation&, SimMachine& machine) { machine.link().Reset(); }

void Delay(Simulation& simulation, SimMachine& machine) {
  machine.link().SetLatency(Some(simulation, absl::Milliseconds(50), absl::Seconds(6)));
  simulation.world().After(Some(simulation, absl::Seconds(20), absl::Minutes(20)),
                           [&machine] { machine.link().SetLatency(Simulation::kLatency); });
}

void Reordering(Simulation& simulation, SimMachine& machine) {
  machine.link().ResetWithStragglers(Some(simulation, absl::Seconds(1), absl::Seconds(40)));
}

void Duplication(Simulation& simulation, SimMachine& machine) {
  machine.link().SetDead(false, true);
  simulation.world().After(Some(simulation, absl::Seconds(1), absl::Minutes(2)), [&machine] {
    machine.link().Reset();
    machine.link().SetDead(false, false);
  });
}

void LinkDead(Simulation& simulation, SimMachine& machine, bool to_collector, bool to_agent, absl::Duration most) {
  machine.link().SetDead(to_collector, to_agent);
  simulation.world().After(Some(simulation, absl::Seconds(4), most), [&machine] {
    if (machine.awake()) machine.link().SetDead(false, false);
  });
}

void Partition(Simulation& simulation, SimMachine& machine) {
  LinkDead(simulation, machine, true, true, absl::Hours(8));
}

void HalfOpen(Simulation& simulation, SimMachine& machine) {
  const bool up = Chance(simulation.world().random(), 0.5);
  LinkDead(simulation, machine, up, !up, absl::Minutes(30));
}

// --- The agent's machine ---

void AgentCrash(Simulation& simulation, SimMachine& machine) {
  machine.KillAgent();
  RunAgain(simulation, machine, Some(simulation, absl::Milliseconds(100), absl::Minutes(10)));
}

void AgentStop(Simulation& simulation, SimMachine& machine) {
  machine.StopAgent();
  RunAgain(simulation, machine, Some(simulation, absl::Seconds(1), absl::Hours(2)));
}

void PowerCut(Simulation& simulation, SimMachine& machine) {
  machine.CutPower();
  RunAgain(simulation, machine, Some(simulation, absl::Seconds(20), absl::Hours(2)));
}

void Reboot(Simulation& simulation, SimMachine& machine) {
  machine.ShutDown();
  RunAgain(simulation, machine, Some(simulation, absl::Seconds(20), absl::Hours(8)));
}

void Suspend(Simulation& simulation, SimMachine& machine) {
  machine.Suspend();
  RunAgain(simulation, machine, Some(simulation, absl::Seconds(5), absl::Hours(8)));
}

void AgentDiskFull(Simulation& simulation, SimMachine& machine) {
  SimDisk& disk = machine.disk();
  disk.capacity = disk.used() + simulation.world().random().Next() % 1000;
  simulation.world().After(Some(simulation, absl::Seconds(30), absl::Hours(1)),
                           [&disk] { disk.capacity = std::numeric_limits<std::uint64_t>::max(); });
}

void Damage(Simulation& simulation, SimMachine& machine) {
  machine.DamageDisk(simulation.world().random());
  RunAgain(simulation, machine, Some(simulation, absl::Seconds(1), absl::Minutes(5)));
}

void RollBackLater(Simulation& simulation, SimMachine& machine, SimMachine::RollBackOf what) {
  machine.TakeSnapshot();
  simulation.world().After(Some(simulation, absl::Minutes(1), absl::Hours(4)), [&simulation, &machine, what] {
    if (machine.RollBack(what)) RunAgain(simulation, machine, Some(simulation, absl::Seconds(1), absl::Minutes(5)));
  });
}

void Rollback(Simulation& simulation, SimMachine& machine) {
  RollBackLater(simulation, machine, SimMachine::RollBackOf::kDisk);
}

void RollbackWithRandom(Simulation& simulation, SimMachine& machine) {
  RollBackLater(simulation, machine, SimMachine::RollBackOf::kDiskAndRandom);
}

void ClockStep(Simulation& simulation, SimMachine& machine) {
  if (Chance(simulation.world().random(), 0.3)) return machine.SetWallRight();
  const absl::Duration by = Some(simulation, absl::Milliseconds(500), absl::Hours(30));
  machine.StepWall(Chance(simulation.world().random(), 0.5) ? by : -by);
}

void DeadRtc(Simulation& simulation, SimMachine& machine) {
  machine.LoseRtc();
  PowerCut(simulation, machine);
  simulation.world().After(Some(simulation, absl::Minutes(1), absl::Hours(8)), [&machine] { machine.SetWallRight(); });
}

// --- The collector ---

void CollectorDown(Simulation& simulation, bool silent, absl::Duration least, absl::Duration most) {
  simulation.KillCollector(silent);
  simulation.world().After(Some(simulation, least, most), [&simulation] { simulation.RunCollector(); });
}

void CollectorCrash(Simulation& simulation, SimMachine&) {
  CollectorDown(simulation, false, absl::Milliseconds(200), absl::Minutes(20));
}

void CollectorPowerCut(Simulation& simulation, SimMachine&) {
  CollectorDown(simulation, true, absl::Seconds(20), absl::Hours(2));
}

void CollectorDiskFull(Simulation& simulation, SimMachine&) {
  simulation.SetStorageFailure(absl::ResourceExhaustedError("the simulated disk is full"));
  simulation.world().After(Some(simulation, absl::Seconds(2), absl::Hours(1)),
                           [&simulation] { simulation.SetStorageFailure(absl::OkStatus()); });
}

void SlowCommits(Simulation& simulation, SimMachine&) {
  simulation.SetCommitTime(Some(simulation, absl::Milliseconds(50), absl::Seconds(30)));
  simulation.world().After(Some(simulation, absl::Seconds(10), absl::Minutes(20)),
                           [&simulation] { simulation.SetCommitTime(Simulation::kCommitTime); });
}

void Restore(Simulation& simulation, SimMachine&) {
  if (!simulation.TakeBackup()) return;
  simulation.world().After(Some(simulation, absl::Minutes(1), absl::Hours(4)), [&simulation] {
    simulation.KillCollector(false);
    simulation.RestoreBackup();
    simulation.RunCollector();
  });
}

constexpr Fault kFaults[] = {
    {"loss", "a stream breaks, what is under way is lost", Loss},
    {"delay", "a slow link, up to seconds one way", Delay},
    {"reordering", "a stream breaks, its messages arrive after those of the next one", Reordering},
    {"duplication", "what was committed is not acknowledged before the stream breaks", Duplication},
    {"partition", "no packet passes, for seconds to hours", Partition},
    {"half-open", "packets pass in one direction only", HalfOpen},
    {"agent-crash", "kill -9 of the agent", AgentCrash},
    {"agent-stop", "a clean stop and start of the agent", AgentStop},
    {"power-cut", "the machine loses power: what is not synced is gone", PowerCut},
    {"reboot", "shut down and started again", Reboot},
    {"suspend", "asleep for seconds to hours", Suspend},
    {"agent-disk-full", "the spool's disk takes nothing more", AgentDiskFull},
    {"damage", "bytes of a file of the spool are overwritten or cut off", Damage},
    {"rollback", "the machine is set back to an older snapshot", Rollback},
    {"rollback-random", "the same, and it draws the same random numbers again", RollbackWithRandom},
    {"clock-step", "the machine's wall clock is stepped by up to a day, or set right", ClockStep},
    {"dead-rtc", "the machine loses power and starts in the year 2020, until its clock is set right", DeadRtc},
    {"collector-crash", "kill -9 of the collector", CollectorCrash},
    {"collector-power-cut", "the collector's machine is gone without a packet", CollectorPowerCut},
    {"collector-disk-full", "the store takes nothing", CollectorDiskFull},
    {"slow-commits", "a commit takes up to half a minute", SlowCommits},
    {"restore", "the collector is set back to an older backup", Restore},
};

}  // namespace

absl::Span<const Fault> AllFaults() { return kFaults; }

absl::StatusOr<std::vector<const Fault*>> ParseFaults(std::string_view text) {
  std::vector<const Fault*> chosen;
  for (const absl::string_view word : absl::StrSplit(ToAbsl(text), ',', absl::SkipEmpty())) {
    const std::size_t before = chosen.size();
    for (const Fault& fault : kFaults) {
      if (word == "all" || ToStd(word) == fault.name) chosen.push_back(&fault);
    }
    if (chosen.size() > before || word == "none") continue;
    std::string names = "all, none";
    for (const Fault& fault : kFaults) StrAppend(&names, ", ", fault.name);
    return absl::InvalidArgumentError(StrCat("no fault \"", word, "\"; there are: ", names));
  }
  return chosen;
}

}  // namespace steward::simulation
