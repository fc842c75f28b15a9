"""What share of a machine's time was observed, and why not the rest: told where people look."""

import re
import signal
from datetime import datetime, timezone

import pytest
from support import programs
from support.clock import Clock
from support.collector import select
from support.proxy import Proxy
from support.waiting import wait_until

FAR = "collector.invalid:7443"  # a name that only the proxy can resolve
REACH = 10.0  # batches at most so far apart are no gap


def days(collector):
    return collector.json("machine", "show", collector.machine()["id"])["coverage"]


def seconds(duration):
    return float(duration.removesuffix("s"))


def gaps(collector):
    """{cause: seconds} of all days. On the way: every day adds up."""
    total = {}
    for day in days(collector):
        shares = [gap["share"] for gap in day["gaps"]]
        assert abs(day["observedShare"] + sum(shares) - 1) < 1e-9, day
        for gap in day["gaps"]:
            total[gap["cause"]] = total.get(gap["cause"], 0) + seconds(gap["duration"])
    return total


def wait_for_gap(collector, cause, at_least):
    wait_until(lambda: gaps(collector).get(cause, 0) >= at_least, f"{at_least} s of '{cause}'", 90 * programs.PATIENCE, every=1)


def ratio(collector, page="/metrics"):
    values = select(collector.metrics(page), "steward_coverage_ratio")
    assert len(values) == 1, values
    return next(iter(values.values()))


def test_stopped_killed_and_frozen_agents_leave_gaps_with_their_causes(collector, agent):
    collector.wait_for_machine()
    agent.stop()
    wait_for_gap(collector, "agent stopped", REACH + 1)  # at once, by its goodbye
    agent.start()
    collector.wait_for_machine()
    stopped = wait_until(lambda: gaps(collector).get("agent stopped", 0), "the gap")

    agent.program.process.send_signal(signal.SIGSTOP)  # the machine stands still: nothing is sampled, the clock goes on
    machine = collector.machine()["id"]
    before = collector.samples(machine, "node_memory_MemTotal_bytes", "--from", "1h")
    wait_for_silence(collector, machine)
    agent.program.process.send_signal(signal.SIGCONT)
    wait_for_gap(collector, "asleep", REACH)
    assert before

    agent.kill()
    wait_for_silence(collector, machine)
    agent.start()
    wait_for_gap(collector, "agent stopped", stopped + REACH)

    text = collector.ctl("machine", "show", machine).stdout
    assert "Coverage" in text and "agent stopped" in text and "asleep" in text, text
    assert 0 < ratio(collector) < 1
    assert 0 < ratio(collector, "/metrics/collector") < 1
    assert " %" in collector.get("/") and "Observed" in collector.get("/")


def wait_for_silence(collector, machine):
    """Longer than what counts as no gap."""
    def silent():
        seen = datetime.fromisoformat(collector.json("machine", "show", machine)["machine"]["lastSeenTime"].replace("Z", "+00:00"))
        return (datetime.now(timezone.utc) - seen).total_seconds() > REACH + 2
    wait_until(silent, "silence", 60 * programs.PATIENCE, every=0.5)


@pytest.fixture
def clocks(folder):
    return Clock(folder / "a.clock"), Clock(folder / "c.clock")


@pytest.fixture
def far_agent(folder, make_collector, make_agent, clocks):
    """A collector and, behind a link that can be cut, an agent; hours pass when the test says so."""
    agent_clock, collector_clock = clocks
    collector = make_collector('[agents]\ninterval = "60s"\n', arguments=collector_clock.argument).start()
    link = Proxy({FAR: collector.endpoints["agents"]})
    config = folder / "agent.toml"
    config.write_text(f'[collector]\nproxy = "{link.address}"\n')
    agent = make_agent(arguments=["--config", config, *agent_clock.argument])
    agent.enroll(collector.token("--address", FAR), "--config", config).start()
    yield collector, agent, link
    link.close()


def test_a_cut_link_reads_link_down_delivered_later(far_agent, clocks):
    collector, agent, link = far_agent

    def pass_minutes(count, delivered=True):
        for _ in range(count):
            for clock in clocks:
                clock.advance(60)
            if delivered:
                wait_until(lambda: agent.status().get("batchesWaiting", 1) == 0, "delivered", 60 * programs.PATIENCE, every=0.02)

    wait_until(lambda: agent.status()["connected"], "connected", 60 * programs.PATIENCE)
    pass_minutes(30)
    assert ratio(collector) > 0.9
    assert not [period for day in days(collector) for period in day["periods"] if period["deliveredLater"]]

    link.status = 503
    link.cut()
    pass_minutes(180, delivered=False)
    assert gaps(collector)["unknown"] > 170 * 60, "a machine that is silent without a goodbye"
    assert ratio(collector) < 0.2

    link.status = 200

    def back():
        for clock in clocks:
            clock.advance(10)
        return agent.status().get("batchesWaiting", 1) == 0
    wait_until(back, "the backlog is delivered", 120 * programs.PATIENCE)
    late = [period for day in days(collector) for period in day["periods"] if period["deliveredLater"]]
    assert late and {period["cause"] for period in late} == {"link down"}, late
    assert sum(gaps(collector).values()) < 10 * 60, gaps(collector)
    assert ratio(collector) > 0.9
    text = collector.ctl("machine", "show", collector.machine()["id"]).stdout
    told = re.findall(r"link down, delivered later (?:(\d+) h)? ?(?:(\d+) min)?", text)  # two, if midnight was between
    assert 170 <= sum(60 * int(hours or 0) + int(minutes or 0) for hours, minutes in told) <= 190, text


def test_a_machine_set_up_anew_is_offered_and_goes_on_for_the_old_one(collector, make_agent):
    old = make_agent("old").enroll(collector.token("--site", "Head office", "--class", "server")).start()
    collector.wait_for_machine()
    old.kill()
    new = make_agent("new").enroll(collector.token()).start()  # the same hardware, with nothing of the old disk
    machines = wait_until(lambda: [m for m in [{m["id"]: m for m in collector.machines()}]
                                   if m.get(new.machine_id, {}).get("up")], "the new one is up", 60 * programs.PATIENCE)[0]
    if machines[new.machine_id]["mayBeMachineId"] == "":
        pytest.skip("NOT TESTED: this machine's hardware says nothing of itself")
    assert machines[new.machine_id]["mayBeMachineId"] == old.machine_id
    assert machines[old.machine_id]["mayBeMachineId"] == ""
    assert "machine approve" in collector.ctl("machines").stdout

    wrong = collector.ctl("machine", "approve", old.machine_id, "--as", new.machine_id)
    assert wrong.returncode == 1 and "two machines" in wrong.stderr, wrong.stderr
    approved = collector.json("machine", "approve", new.machine_id)
    assert approved["machine"]["id"] == new.machine_id and approved["retired"]["continuedAsId"] == new.machine_id
    machine = collector.machine()
    assert machine["id"] == new.machine_id and machine["instance"] == machine["hostName"]
    assert machine["site"] == "Head office" and machine["class"] == "server"
    assert collector.samples(old.machine_id, "node_memory_MemTotal_bytes", "--from", "1h"), "its history stays"
    refused = old.start()
    wait_until(lambda: "retired" in refused.program.errors(), "the old certificate is refused", 60 * programs.PATIENCE)
