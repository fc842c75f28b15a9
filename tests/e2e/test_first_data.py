"""This machine's real health, from the kernel's files to the page that Prometheus reads."""

import os
import socket
import subprocess
import time

from support.collector import select
from support.waiting import wait_until

FOUR_LABELS = {"instance", "machine", "site", "class"}


def cpu_seconds():
    with open("/proc/stat", encoding="ascii") as stat:
        ticks = {line.split()[0]: list(map(int, line.split()[1:])) for line in stat if line.startswith("cpu")}
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    return {(name[3:], mode): value / 100 for name, values in ticks.items() if name != "cpu" for mode, value in zip(modes, values)}


def received_bytes():
    with open("/proc/net/dev", encoding="ascii") as devices:
        return {line.split(":")[0].strip(): int(line.split(":")[1].split()[0]) for line in devices if ":" in line}


def meminfo():
    with open("/proc/meminfo", encoding="ascii") as lines:
        return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


def only(values, name, **labels):
    found = select(values, name, **labels)
    assert len(found) == 1, f"{name}{labels}: {found}"
    return next(iter(found.values()))


def fresh_metrics(collector, machine):
    """The exposition of a batch that was taken after the call."""
    asked = time.time()

    def newer():
        values = collector.metrics()
        return values if only(values, "steward_machine_last_seen_timestamp_seconds", machine=machine["id"]) > asked else None
    return wait_until(newer, "a batch after the question")


def test_the_machine_is_listed_with_its_name_class_and_state(collector, agent):
    machine = collector.wait_for_machine()
    assert machine["hostName"] == socket.gethostname()
    assert machine["class"] in ("server", "desktop", "laptop")
    assert machine["id"] == agent.machine_id
    assert machine["up"] is True
    assert "lastSeenTime" in machine and "site" in machine


def test_a_token_stands_alone_on_stdout(collector, make_agent):
    made = collector.ctl("token", "create")
    assert made.stdout == made.stdout.split()[0] + "\n" and "Good for 1 machine" in made.stderr
    make_agent().enroll(made.stdout.strip())
    api = collector.ctl("token", "create", "--api", "--role", "viewer")
    assert api.stdout == api.stdout.split()[0] + "\n" and api.stdout.startswith("sta1-") and "role viewer" in api.stderr


def test_the_exposition_satisfies_promtool(collector, agent):
    collector.wait_for_machine()
    wait_until(lambda: select(collector.metrics(), "node_cpu_seconds_total"), "cpu time in the exposition")
    for path in ("/metrics", "/metrics/collector", f"/metrics/machines/{agent.machine_id}"):
        result = subprocess.run(["promtool", "check", "metrics"], input=collector.get(path), capture_output=True, text=True, timeout=60)
        # promtool also criticises names that are node_exporter's own; what counts is that it can read every line.
        assert result.returncode in (0, 3), f"{path}: {result.stdout}{result.stderr}"
        assert "error while linting" not in result.stderr


def test_machine_series_carry_the_four_labels(collector, agent):
    machine = collector.wait_for_machine()
    values = fresh_metrics(collector, machine)
    for name in ("node_cpu_seconds_total", "node_memory_MemAvailable_bytes", "node_filesystem_avail_bytes", "node_network_receive_bytes_total"):
        found = select(values, name)
        assert found, f"{name} is missing"
        for labels in map(dict, found):
            assert FOUR_LABELS <= labels.keys(), f"{name} lacks labels: {labels}"
            assert labels["machine"] == machine["id"] and labels["instance"] == machine["hostName"]
            assert labels["class"] == machine["class"]


