#!/usr/bin/env python3
"""The month of bench-month beside what an office gets today: the same samples in Debian's Prometheus, judged by rules with the
levels and times of node_exporter's mixin. Prints JSON with both.

An alert counts as finding a fault if it is one of those meant for it and fires on its machine while the cause is there or an
hour after; more of them on one fault are told as "opened_again", all others are false."""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

from measured import Server, wait_for

START, DAYS, STEP = 1772409600, 30, 120
CHUNK = 5 * 86400
FS = 'fstype!="",mountpoint!=""'
AVAIL = f"node_filesystem_avail_bytes{{{FS}}} / node_filesystem_size_bytes{{{FS}}} * 100"
FILES = f"node_filesystem_files_free{{{FS}}} / node_filesystem_files{{{FS}}} * 100"
WRITABLE = f"node_filesystem_readonly{{{FS}}} == 0"
HOURS, MINUTES = 3600, 60

# name, expression, for in seconds, and the planted types that it is meant for: the mixin's levels and times.
RULES = [
    ("SpaceFillingUp24h", f"{AVAIL} < 40 and predict_linear(node_filesystem_avail_bytes{{{FS}}}[6h], 24*3600) < 0 and {WRITABLE}", HOURS, {"disk-fill-forecast"}),
    ("SpaceFillingUp4h", f"{AVAIL} < 20 and predict_linear(node_filesystem_avail_bytes{{{FS}}}[6h], 4*3600) < 0 and {WRITABLE}", HOURS, {"disk-fill-forecast"}),
    ("AlmostOutOfSpace5", f"{AVAIL} < 5 and {WRITABLE}", 30 * MINUTES, {"disk-space-low"}),
    ("AlmostOutOfSpace3", f"{AVAIL} < 3 and {WRITABLE}", 30 * MINUTES, {"disk-space-low"}),
    ("FilesFillingUp24h", f"{FILES} < 40 and predict_linear(node_filesystem_files_free{{{FS}}}[6h], 24*3600) < 0 and {WRITABLE}", HOURS, {"inodes-low"}),
    ("AlmostOutOfFiles5", f"{FILES} < 5 and {WRITABLE}", HOURS, {"inodes-low"}),
    ("AlmostOutOfFiles3", f"{FILES} < 3 and {WRITABLE}", HOURS, {"inodes-low"}),
    ("NetworkReceiveErrs", "rate(node_network_receive_errs_total[5m]) / rate(node_network_receive_packets_total[5m]) > 0.01", HOURS, {"nic-faulty"}),
    ("NetworkTransmitErrs", "rate(node_network_transmit_errs_total[5m]) / rate(node_network_transmit_packets_total[5m]) > 0.01", HOURS, {"nic-faulty"}),
    ("ClockSkew", "(node_timex_offset_seconds > 0.05 and deriv(node_timex_offset_seconds[5m]) >= 0) or (node_timex_offset_seconds < -0.05 and deriv(node_timex_offset_seconds[5m]) <= 0)", 10 * MINUTES, {"clock-wrong"}),
    ("ClockNotSynchronising", "min_over_time(node_timex_sync_status[5m]) == 0 and node_timex_maxerror_seconds >= 16", 10 * MINUTES, {"clock-wrong"}),
    ("RAIDDegraded", 'node_md_disks_required - ignoring(state) node_md_disks{state="active"} > 0', 15 * MINUTES, {"raid-degraded"}),
    ("RAIDDiskFailure", 'node_md_disks{state="failed"} > 0', 0, {"raid-degraded"}),
    ("CPUHighUsage", '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100 > 90', 15 * MINUTES, {"cpu-saturated"}),
    ("SystemSaturation", 'node_load1 / on (instance) count by (instance) (node_cpu_seconds_total{mode="idle"}) > 2', 15 * MINUTES, {"cpu-saturated"}),
    ("MemoryMajorPageFaults", "rate(node_vmstat_pgmajfault[5m]) > 500", 15 * MINUTES, {"memory-pressure"}),
    ("MemoryHighUtilization", "100 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100 > 90", 15 * MINUTES, {"memory-pressure"}),
    ("SystemdServiceFailed", 'node_systemd_unit_state{state="failed"} == 1', 5 * MINUTES, {"service-failed", "scheduled-job-failed"}),
    # Not of that mixin, but in every installation: the target cannot be scraped.
    ("TargetDown", "up == 0", 10 * MINUTES, {"machine-offline", "agent-silent", "machine-missing"}),
]


