"""Real programs, real links, a disk that fills: a random sequence of faults from a seed, then the ledgers must be in the
collector exactly once, each sample at its time.

STEWARD_SEED repeats a sequence (its timing is the machine's own), STEWARD_FAULTS sets how many strike in each.
STEWARD_FULL=1: 1,000 faults, in ten sequences.
"""

import collections
import json
import os
import random
import sys
import time

import pytest
import verify_ledger
from faults import Trouble, fault_list
from plant import Fleet, SiteCollector
from site_network import site
from support import programs
from support.disks import small_disk
from support.waiting import wait_until

BRANCHES = 2
FULL = os.environ.get("STEWARD_FULL") == "1"
SEQUENCES, FAULTS = (10, 100) if FULL else (1, 20)


def endure(trouble, collector, faults, chance):
    """Strikes so many faults, then ends them all."""
    began = time.monotonic()
    next_strike = 0.0
    while trouble.count < faults:
        now = time.monotonic() - began
        trouble.end_due(now)
        collector.tend()
        if now >= next_strike:
            trouble.strike(now)
            next_strike = now + chance.uniform(0.1, 1.5)
        time.sleep(0.05)  # the grid on which faults begin and end
    trouble.end_all()


@pytest.mark.parametrize("sequence", range(SEQUENCES))
def test_random_faults_lose_double_and_misplace_nothing(folder, started, sequence):
    count = int(os.environ.get("STEWARD_FAULTS", FAULTS))
    seed = int(os.environ.get("STEWARD_SEED", random.SystemRandom().randrange(1 << 32)))
    repeat = f"STEWARD_SEED={seed} STEWARD_FAULTS={count} pytest tests/fault"
    print(f"seed {seed}; to repeat: {repeat}", file=sys.stderr)
    chance = random.Random(seed)
    with site(BRANCHES) as place, small_disk(folder, "disk", 192) as disk:
        collector = SiteCollector(folder, place, disk)
        started.append(collector)
        collector.start().started()
        fleets = []
        for branch in place.branches:
            token = collector.token("--uses", "3", "--address", f"{branch.collector_address}:7443")
            fleets.append(Fleet(folder, branch, token, seed))
            started.append(fleets[-1])
            fleets[-1].start()
        for fleet in fleets:
            wait_until(fleet.enrolled, "all machines are enrolled", 60 * programs.PATIENCE)

        trouble = Trouble(fault_list(collector, fleets), chance)
        began = time.monotonic()
        endure(trouble, collector, count, chance)
        took = time.monotonic() - began
        wait_until(lambda: collector.tend() or "ready" in collector.program.lines, "the collector serves", 60 * programs.PATIENCE)

        total = collections.Counter()
        for fleet in fleets:
            summary = fleet.drain()
            assert summary["waiting"] == 0, f"{summary}; {repeat}\n" + "\n".join(trouble.log)
            assert summary["refused"] == 0, f"{summary}; {repeat}"
            result = fleet.verify(collector)
            assert verify_ledger.clean(result), json.dumps(result, indent=1) + f"\n{repeat}\n" + "\n".join(trouble.log)
            total.update({key: result[key] for key in ("samples", "matched", "machines")})
        print(json.dumps({"seed": seed, "faults": trouble.count, "seconds": round(took), **total, "lost": 0, "doubled": 0,
                          "misplaced": 0, "struck": trouble.struck}), file=sys.stderr)