def test_values_agree_with_the_kernels(collector, agent):
    machine = collector.wait_for_machine()
    cpu_before, received_before = cpu_seconds(), received_bytes()
    values = fresh_metrics(collector, machine)
    cpu_after, received_after = cpu_seconds(), received_bytes()

    for (cpu, mode), before in cpu_before.items():
        assert before <= only(values, "node_cpu_seconds_total", cpu=cpu, mode=mode) <= cpu_after[cpu, mode], f"cpu {cpu} {mode}"
    del received_before["lo"]  # node_exporter leaves it out, too
    for device, before in received_before.items():
        assert before <= only(values, "node_network_receive_bytes_total", device=device) <= received_after[device], device
    assert only(values, "node_memory_MemTotal_bytes") == meminfo()["MemTotal"]
    assert abs(only(values, "node_memory_MemAvailable_bytes") - meminfo()["MemAvailable"]) < 0.2 * meminfo()["MemTotal"]
    root = os.statvfs("/")
    assert only(values, "node_filesystem_size_bytes", mountpoint="/") == root.f_blocks * root.f_frsize
    assert abs(only(values, "node_filesystem_avail_bytes", mountpoint="/") - root.f_bavail * root.f_frsize) < 1e9
    with open("/proc/stat", encoding="ascii") as stat:
        boot = next(int(line.split()[1]) for line in stat if line.startswith("btime"))
    assert abs(only(values, "node_boot_time_seconds") - boot) <= 1
    assert only(values, "steward_machine_up", machine=machine["id"]) == 1


def test_samples_returns_the_points_by_name_and_by_id(collector, agent):
    machine = collector.wait_for_machine()

    def enough():
        series = collector.samples(machine["hostName"], "node_memory_MemTotal_bytes", "--from", "1h")
        return series if series and len(series[0]["points"]) >= 3 else None
    series = wait_until(enough, "three points of one series")
    assert len(series) == 1 and series[0]["metric"] == "node_memory_MemTotal_bytes"
    assert {point["value"] for point in series[0]["points"]} == {meminfo()["MemTotal"]}
    times = [point["time"] for point in series[0]["points"]]
    assert times == sorted(set(times))
    assert collector.samples(machine["id"], "node_memory_MemTotal_bytes", "--from", "1h")[0]["points"][:3] == series[0]["points"][:3]


def test_samples_gives_one_point_a_step(collector, agent):
    machine = collector.wait_for_machine()
    asked = ("node_cpu_seconds_total", "--label", "mode!=idle", "--label", "cpu=~0|x", "--from", "10m")

    def rates():
        return collector.samples(machine["id"], *asked, "--step", "1m", "--fn", "rate")
    series = wait_until(rates, "rates of the first processor")
    assert {one["labels"]["cpu"] for one in series} == {"0"} and "idle" not in {one["labels"]["mode"] for one in series}
    assert all(0 <= point.get("value", 0) <= 1.1 for one in series for point in one["points"])
    assert all(len(one["points"]) == 1 for one in collector.samples(machine["id"], *asked, "--fn", "max"))
    for wrong, why in ((("--fn", "median"), "median"), (("--label", "cpu=~("), "regular expression"), (("--step", "1ms"), "longer step")):
        refused = collector.ctl("samples", machine["id"], *asked, *wrong)
        assert refused.returncode != 0 and why in refused.stderr, refused.stderr


def test_inventory_tells_the_system(collector, agent):
    machine = collector.wait_for_machine()
    facts = wait_until(lambda: collector.json("machine", "show", machine["id"]).get("facts"), "inventory facts")
    groups = {fact["group"] for fact in facts}
    assert {"os", "processor", "memory", "network", "package"} <= groups, groups


def test_service_discovery_names_the_machines_page(collector, agent):
    import json
    machine = collector.wait_for_machine()
    targets = json.loads(collector.get("/sd/prometheus"))
    labels = next(t["labels"] for t in targets if t["labels"].get("machine") == machine["id"] or machine["id"] in t["labels"].get("__metrics_path__", ""))
    assert labels["job"] == "node"
    assert labels["__metrics_path__"] == f"/metrics/machines/{machine['id']}"


def test_people_get_tables(collector, agent):
    machine = collector.wait_for_machine()
    table = collector.ctl("machines")
    assert table.returncode == 0
    assert machine["hostName"] in table.stdout


def test_probe_prints_what_it_reads_without_any_enrolment(folder):
    import json
    from support import programs
    words = programs.run("steward-agent", "probe", deadline=180)
    assert words.returncode == 0 and "node_memory_MemTotal_bytes" in words.stdout, words.stderr
    result = programs.run("steward-agent", "probe", "--json", deadline=180)
    assert result.returncode == 0, result.stderr
    json.loads(result.stdout)
