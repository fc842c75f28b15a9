#!/usr/bin/env python3
"""What taking in, keeping and reading samples costs the collector: the deterministic workload over mutual TLS, durable before
acknowledged.

usage: ingest_workload.py --bin DIR [--hosts 200] [--cycles 1440] [--peers]  (default: 43.2 million samples, 6 h of 200 machines)

Starts a collector on an empty data directory, feeds it by bench-ingest-load, and prints JSON: CPU seconds of the collector's
process per million samples, with what it does afterwards in the background (also told apart); bytes a sample on the wire (TLS
and gRPC framing included, counted by the kernel on loopback), written to disk (write_bytes of /proc/PID/io) and left on disk after
a clean stop; peak memory. Connecting is measured apart. Then queries over the whole time, as CPU milliseconds of the process, HTTP
and JSON included: the samples of one series; one series of every machine, as rates by the hour.

--peers: the same for Debian's Prometheus and VictoriaMetrics, one after the other, fed by remote write in the same batches of time
without TLS, with their ratios to the collector: above 1, the peer takes more. A peer answers one query for all machines where the
collector takes a request a machine. packed_bytes_per_sample of Prometheus: all samples in blocks, without its log.
VictoriaMetrics is made to merge before it is stopped.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time

from measured import folder_bytes
from stores import Prometheus, Steward, VictoriaMetrics


def feed(store):
    """Seconds, and what the load says it sent; the wire is measured before the connections end."""
    load = subprocess.Popen(store.load(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if (line := load.stderr.readline().strip()) != "connected":
            sys.exit(f"the load did not start: {line}")
        server = store.server
        cpu, written, wire, begun = server.cpu_seconds(), server.written_bytes(), server.received_bytes(), time.monotonic()
        if not (summary := load.stdout.readline()):
            sys.exit(f"the load failed: {load.stderr.read()}")
        sent, elapsed, wire = json.loads(summary), time.monotonic() - begun, server.received_bytes() - wire
        load.stdin.close()
        at_end = server.cpu_seconds()
        store.finish()
        server.settle()
    finally:
        load.kill()
        load.wait()
    samples = sent["samples"]
    return sent, {
        "seconds": round(elapsed, 1),
        "connect_cpu_seconds": round(cpu, 2),
        "cpu_seconds_per_million_samples": round((server.cpu_seconds() - cpu) / samples * 1e6, 4),
        "background_cpu_seconds_per_million_samples": round((server.cpu_seconds() - at_end) / samples * 1e6, 4),
        "wire_bytes_per_sample": round(wire / samples, 3),
        "written_bytes_per_sample": round((server.written_bytes() - written) / samples, 3),
        "peak_memory_mib": round(server.peak_mib(), 1),
    }


def query_costs(store, options):
    def cost(query):
        points, before, spent, times = query(), store.server.cpu_seconds(), 0, 0
        while spent < 0.5 and times < 500:  # seconds; the kernel counts in hundredths
            query()
            spent, times = store.server.cpu_seconds() - before, times + 1
        return round(spent / times * 1000, 2), points

    store.prepare_queries(time.time() - (options.cycles + 240) * 15)
    one, one_points = cost(store.query_one_series)
    rates, rate_points = cost(store.query_rates)
    return {"query_one_series_cpu_ms": one, "query_one_series_points": one_points,
            "query_rate_of_every_machine_cpu_ms": rates, "query_rate_of_every_machine_points": rate_points}


def measure(kind, options, folder):
    store = kind(options, folder)
    try:
        sent, result = feed(store)
        result |= query_costs(store, options)
        packed = store.pack()
    finally:
        store.server.stop()
    result["disk_bytes_per_sample"] = round(folder_bytes(store.data) / sent["samples"], 3)
    if packed is not None:
        result["packed_bytes_per_sample"] = round(packed / sent["samples"], 3)
    print(f"{kind.__name__}: {json.dumps(result)}", file=sys.stderr, flush=True)  # the others may take minutes
    return sent, result


def ratios(peer, own):
    own = own | {"packed_bytes_per_sample": own["disk_bytes_per_sample"]}
    return {key: round(value / own[key], 2) for key, value in peer.items()
            if own[key] and not key.endswith(("seconds", "points")) and not key.startswith("background")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the built programs")
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--cycles", type=int, default=1440)
    parser.add_argument("--peers", action="store_true", help="measure Prometheus and VictoriaMetrics too")
    parser.add_argument("--folder", help="where the data goes (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steward-ingest-", dir=options.folder) as folder:
        result, own = measure(Steward, options, folder)
        result["steward"] = own
        for name, kind in (("prometheus", Prometheus), ("victoriametrics", VictoriaMetrics)) if options.peers else ():
            _, peer = measure(kind, options, folder)
            result |= {name: peer, f"{name}_over_steward": ratios(peer, own)}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
