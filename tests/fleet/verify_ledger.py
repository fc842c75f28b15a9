#!/usr/bin/python3
"""Compares steward-fleet's ledger with what a collector stored, sample by sample.

  verify_ledger.py --ledger FILE --data COLLECTOR_DATA [--tolerance 0.4] [--show 5]

Prints JSON: samples (of the ledger), matched, lost (in the ledger only), doubled (stored more than once), misplaced
(stored at another time), unknown (stored, never sampled). Ends with 1 if anything but matched is not zero.
Times may differ by less than the tolerance, in seconds; choose it below half the interval. Values must be equal.
"""

import argparse
import collections
import datetime
import http.client
import json
import socket
import sys

MACHINE_LABELS = {"instance", "machine", "site", "class"}
KINDS = ("lost", "doubled", "misplaced", "unknown")


def seconds(text):
    """An RFC 3339 time in UTC as seconds since 1970, exact to the microsecond."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp() + (float("0." + fraction) if fraction else 0.0)


def read_ledger(path):
    """{(machine, metric): {frozenset of labels: [(time, value)]}}, each list by time."""
    ledger = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            series = ledger[entry["machine"], entry["metric"]]
            series[frozenset(entry["labels"].items())].append((seconds(entry["time"]), float(entry["value"])))
    for series in ledger.values():
        for points in series.values():
            points.sort()
    return ledger


def compare_series(sampled, stored, tolerance):
    """Both lists of (time, value), by time. Returns {kind: [(time, value)]} with "matched" a number."""
    result = {kind: [] for kind in KINDS}
    matched, extra = [], []
    i = j = 0
    while i < len(sampled) and j < len(stored):
        (sampled_time, sampled_value), (stored_time, stored_value) = sampled[i], stored[j]
        if abs(sampled_time - stored_time) < tolerance and sampled_value == stored_value:
            matched.append(sampled[i])
            i, j = i + 1, j + 1
        elif stored_time <= sampled_time:
            extra.append(stored[j])
            j += 1
        else:
            result["lost"].append(sampled[i])
            i += 1
    result["lost"] += sampled[i:]
    extra += stored[j:]
    for point in extra:
        twin = next((p for p in matched if abs(p[0] - point[0]) < tolerance and p[1] == point[1]), None)
        moved = next((p for p in result["lost"] if p[1] == point[1]), None)
        if twin:
            result["doubled"].append(point)
        elif moved:
            result["lost"].remove(moved)
            result["misplaced"].append(point)
        else:
            result["unknown"].append(point)
    result["matched"] = len(matched)
    return result


class Collector:
    """The management API on the local socket."""

    def __init__(self, data):
        self.path = f"{data}/collector.sock"
        self.connection = None

    def call(self, method, request):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("localhost", timeout=60)
            self.connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.connection.sock.settimeout(60)
            self.connection.sock.connect(self.path)
        self.connection.request("POST", f"/steward.v1.{method}", json.dumps(request), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.will_close:
            self.connection.close()
            self.connection = None
        if answer.status != 200:
            raise RuntimeError(f"{method}: {answer.status} {body.decode(errors='replace')}")
        return json.loads(body)

    def series(self, machine, metric, begin, end):
        """{frozenset of labels: [(time, value)]}"""
        found = self.call("SampleService/QuerySamples", {"machine": machine, "metric": metric, "from": begin, "to": end})
        result = {}
        for series in found.get("series", []):
            labels = frozenset((k, v) for k, v in series.get("labels", {}).items() if k not in MACHINE_LABELS)
            points = [(seconds(p["time"]), float(p.get("value", 0))) for p in series.get("points", [])]
            if labels in result:
                raise RuntimeError(f"{metric} of {machine}: two series with the labels {dict(labels)}")
            result[labels] = sorted(points)
        return result


def rfc3339(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def compare(ledger, collector, tolerance, show):
    """`collector` has series(machine, metric, begin, end). Returns the result that is printed."""
    counts = collections.Counter(matched=0, samples=0, **{kind: 0 for kind in KINDS})
    examples = []
    times = [points[edge][0] for series in ledger.values() for points in series.values() for edge in (0, -1)]
    if not times:
        raise RuntimeError("the ledger is empty")
    begin, end = rfc3339(min(times) - 3600), rfc3339(max(times) + 3600)
    for (machine, metric), sampled in ledger.items():
        stored = collector.series(machine, metric, begin, end)
        for labels in sampled.keys() | stored.keys():
            result = compare_series(sampled.get(labels, []), stored.get(labels, []), tolerance)
            counts["samples"] += len(sampled.get(labels, []))
            counts["matched"] += result["matched"]
            for kind in KINDS:
                counts[kind] += len(result[kind])
                for moment, value in result[kind][:max(0, show - len(examples))]:
                    examples.append({"kind": kind, "machine": machine, "metric": metric, "labels": dict(labels),
                                     "time": rfc3339(moment), "value": value})
    return {**counts, "machines": len({machine for machine, _ in ledger}), "examples": examples}


def clean(result):
    return all(result[kind] == 0 for kind in KINDS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--tolerance", type=float, default=0.4)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()
    result = compare(read_ledger(options.ledger), Collector(options.data), options.tolerance, options.show)
    print(json.dumps(result, indent=2))
    return 0 if clean(result) else 1


if __name__ == "__main__":
    sys.exit(main())
