#!/usr/bin/python3
"""A year of an office: what it takes on disk, and how long its backup and its restore take.

  tests/bench/storage_year.py --bin build/release/bin --folder DIR [--machines 200] [--days 365] [--kind office|lively]

bench-storage-year runs one machine of 500 series through the real storage on simulated time: folding, tiers and expiry at the
default retention. Its rows are then given to as many machines by SQL, in the stopped database (its log of the last hour is not).
On that: `check`, if it is asked for; `backup` beside a collector which takes in the samples of 200 other machines; `restore`;
start until ready. Prints JSON; what it made is deleted. --machine FILE takes a database that bench-storage-year left,
--no-restore ends with the size. DIR needs room for two databases and some GB: 17 GB for `office`, 50 for `lively`.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

import measured

STARTED = []  # servers, to be ended whatever happens
OWN_KEY = {"descriptor_set": "epoch, number, content", "committed": "epoch, sequence_first, sequence_last"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--folder", required=True, help="on a disk, not in memory")
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--kind", choices=["office", "lively"], default="office")
    parser.add_argument("--machine", help="a database that is there already")
    parser.add_argument("--writers", type=int, default=200, help="machines that send during the backup")
    parser.add_argument("--check", action="store_true", help="takes long: it decodes everything")
    parser.add_argument("--no-restore", action="store_true")
    return parser.parse_args()


def columns_without(database, table, *left_out):
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    return ", ".join(name for name in names if name not in left_out)


def replicate(path, machines):
    """Gives the rows of machine 1 to the others."""
    database = sqlite3.connect(path, isolation_level=None)
    for setting in "journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -200000":
        database.execute(f"PRAGMA {setting}")
    database.execute("BEGIN")
    rest = columns_without(database, "machine", "key", "id", "host_name", "instance")
    block = columns_without(database, "block", "key", "machine")
    position = columns_without(database, "block_position", "block", "machine")
    rolled = columns_without(database, "rolled", "key", "machine")
    stride = database.execute("SELECT IFNULL(MAX(key), 0) + 1 FROM block").fetchone()[0]
    for key in range(2, machines + 1):
        name = f"office-{key - 1}"
        database.execute(f"INSERT INTO machine (key, id, host_name, instance, {rest}) SELECT ?, ?, ?, ?, {rest} FROM machine "
                         "WHERE key = 1", (key, f"{key:08x}-0000-4000-8000-000000000000", name, name))
        for table, columns in OWN_KEY.items():
            database.execute(f"INSERT INTO {table} (machine, {columns}) SELECT ?, {columns} FROM {table} WHERE machine = 1", (key,))
        moved = (key - 1) * stride
        database.execute(f"INSERT INTO block (key, machine, {block}) SELECT key + ?, ?, {block} FROM block WHERE machine = 1",
                         (moved, key))
        database.execute(f"INSERT INTO block_position (block, machine, {position}) SELECT block + ?, ?, {position} FROM "
                         "block_position WHERE machine = 1", (moved, key))
        database.execute(f"INSERT INTO rolled (machine, {rolled}) SELECT ?, {rolled} FROM rolled WHERE machine = 1 ORDER BY key", (key,))
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode = WAL")
    sizes = {"raw_bytes": "SELECT SUM(length(content)) FROM block",
             "five_minutes_bytes": "SELECT IFNULL(SUM(length(content)), 0) FROM rolled WHERE tier = 1",
             "hours_bytes": "SELECT IFNULL(SUM(length(content)), 0) FROM rolled WHERE tier = 2"}
    result = {name: database.execute(query).fetchone()[0] for name, query in sizes.items()}
    database.close()
    return result | {"database_bytes": path.stat().st_size}


def timed(name, *command):
    """Runs a program to its end: seconds, CPU seconds and peak memory."""
    begun = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{name} failed: {errors}")
    return {f"{name}_seconds": round(time.monotonic() - begun, 1), f"{name}_cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
            f"{name}_peak_memory_mib": round(usage.ru_maxrss / 1024, 1)}


class Collector(measured.Server):
    def __init__(self, bin, data):
        begun = time.monotonic()
        self.data, log = data, pathlib.Path(f"{data}.log")
        super().__init__([bin / "steward-collector", "serve", "--data", data, "--agents-listen", "127.0.0.1:0", "--http-listen",
                          "127.0.0.1:0"], log)
        STARTED.append(self.process)
        measured.wait_for("the collector", lambda: "ready\n" in log.read_text().splitlines(True) or self.process.poll(), 600)
        if self.process.poll() is not None:
            sys.exit(f"the collector did not start: {log.read_text()}")
        self.ready_seconds = round(time.monotonic() - begun, 1)

    def number(self, metric):
        http = json.loads((self.data / "endpoints.json").read_text())["http"]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        text = opener.open(f"{http}/metrics/collector", timeout=60).read().decode()
        return float(re.search(rf"^{metric} (\S+)", text, re.M)[1])


def start_writers(options, collector, folder):
    token = json.loads(subprocess.check_output([options.bin / "stewardctl", "--data", collector.data, "--json", "token", "create",
                                                "--uses", str(options.writers)]))["token"]
    fleet = subprocess.Popen([options.bin / "steward-fleet", "--token", token, "--state", folder / "fleet", "--machines",
                              str(options.writers), "--series", "100", "--interval", "15s", "--duration", "1h", "--ledger",
                              folder / "ledger"], stdout=subprocess.DEVNULL, stderr=open(folder / "fleet.log", "w"))
    STARTED.append(fleet)
    measured.wait_for("the machines that write", lambda: collector.number("steward_ingest_batches_total") >= options.writers
                      or fleet.poll() is not None, 300)
    if fleet.poll() is not None:
        sys.exit(f"the machines that write ended: {(folder / 'fleet.log').read_text()}")
    return fleet


def back_up(options, collector, folder):
    fleet = start_writers(options, collector, folder)
    before, begun = collector.number("steward_ingest_batches_total"), time.monotonic()
    result = timed("backup", options.bin / "steward-collector", "backup", "--data", collector.data, "--to", folder / "one.backup")
    taken_in = (collector.number("steward_ingest_batches_total") - before) / (time.monotonic() - begun)
    fleet.kill()
    fleet.wait()
    return result | {"backup_bytes": (folder / "one.backup").stat().st_size, "batches_a_second_during_backup": round(taken_in, 1)}


def run(options, folder):
    data = folder / "collector"
    Collector(options.bin, data).stop()  # makes the identity
    result = {}
    if options.machine:
        shutil.copy(options.machine, data / "collector.db")
    else:
        result["one_machine"] = json.loads(subprocess.check_output(
            [options.bin / "bench-storage-year", data, str(options.days), options.kind], stderr=subprocess.DEVNULL))
    result |= {"machines": options.machines} | replicate(data / "collector.db", options.machines)
    if options.no_restore:
        return result
    if options.check:
        result |= timed("check", options.bin / "steward-collector", "check", "--data", data)
    collector = Collector(options.bin, data)
    result["start_seconds"] = collector.ready_seconds
    result |= back_up(options, collector, folder)
    result["collector_peak_memory_mib"] = round(collector.peak_mib(), 1)
    collector.stop()
    shutil.move(data, folder / "lost")
    (folder / "lost/collector.db").unlink()  # room for the other
    begun = time.monotonic()
    result |= timed("restore", options.bin / "steward-collector", "restore", "--from", folder / "one.backup", "--data", data)
    collector = Collector(options.bin, data)
    result |= {"restored_start_seconds": collector.ready_seconds, "restore_to_ready_seconds": round(time.monotonic() - begun, 1),
               "restored_collector_peak_memory_mib": round(collector.peak_mib(), 1)}
    collector.stop()
    return result


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="steward-year-", dir=options.folder) as folder:
        try:
            print(json.dumps(run(options, pathlib.Path(folder)), indent=2))
        finally:
            for process in STARTED:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
