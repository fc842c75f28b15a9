"""Both programs stop cleanly, start again, and nothing is lost or doubled by it."""

from support.programs import Program
from support.waiting import wait_until

METRIC = "node_memory_MemTotal_bytes"


def points(collector, machine):
    series = collector.samples(machine, METRIC, "--from", "1h")
    return [point["time"] for point in series[0]["points"]] if series else []


def test_a_restarted_agent_goes_on_under_its_identity(collector, agent):
    machine = collector.wait_for_machine()
    before = wait_until(lambda: points(collector, machine["id"]), "first points")
    agent.restart()
    wait_until(lambda: len(points(collector, machine["id"])) >= len(before) + 3, "points after the restart")
    assert [m["id"] for m in collector.machines()] == [machine["id"]]


def test_what_was_sampled_while_the_collector_was_away_arrives(collector, agent):
    machine = collector.wait_for_machine()
    wait_until(lambda: points(collector, machine["id"]), "first points")
    collector.stop()
    collector.program.wait(5)
    wait_until(lambda: agent.status().get("batchesWaiting", 0) >= 3, "batches in the spool")
    collector.start()
    wait_until(lambda: agent.status().get("batchesWaiting", 1) == 0, "an empty spool", deadline=60)

    times = wait_until(lambda: points(collector, machine["id"]), "points after the restart")
    from datetime import datetime
    moments = [datetime.fromisoformat(t.replace("Z", "+00:00")).timestamp() for t in times]
    steps = [b - a for a, b in zip(moments, moments[1:])]
    assert max(steps) < 2.5, f"a hole although the agent sampled on: {steps}"
    # The first step may be short: the agent samples at once, then at its interval's moments.
    assert min(steps) > 0.05, f"doubled samples: {steps}"


def test_a_stopped_collector_keeps_everything(collector, agent):
    machine = collector.wait_for_machine()
    before = wait_until(lambda: points(collector, machine["id"]), "first points")
    agent.stop()
    collector.restart()
    assert set(before) <= set(points(collector, machine["id"]))
    assert collector.machine()["id"] == machine["id"]


def test_sigterm_ends_both_within_five_seconds(collector, agent):
    collector.wait_for_machine()
    agent.stop()  # both assert the time and the exit code
    collector.stop()


def test_sigterm_ends_the_collector_while_agents_are_connected(collector, agent):
    collector.wait_for_machine()
    collector.stop()
    agent.stop()


def test_sigterm_ends_an_agent_that_reaches_nobody(collector, agent):
    collector.wait_for_machine()
    collector.kill()
    agent.stop()


def test_sigterm_ends_the_collector_at_every_moment_of_a_fleets_return(folder, collector, started):
    """What is committed while it stops has nobody left to hand it to; that must not bring it down."""
    fleet = Program("steward-fleet", ["--token", collector.token("--uses", "12"), "--state", folder / "fleet", "--machines", 12,
                                      "--series", 12, "--interval", "1s", "--duration", "1h", "--seed", 1,
                                      "--ledger", folder / "ledger"], folder / "fleet-log")
    started.append(fleet)
    wait_until(lambda: "machines run" in fleet.errors(), "all machines are enrolled")
    for machines in (1, 2, 4, 8, 12, 12):
        collector.restart()  # asserts the exit code
        wait_until(lambda: collector.program.errors().count("connected from") >= machines, "so many are back", every=0.01)
