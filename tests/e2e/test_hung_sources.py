"""A mount and programs that never answer: sampling goes on at its interval, the probes say so, nothing piles up."""

import datetime
import os

import pytest

from support.agent import Agent
from support.collector import select
from support.hung_sources import hung_machine
from support.waiting import wait_until

CYCLES = 20
TOOLS = ["/usr/bin/systemctl", "/usr/bin/apt-get", "/usr/sbin/smartctl", "/usr/sbin/nft"]


@pytest.fixture
def machine(folder):
    with hung_machine(folder, TOOLS) as machine:
        yield machine


@pytest.fixture
def hung(machine, collector, folder, started):
    agent = Agent(folder, "watcher", prefix=machine.prefix)
    started.append(agent)
    agent.enroll(collector.token())
    return agent.start()


def moments(collector, metric):
    series = collector.samples(collector.machines()[0]["id"], metric, "--from", "1h")
    return [datetime.datetime.fromisoformat(point["time"].replace("Z", "+00:00")).timestamp()
            for point in (series[0]["points"] if series else [])]


def agent_threads(agent):
    """Of the agent below nsenter."""
    children = open(f"/proc/{agent.program.pid}/task/{agent.program.pid}/children").read().split()
    return len(os.listdir(f"/proc/{children[0]}/task"))


def test_sampling_goes_on_beside_sources_that_hang(collector, hung, machine):
    collector.wait_for_machine()
    wait_until(lambda: len(moments(collector, "node_load1")) >= 3, "first samples")
    threads = agent_threads(hung)
    times = wait_until(lambda: len(found := moments(collector, "node_load1")) >= CYCLES and found, "samples", deadline=90)

    steps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert max(steps) < 2.5, f"sampling waited for what hangs: {steps}"
    values = collector.metrics()
    place = str(machine.mount_point)
    assert list(select(values, "node_filesystem_device_error", mountpoint=place).values()) == [1]
    assert not select(values, "node_filesystem_size_bytes", mountpoint=place)
    assert select(values, "node_filesystem_size_bytes", mountpoint="/")
    assert agent_threads(hung) <= threads + 1, "threads pile up behind what hangs"
    systemd = next(probe for probe in hung.status()["probes"] if probe["name"] == "systemd")
    assert systemd["state"] != "absent" and "node_systemd_version" not in {name for name, _ in values}
    assert machine.processes("sleep 86399") <= len(TOOLS), "programs that hang pile up"


def test_a_program_that_hangs_is_ended_and_its_probe_says_so(collector, hung, machine):
    collector.wait_for_machine()

    def failing():
        probe = next(probe for probe in hung.status()["probes"] if probe["name"] == "systemd")
        return probe["state"] == "failing" and probe["error"]

    error = wait_until(failing, "the probe tells of the program", deadline=150)
    assert "no answer from systemd" in error
    assert machine.processes("sleep 86399") < len(TOOLS), "it was ended"


def test_the_agent_stops_in_time_beside_sources_that_hang(collector, hung):
    collector.wait_for_machine()
    wait_until(lambda: moments(collector, "node_load1"), "first samples")
    children = open(f"/proc/{hung.program.pid}/task/{hung.program.pid}/children").read().split()
    os.kill(int(children[0]), 15)
    hung.program.wait(10)
