"""Remote write into Debian's Prometheus and VictoriaMetrics: the series there are those of the store, whatever fails."""

import sqlite3
from datetime import datetime

import pytest

from support import programs
from support.networks import far_machine
from support.prometheus import PROGRAM as PROMETHEUS, Prometheus
from support.victoria import PROGRAM as VICTORIA, VictoriaMetrics
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(not (PROMETHEUS.exists() and VICTORIA.exists()),
                                reason="Prometheus or VictoriaMetrics is missing: deploy/dependencies.sh --test")

RECEIVER = ["--web.enable-remote-write-receiver"]
TAKES_THE_PAST = "storage:\n  tsdb:\n    out_of_order_time_window: 14d\n"
METRICS = ("node_load1", "node_memory_MemAvailable_bytes", "node_cpu_seconds_total", "node_boot_time_seconds")


def config(*receivers):
    targets = "".join(f'[[remote_write]]\nname = "{name}"\nurl = "{receiver.write_url}"\n' for name, receiver in receivers)
    return '[agents]\ninterval = "1s"\n' + targets


@pytest.fixture
def prometheus(folder, started):
    server = Prometheus(folder / "prometheus", TAKES_THE_PAST, RECEIVER)
    started.append(server)
    return server.start()


@pytest.fixture
def strict_prometheus(folder, started):
    """As Prometheus is by default: nothing older than what it has."""
    server = Prometheus(folder / "strict", "", RECEIVER)
    started.append(server)
    return server.start()


@pytest.fixture
def victoria(folder, started):
    server = VictoriaMetrics(folder / "victoria")
    started.append(server)
    return server.start()


