"""Both sides are killed at random moments; the fleet's ledger must be in the collector exactly once."""

import json
import os
import random
import sys
import time

from support import programs
from support.programs import SOURCE_DIR, Program
from support.waiting import wait_until

sys.path.insert(0, str(SOURCE_DIR / "tests/fleet"))
import verify_ledger  # noqa: E402

MACHINES = 50


class Fleet:
    def __init__(self, folder, token, machines=MACHINES, series=20, interval="1s"):
        self.folder = folder
        self.ledger = folder / "ledger.jsonl"
        self.arguments = ["--token", token, "--state", folder / "fleet", "--machines", machines, "--series", series,
                          "--interval", interval, "--seed", 7, "--ledger", self.ledger]
        self.program = None

    def start(self, duration="1h", *extra):
        self.program = Program("steward-fleet", [*self.arguments, "--duration", duration, *extra], self.folder / "fleet-log")
        return self

    def kill(self):
        if self.program:
            self.program.kill()

    def finish(self, deadline=120):
        """Waits for the end of the run: its summary."""
        code = self.program.wait(deadline)
        assert code == 0, f"steward-fleet: {code}\n{self.program.errors()[-4000:]}"
        return json.loads("\n".join(self.program.lines))


def verify(fleet, collector):
    result = verify_ledger.compare(verify_ledger.read_ledger(fleet.ledger), verify_ledger.Collector(collector.data), 0.4, 10)
    assert verify_ledger.clean(result), json.dumps(result, indent=1)
    assert result["machines"] == int(fleet.arguments[5]) and result["samples"] > 0
    return result


def test_an_undisturbed_fleet_arrives_whole(folder, collector, started):
    fleet = Fleet(folder, collector.token("--uses", "5"), machines=5, series=150)
    started.append(fleet)
    summary = fleet.start("6s").finish()
    assert summary["waiting"] == 0 and summary["refused"] == 0 and summary["retried"] == 0
    assert summary["sent"] == summary["acknowledged"] >= 5 * 5
    assert verify(fleet, collector)["samples"] == summary["samples"]


def test_a_cut_uplink_costs_nothing(folder, collector, started):
    fleet = Fleet(folder, collector.token("--uses", "5"), machines=5, series=30)
    started.append(fleet)
    summary = fleet.start("10s", "--outage", "at=2s,for=4s").finish()
    assert summary["waiting"] == 0
    verify(fleet, collector)


def test_kills_of_both_sides_lose_and_double_nothing(folder, make_collector, started, full):
    rounds = int(os.environ.get("STEWARD_KILLS", 50 if full else 6))
    seed = int(os.environ.get("STEWARD_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}: repeat with STEWARD_SEED={seed} STEWARD_KILLS={rounds}", file=sys.stderr)
    chance = random.Random(seed)
    collector = make_collector().start()
    fleet = Fleet(folder, collector.token("--uses", str(MACHINES)))
    started.append(fleet)
    fleet.start()
    # A kill between the collector's answer and the new identity on disk rightly uses a token up: enrolment is over first.
    wait_until(lambda: "machines run" in fleet.program.errors(), "all machines are enrolled", 60 * programs.PATIENCE)
    kills = {"collector": 0, "fleet": 0}
    for _ in range(rounds):
        time.sleep(chance.uniform(0.3, 3.0))  # the random moment
        victim = chance.choice(("collector", "fleet"))
        kills[victim] += 1
        (collector if victim == "collector" else fleet).kill()
        time.sleep(chance.uniform(0, 1.5))
        (collector if victim == "collector" else fleet).start()
    time.sleep(chance.uniform(1, 3))
    fleet.kill()
    summary = fleet.start("3s").finish(180)
    assert summary["waiting"] == 0
    result = verify(fleet, collector)
    print(f"{kills}: {result['samples']} samples of {result['machines']} machines, each exactly once", file=sys.stderr)
