"""Debian's node_exporter beside the agent on this machine: the same names, labels, types and values, so that the dashboards and
rules that people have work unchanged. The deliberate differences are in node_exporter_differences.toml."""

import fnmatch
import json
import math
import pathlib
import re
import tomllib

import pytest

from support.collector import http_get
from support.programs import Program, run
from support.prometheus import free_port
from support.waiting import wait_until

PROGRAM = "/usr/bin/prometheus-node-exporter"
COLLECTORS = ["--collector.processes", "--collector.interrupts", "--collector.tcpstat"]
DIFFERENCES = tomllib.loads((pathlib.Path(__file__).parent / "node_exporter_differences.toml").read_text())["difference"]
# A gauge may move between two readings: by a tenth of itself, and a few processes, sockets or megabytes.
MOVES = 0.1
ROUNDS = 4
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def parse(text):
    """Series of the node_* families, {(name, labels): value}, and the families' types."""
    series, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name] = kind
        elif line.startswith("node_"):
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            unescaped = [(key, re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), text)) for key, text in LABEL.findall(labels or "")]
            series[name, frozenset(unescaped)] = float(value)
    return series, types


def read_ours():
    # apt's dry run is part of it and takes seconds of CPU: long on a machine that is busy with other tests.
    probe = run("steward-agent", "probe", "--json", deadline=180)
    assert probe.returncode == 0, probe.stderr
    return {(sample["metric"], frozenset(sample["labels"].items())): sample for sample in json.loads(probe.stdout)["samples"]}


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    """Each: node_exporter, its types, the agent, node_exporter again. Several, for what is of the moment: an I/O under way."""
    port = free_port()
    exporter = Program(PROGRAM, [f"--web.listen-address=127.0.0.1:{port}", *COLLECTORS], tmp_path_factory.mktemp("exporter") / "log")
    try:
        url = f"http://127.0.0.1:{port}/metrics"
        wait_until(lambda: http_get(url), "node_exporter answers", 30)
        taken = []
        for _ in range(ROUNDS):
            before, types = parse(http_get(url))
            ours = read_ours()
            taken.append((before, parse(http_get(url))[0], types, ours))
        return taken
    finally:
        exporter.kill()


@pytest.fixture(scope="module")
def readings(rounds):
    return rounds[0]


def differences(key, how):
    name, labels = key
    return [one for one in DIFFERENCES
            if one["how"] == how and fnmatch.fnmatchcase(name, one["metric"]) and set(one.get("labels", {}).items()) <= labels]


def ours_for(key):
    """The name and labels under which the agent reports it."""
    name, labels = key
    renamed = {one["label"]: one["as"] for one in differences(key, "label")}
    return name, frozenset((renamed.get(label, label), value) for label, value in labels)


def test_every_series_of_node_exporter_is_there(readings):
    before, after, _, ours = readings
    missing = [f"{key[0]}{dict(key[1])}" for key, value in before.items()
               if key in after and ours_for(key) not in ours and not differences(key, "absent")
               and not (value == 0 and differences(key, "absent at 0"))]
    assert not missing, "\n".join(sorted(missing))


def test_types_are_the_same(readings):
    _, _, types, ours = readings
    other = {f"{name}: {sample['type']}, not {types[name]}" for (name, _), sample in ours.items()
             if name in types and sample["type"] != types[name]}
    assert not other, "\n".join(sorted(other))


def beyond(before, after, types, ours):
    """What of ours does not lie between the two readings."""
    wrong = {}
    for key in before.keys() & after.keys():
        sample = ours.get(ours_for(key))
        if sample is None or isinstance(sample["value"], str) or math.isnan(before[key]) or differences(key, "value"):
            continue
        low, high = sorted((before[key], after[key]))
        # What the kernel counts in ticks it may count a tick later or earlier.
        slack = 0.02 + 1e-6 * abs(high) if types[key[0]] == "counter" else MOVES * max(abs(low), abs(high)) + 5
        if not low - slack <= sample["value"] <= high + slack:
            wrong[key] = f"{key[0]}{dict(key[1])}: {sample['value']}, node_exporter {before[key]} and {after[key]}"
    return wrong


def test_values_lie_between_two_readings_of_node_exporter(rounds):
    wrong = [beyond(*one) for one in rounds]
    always = [words for key, words in wrong[0].items() if all(key in one for one in wrong)]
    assert not always, "\n".join(sorted(always))


def test_every_difference_is_one(readings):
    before, _, _, ours = readings
    for one in DIFFERENCES:
        if not pathlib.Path(one.get("where", "/")).exists():
            continue
        keys = [key for key in before if one in differences(key, one["how"])]
        assert keys, f"{one['metric']} is no metric of node_exporter's"
        if one["how"].startswith("absent"):
            assert any(key not in ours for key in keys), f"{one['metric']} does not differ"