def milliseconds(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def stored(collector, machine, metric):
    """What the store has: {labels: {milliseconds: value}}."""
    return {frozenset(one.get("labels", {}).items()): {milliseconds(p["time"]): float(p["value"]) for p in one["points"]}
            for one in collector.samples(machine["id"], metric, "--from", "1h")}


def received(receiver, machine, metric):
    """The same of a receiver, after a look at the labels that the collector gives."""
    series = {}
    for labels, points in receiver.series(f'{metric}{{machine="{machine["id"]}"}}'):
        own = {name: labels.pop(name, None) for name in ("__name__", "instance", "machine", "class", "job")}
        assert own == {"__name__": metric, "instance": machine["instance"] if "instance" in machine else machine["hostName"],
                       "machine": machine["id"], "class": machine["class"], "job": "node"}, own
        labels.pop("site", None)
        series[frozenset(labels.items())] = points
    return series


def count(collector, name, **labels):
    return sum(value for (metric, have), value in collector.metrics("/metrics/collector").items()
               if metric == name and set(labels.items()) <= set(have))


def assert_same(collector, machine, receivers):
    """Each receiver has every sample of the store at its time, and no other."""
    for metric in METRICS:
        ours = stored(collector, machine, metric)
        assert ours, metric
        for receiver in receivers:
            theirs = received(receiver, machine, metric)
            assert theirs.keys() == ours.keys(), (metric, type(receiver).__name__)
            for labels, points in ours.items():
                missing = sorted(points.items() - theirs[labels].items())
                surplus = sorted(theirs[labels].items() - points.items())
                assert not missing and not surplus, f"{type(receiver).__name__} {metric} {dict(labels)}: of {len(points)} missing {missing[:5]}, surplus {surplus[:5]}"


def wait_until_same(collector, machine, receivers):
    wait_until(lambda: assert_same(collector, machine, receivers) or True, "the receivers have what the store has",
               60 * programs.PATIENCE, every=1)


def newest(receiver, machine):
    series = received(receiver, machine, "node_load1")
    return max((max(points) for points in series.values()), default=0)


def test_receivers_get_the_series_of_the_store(make_collector, make_agent, prometheus, victoria):
    collector = make_collector(config(("prometheus", prometheus), ("victoria", victoria))).start()
    agent = make_agent().enroll(collector.token("--site", "Head office", "--class", "laptop")).start()
    machine = collector.wait_for_machine()
    for receiver in (prometheus, victoria):
        wait_until(lambda: len(received(receiver, machine, "node_load1")) == 1, "first samples", 30 * programs.PATIENCE)
    wait_until(lambda: len(stored(collector, machine, "node_load1")[frozenset()]) >= 5, "some samples")
    agent.stop()
    wait_until_same(collector, machine, (prometheus, victoria))
    assert count(collector, "steward_remote_write_failed_total") == 0
    assert count(collector, "steward_remote_write_up") == 2
    assert count(collector, "steward_remote_write_samples_total", target="prometheus") > 100


def test_outages_of_everything_in_turn_leave_no_hole_and_nothing_doubled(make_collector, make_agent, prometheus, victoria):
    with far_machine() as far:
        collector = make_collector(config(("prometheus", prometheus), ("victoria", victoria)),
                                   agents_listen=f"{far.host_address}:0").start()
        agent = make_agent(prefix=far.prefix).enroll(collector.token()).start()
        machine = collector.wait_for_machine()

        def goes_on():
            """Both receivers hear of the machine again."""
            before = max(newest(r, machine) for r in (prometheus, victoria))
            for receiver in (prometheus, victoria):
                wait_until(lambda: newest(receiver, machine) > before + 2000, "it goes on", 60 * programs.PATIENCE)

        def backlog(batches):
            wait_until(lambda: agent.status().get("batchesWaiting", 0) >= batches, "a backlog", 60 * programs.PATIENCE)

        goes_on()
        far.vanish()  # the network
        backlog(5)
        far.come_back()
        goes_on()
        agent.kill()  # the agent
        agent.start()
        goes_on()
        collector.kill()  # the collector
        backlog(5)
        collector.start()
        goes_on()
        prometheus.kill()  # a receiver; the other one goes on
        control = newest(victoria, machine)
        wait_until(lambda: newest(victoria, machine) > control + 5000, "the other receiver goes on", 60 * programs.PATIENCE)
        wait_until(lambda: count(collector, "steward_remote_write_lag_seconds", target="prometheus") > 2, "lag is shown")
        prometheus.start()
        goes_on()
        agent.stop()
        wait_until_same(collector, machine, (prometheus, victoria))
        assert count(collector, "steward_remote_write_failed_total") == 0


def forget_places(collector):
    """As if every receiver were to get all of the store once more."""
    with sqlite3.connect(collector.data / "collector.db") as database:
        changed = database.execute("UPDATE setting SET value = CAST('0 ' AS BLOB) WHERE name LIKE 'remote_write/%'").rowcount
    database.close()
    assert changed > 0


def test_what_prometheus_refuses_costs_the_present_nothing(make_collector, make_agent, prometheus, strict_prometheus, victoria):
    receivers = (prometheus, strict_prometheus, victoria)
    collector = make_collector(config(("takes", prometheus), ("strict", strict_prometheus), ("victoria", victoria))).start()
    agent = make_agent().enroll(collector.token()).start()
    machine = collector.wait_for_machine()
    wait_until(lambda: all(len(received(r, machine, "node_load1").get(frozenset(), ())) >= 5 for r in receivers), "some samples",
               60 * programs.PATIENCE)
    collector.stop()
    forget_places(collector)
    before = newest(strict_prometheus, machine)
    collector.start()
    wait_until(lambda: count(collector, "steward_remote_write_failed_total", target="strict", reason="out_of_order") > 100,
               "what is sent again is refused", 60 * programs.PATIENCE)
    wait_until(lambda: newest(strict_prometheus, machine) > before + 5000, "the present arrives", 60 * programs.PATIENCE)
    wait_until(lambda: count(collector, "steward_remote_write_lag_seconds", target="strict") < 3, "it keeps up")
    agent.stop()
    wait_until_same(collector, machine, receivers)
    assert collector.program.errors().count("out_of_order_time_window") == 1
    for target in ("takes", "victoria"):
        assert count(collector, "steward_remote_write_failed_total", target=target) == 0
