#!/usr/bin/python3
"""Many machines come back at once, each with a backlog, while others are live.

  tests/bench/fleet_return.py --bin build/release/bin [--machines 1000] [--backlog 1h] [--series 50] [--live 20] [--nice 0]

steward-fleet runs on a clock of its own, which is moved through the outage; the collector and the live machines run on real
time. Prints JSON: seconds until the newest data of all was there, until the whole backlog was, the CPU time that both sides
took for it (which says more than the seconds where other work runs), the collector's peak memory, the live machines'
acknowledgement latency alone and during the return, and the load of the machine it was measured on.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--backlog", type=int, default=3600, help="seconds")
    parser.add_argument("--interval", type=int, default=15, help="seconds")
    parser.add_argument("--series", type=int, default=50)
    parser.add_argument("--live", type=int, default=20, help="machines that are not cut off")
    parser.add_argument("--nice", type=int, default=0, help="of the machines that return: in life they have processors of their own")
    parser.add_argument("--deadline", type=int, default=600, help="seconds for the whole return")
    return parser.parse_args()


class ClockSocket:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(600)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("r")

    def say(self, command):
        self.socket.sendall((command + "\n").encode())
        answer = self.lines.readline()
        assert answer.startswith("ok"), f"{command}: {answer}"
        return answer


def rfc3339(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text):
    return datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00")).timestamp() if text else 0


def memory_kib(pid, field="VmHWM"):
    return int(re.search(rf"{field}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def live_latency(Program, folder, token, options, seconds):
    """One fleet of live machines for so long: its summary's percentiles, in ms."""
    fleet = Program("steward-fleet", ["--token", token, "--state", folder / "live", "--machines", options.live, "--series", options.series,
                                      "--interval", "1s", "--duration", f"{seconds}s", "--seed", 2, "--ledger", folder / "live-ledger"],
                    folder / "live-log")
    return fleet


def summary(fleet, deadline):
    code = fleet.wait(deadline)
    assert code == 0, fleet.errors()[-2000:]
    return json.loads(fleet.lines[-1])["latencyMs"]


def main():
    options = arguments()
    os.environ["STEWARD_BIN_DIR"] = options.bin
    from support.collector import Collector
    from support.programs import Program
    from support.waiting import wait_until
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fleet-return-"))
    things = []
    try:
        collector = Collector(folder, f'[agents]\ninterval = "{options.interval}s"\n').start()
        things.append(collector)
        token = collector.token("--uses", str(options.machines + options.live))
        began = time.monotonic()
        away = Program("steward-fleet", ["--token", token, "--state", folder / "away", "--machines", options.machines,
                                         "--series", options.series, "--interval", f"{options.interval}s", "--seed", 1,
                                         "--ledger", folder / "ledger", "--outage", f"at=0s,for={options.backlog}s",
                                         "--duration", "1000h", "--clock", f"unix:{folder}/clock"], folder / "away-log",
                       prefix=("nice", "-n", str(options.nice)))
        things.append(away)
        wait_until(lambda: "machines run" in away.errors(), "all machines are enrolled", 900)
        enrolled = time.monotonic() - began
        first = live_latency(Program, folder, token, options, 20)
        things.append(first)
        alone = summary(first, 120)

        clock = ClockSocket(folder / "clock")
        clock.say(f"wall {rfc3339(time.time() - options.backlog)}")
        clock.say(f"advance {options.backlog - 1}s")
        live = live_latency(Program, folder, token, options, options.deadline)  # ended when all have returned
        things.append(live)
        wait_until(lambda: live.errors().count("connected to") >= options.live, "the live machines are connected", 120)
        memory_before = memory_kib(collector.program.pid, "VmRSS")
        load = os.getloadavg()

        spent = {"collector": collector.program.pid, "machines": away.pid}
        before = {name: cpu_seconds(pid) for name, pid in spent.items()}
        cpu = lambda: {name: round(cpu_seconds(pid) - before[name], 1) for name, pid in spent.items()}
        cpu_newest = cpu_whole = None
        returned = time.monotonic()
        clock.say("advance 1s")
        newest = time.time() - 2 * options.interval - 5
        all_newest = whole = None
        asked = 0.0
        samples = options.machines * (options.backlog // options.interval)
        while time.monotonic() - returned < options.deadline and (all_newest is None or whole is None):
            clock.say("advance 100ms")
            time.sleep(0.1)
            now = time.monotonic() - returned
            if now < asked + 1:  # a list of all machines costs the collector something itself
                continue
            asked = now
            if all_newest is None:
                seen = [parse_time(m.get("lastSeenTime", "")) for m in collector.machines() if m["hostName"].startswith("fleet-")]
                if sum(time >= newest for time in seen) >= options.machines + options.live:
                    all_newest, cpu_newest = now, cpu()
            elif '"waiting":0' in away.errors():
                whole, cpu_whole = now, cpu()
            batches = sum(value for (name, _), value in collector.metrics("/metrics/collector").items()
                          if name == "steward_ingest_batches_total")
            if batches >= samples and whole is None:
                whole, cpu_whole = now, cpu()
        live.process.send_signal(signal.SIGTERM)
        print(json.dumps({
            "machines": options.machines, "backlogSeconds": options.backlog, "series": options.series,
            "enrolSeconds": round(enrolled, 1),
            "newestOfAllSeconds": all_newest and round(all_newest, 1), "wholeBacklogSeconds": whole and round(whole, 1),
            "cpuSecondsUntilNewest": cpu_newest, "cpuSecondsUntilWhole": cpu_whole,
            "collectorPeakMiB": round(memory_kib(collector.program.pid) / 1024, 1), "collectorBeforeMiB": round(memory_before / 1024, 1),
            "liveLatencyMsAlone": alone, "liveLatencyMsDuring": summary(live, 300),
            "loadAverageAtReturn": load[0]}, indent=1))
    finally:
        for thing in reversed(things):
            thing.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
