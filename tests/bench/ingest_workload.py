#!/usr/bin/env python3
"""What taking in samples costs the collector: the deterministic workload over mutual TLS, durable before acknowledged.

usage: ingest_workload.py --bin DIR [--hosts 200] [--cycles 1440]     (default: 43.2 million samples, 6 h of 200 machines)

Starts a collector on an empty data directory, feeds it by bench-ingest-load, and prints JSON: CPU seconds of the collector's
process per million samples, bytes a sample on the wire (TLS and gRPC framing included, counted by the kernel on loopback),
written to disk (write_bytes of /proc/PID/io) and left on disk, peak memory. Connecting is measured apart. Then queries over the
whole time, as CPU seconds of the collector's process: one series; one series of every machine, as rates by the hour.
"""
import argparse, json, os, pathlib, re, signal, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
import verify_ledger  # its client of the API

QUERIED, QUERIED_LABELS = "node_cpu_seconds_total", {"cpu": "0", "mode": "idle"}
HZ = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    text = open(f"/proc/{pid}/stat").read()
    return sum(map(int, text[text.rindex(")") + 2:].split()[11:13])) / HZ


def number(path, key):
    return int(re.search(rf"^{key}:\s+(\d+)", open(path).read(), re.M)[1])


def received_bytes(pid):
    """Bytes that the process's TCP connections have received, from ss."""
    text = subprocess.check_output(["ss", "-tinp", "state", "established"], text=True)
    lines = text.split("\n")
    return sum(int(re.search(r"bytes_received:(\d+)", info)[1]) for head, info in zip(lines, lines[1:])
               if f"pid={pid}," in head and "bytes_received:" in info)


def folder_bytes(path):
    return sum(os.lstat(os.path.join(d, f)).st_size for d, _, files in os.walk(path) for f in files)


def query_times(collector, pid, options):
    """Milliseconds of the collector's CPU, HTTP and JSON included."""
    machines = [machine["id"] for machine in collector.call("MachineService/ListMachines", {})["machines"]]
    begin = verify_ledger.rfc3339(time.time() - (options.cycles + 240) * 15)
    one = {"metric": QUERIED, "labels": QUERIED_LABELS, "from": begin}

    def cost(queries, repeat):
        points, before = 0, cpu_seconds(pid)
        for _ in range(repeat):
            for query in queries:
                points += sum(len(series["points"]) for series in collector.call("SampleService/QuerySamples", query).get("series", []))
        return round((cpu_seconds(pid) - before) / repeat * 1000, 2), points // repeat

    raw, raw_points = cost([one | {"machine": machines[0]}], 200)
    rates, rate_points = cost([one | {"machine": machine, "step": "3600s", "fn": "rate"} for machine in machines], 5)
    return {"query_one_series_cpu_ms": raw, "query_one_series_points": raw_points,
            "query_rate_of_every_machine_cpu_ms": rates, "query_rate_of_every_machine_points": rate_points}


def run(options, folder):
    data = f"{folder}/collector"
    log = open(f"{folder}/collector.log", "w")
    collector = subprocess.Popen([f"{options.bin}/steward-collector", "serve", "--data", data, "--agents-listen", "127.0.0.1:0",
                                  "--http-listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        while line := collector.stdout.readline():
            if line.strip() == "ready":
                break
        else:
            sys.exit(f"the collector did not start: {open(log.name).read()}")
        token = json.loads(subprocess.check_output([f"{options.bin}/stewardctl", "--data", data, "--json", "token", "create",
                                                    "--uses", str(options.hosts)]))["token"]
        load = subprocess.Popen([f"{options.bin}/bench-ingest-load", token, f"{data}/ca.crt", str(options.hosts), str(options.cycles)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if load.stderr.readline().strip() != "connected":
            sys.exit(f"the load did not start: {load.stderr.read()}")
        pid = collector.pid
        connect_cpu, written = cpu_seconds(pid), number(f"/proc/{pid}/io", "write_bytes")
        wire, peak_wire, begun = received_bytes(pid), 0, time.monotonic()
        while load.poll() is None:
            time.sleep(0.5)
            peak_wire = max(peak_wire, received_bytes(pid))
        elapsed = time.monotonic() - begun
        if load.returncode:
            sys.exit(f"the load failed: {load.stderr.read()}")
        sent = json.loads(load.stdout.read())
        cpu, written = cpu_seconds(pid) - connect_cpu, number(f"/proc/{pid}/io", "write_bytes") - written
        peak = number(f"/proc/{pid}/status", "VmHWM")
        queries = query_times(verify_ledger.Collector(data), pid, options)
    finally:
        collector.send_signal(signal.SIGTERM)
        collector.wait(30)
    millions = sent["samples"] / 1e6
    return sent | {
        "seconds": round(elapsed, 1),
        "connect_cpu_seconds": round(connect_cpu, 2),
        "cpu_seconds_per_million_samples": round(cpu / millions, 4),
        "wire_bytes_per_sample": round((peak_wire - wire) / sent["samples"], 3),
        "disk_bytes_per_sample": round(folder_bytes(data) / sent["samples"], 3),
        "written_bytes_per_sample": round(written / sent["samples"], 3),
        "peak_memory_mib": round(peak / 1024, 1),
    } | queries


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the built programs")
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--cycles", type=int, default=1440)
    parser.add_argument("--folder", help="where the collector's data goes (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steward-ingest-", dir=options.folder) as folder:
        print(json.dumps(run(options, folder), indent=2))


if __name__ == "__main__":
    main()