def firing(prometheus, expression, wait):
    """(instance, when it began to fire) for each time that the rule would have fired."""
    seen = {}
    for begin in range(START, START + DAYS * 86400, CHUNK):
        query = urllib.parse.urlencode({"query": expression, "start": begin, "end": begin + CHUNK - STEP, "step": STEP})
        with urllib.request.urlopen(f"{prometheus}/api/v1/query_range", query.encode(), timeout=600) as answer:
            for series in json.load(answer)["data"]["result"]:
                key = json.dumps(series["metric"], sort_keys=True)
                seen.setdefault(key, []).extend(int(time) for time, _ in series["values"])
    fired = []
    for key, times in seen.items():
        since, last, told = None, None, False
        for time in times:
            if last is None or time - last > STEP:
                since, told = time, False
            if not told and time - since >= wait:
                fired.append((json.loads(key)["instance"], time))
                told = True
            last = time
    return sorted(fired, key=lambda one: one[1])


def judge(faults, alerts):
    found, again, false = {}, 0, {}
    by_machine = {}
    for number, fault in enumerate(faults):
        by_machine.setdefault(fault["machine"], []).append(number)
    for name, meant, instance, time in sorted(alerts, key=lambda one: one[3]):
        for number in by_machine.get(instance, []):
            fault = faults[number]
            end = float("inf") if fault["end"] is None else fault["end"] + 3600
            if fault["type"] in meant and fault["begin"] <= time <= end:
                again += number in found
                found.setdefault(number, (time - fault["begin"]) / 3600)
                break
        else:
            false[name] = false.get(name, 0) + 1
    missed = sorted({faults[n]["type"] for n in range(len(faults)) if n not in found})
    return {"planted": len(faults), "found": len(found), "opened_again": again, "false": sum(false.values()),
            "false_by_rule": false, "types_missed": missed, "messages_a_day_opened": len(alerts) / DAYS}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bin", required=True, help="directory of bench-month")
    options.add_argument("--seed", default="1")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples, data = os.path.join(folder, "samples"), os.path.join(folder, "data")
        os.makedirs(samples)
        run = subprocess.run([os.path.join(options.bin, "bench-month"), "--seed", options.seed, "--openmetrics", samples],
                             stdout=subprocess.PIPE, check=True, text=True)
        ours = json.loads(run.stdout)
        for number, file in enumerate(sorted(os.listdir(samples))):
            path = os.path.join(samples, file)
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", path, data],
                           stdout=subprocess.DEVNULL, check=True)
            os.remove(path)
            print(f"\r{number + 1} of {DAYS * 12} blocks", end="", file=sys.stderr)
        config = os.path.join(folder, "prometheus.yml")
        open(config, "w").close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            base = f"http://127.0.0.1:{probe.getsockname()[1]}"
        server = Server(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}", f"--web.listen-address={base.removeprefix('http://')}",
                         "--storage.tsdb.retention.time=10y"], os.path.join(folder, "prometheus.log"))
        try:
            wait_for("Prometheus", lambda: urllib.request.urlopen(f"{base}/-/ready", timeout=5).status == 200, 300)
            alerts = []
            for name, expression, wait, meant in RULES:
                alerts += [(name, meant, instance, time) for instance, time in firing(base, expression, wait)]
                print(f"\r{name}: {len(alerts)} so far          ", end="", file=sys.stderr)
            peer = judge(ours["faults"], alerts)
            by_rule = {}
            for name, _, _, _ in alerts:
                by_rule[name] = by_rule.get(name, 0) + 1
            peer["fired_by_rule"] = by_rule
        finally:
            server.stop()
    ours["false_count"] = len(ours["false"])
    print(json.dumps({"steward": ours, "mixin": peer}, indent=1))


if __name__ == "__main__":
    main()
