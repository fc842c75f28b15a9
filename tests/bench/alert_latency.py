#!/usr/bin/python3
"""How long after a level is crossed on a machine somebody hears of it, while many other machines send.

  tests/bench/alert_latency.py --bin build/release/bin [--machines 2000] [--series 150] [--trials 100] [--seconds 120]

At random moments trials cross a level: in a file that real agents read (one every 15 s, one every second) and, at the same
moments, in what Debian's Prometheus scrapes (every 15 s and every second, evaluated as often) with Debian's Alertmanager behind
it. Both carry the same load beside: steward-fleet's machines there, as many scraped targets here. Then an agent is frozen, as
by a machine that loses its power. Needs root: the agents see their files through a mount of their own.

Prints JSON, seconds: from the crossing to the POST at a webhook, by way; for Steward also from the sample's own time, which is
what sampling has no part in; and what both sides used."""

import argparse
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from datetime import datetime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

CONFIG = """
[agents]
interval = "15s"
[agents.class.desktop]
interval = "1s"
[[channel]]
name = "hook"
type = "webhook"
url = "{url}"
[[rule]]
type = "trial"
title = "A trial crosses its level"
subject = "{{trial}}"
value = "trial_value"
summary = "Trial {{trial}} is over."
meaning = "Nothing."
next_step = "Nothing."
[rule.thresholds]
level = 0.9
[[rule.level]]
name = "crossed"
severity = "medium"
when = "value > level"
threshold = "level"
raise = "0s"
"""
# Where agents look for files of metrics, each with its own folder there.
MOUNTED = 'mount -t tmpfs none /var/lib/prometheus && mkdir /var/lib/prometheus/node-exporter && mount --bind "$1" /var/lib/prometheus/node-exporter && shift && exec "$@"'


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--machines", type=int, default=2000)
    parser.add_argument("--series", type=int, default=150)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=120, help="in which the trials cross")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def exposition(crossings):
    now = time.time()
    return "".join(f'trial_value{{trial="{i}"}} {int(now >= at)}\n' for i, at in crossings.items())


class Targets(http.server.ThreadingHTTPServer):
    """What Prometheus scrapes: /trials, and /load/N with the series of one machine."""
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, crossings, series):
        load = "".join(f'bench_value{{number="{i}"}} {i * 1.5}\n' for i in range(series)).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = exposition(crossings).encode() if self.path == "/trials" else load
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def prometheus_files(folder, targets, alertmanager, machines):
    """15 s everywhere, but for the trials that are looked at each second."""
    (folder / "rules.yml").write_text(json.dumps({"groups": [
        {"name": name, "interval": interval, "rules": [
            {"alert": "Trial", "expr": f'trial_value{{job="{name}"}} > 0.9', "labels": {"way": way}} for way in ways]}
        for name, interval, ways in (("slow", "15s", ("default", "nowait")), ("fast", "1s", ("fast",)))]}))
    job = lambda name, interval, path: {"job_name": name, "scrape_interval": interval, "scrape_timeout": interval,
                                        "metrics_path": path, "static_configs": [{"targets": [targets]}]}
    load = {"job_name": "load", "relabel_configs": [{"source_labels": ["number"], "target_label": "__metrics_path__", "replacement": "/load/$1"},
                                                    {"source_labels": ["number"], "target_label": "instance"}],
            "static_configs": [{"targets": [targets], "labels": {"number": str(i)}} for i in range(machines)]}
    return json.dumps({"global": {"scrape_interval": "15s", "evaluation_interval": "15s"}, "rule_files": [str(folder / "rules.yml")],
                       "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
                       "scrape_configs": [job("slow", "15s", "/trials"), job("fast", "1s", "/trials"), load]})


def alertmanager_file(url):
    route = lambda way, **times: {"matchers": [f'way="{way}"'], "receiver": "hook", "group_by": ["trial", "way"], **times}
    return json.dumps({"route": {"receiver": "hook", "routes": [route("default"), route("nowait", group_wait="0s"), route("fast", group_wait="0s")]},
                       "receivers": [{"name": "hook", "webhook_configs": [{"url": url}]}]})


def percentiles(values, expected):
    values = sorted(values)
    at = lambda share: round(values[min(len(values) - 1, int(share * len(values)))], 3) if values else None
    return {"told": len(values), "of": expected, "median": at(0.5), "p90": at(0.9), "p99": at(0.99), "most": at(1)}


def seconds_of(text):
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + (rest or "0"))


def cpu_seconds(program):
    fields = pathlib.Path(f"/proc/{program.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options, folder, things):
    from support.agent import Agent
    from support.alertmanager import Alertmanager
    from support.collector import Collector
    from support.programs import Program
    from support.prometheus import Prometheus
    from support.waiting import wait_until
    from support.webhook import Webhook

    crossings = {}
    hook, peer_hook, targets = Webhook(), Webhook(), Targets(crossings, options.series)
    collector = Collector(folder, CONFIG.format(url=hook.url)).start()
    things.append(collector)
    fleet = Program("steward-fleet", ["--token", collector.token("--uses", str(options.machines)), "--state", folder / "fleet", "--machines", options.machines,
                                      "--series", options.series, "--duration", "10h", "--ledger", folder / "ledger"], folder / "fleet-log")
    things.append(fleet)
    agents, files = {}, []
    for name, machine_class in (("slow", "server"), ("fast", "desktop")):
        folder_of = folder / f"textfile-{name}"
        folder_of.mkdir()
        files.append(folder_of)
        agent = Agent(folder, name, prefix=("unshare", "-m", "sh", "-c", MOUNTED, "sh", str(folder_of)))
        agents[name] = agent.enroll(collector.token("--class", machine_class)).start()
        things.append(agent)
    alertmanager = Alertmanager(folder / "alertmanager", peer_hook.url)
    alertmanager._configuration.write_text(alertmanager_file(peer_hook.url))
    things.append(alertmanager.start())
    (folder / "prometheus").mkdir()
    prometheus = Prometheus(folder / "prometheus", prometheus_files(
        folder, f"127.0.0.1:{targets.server_port}", alertmanager.url.removeprefix("http://"), options.machines)).start()
    things.append(prometheus)

    def write():
        for path in files:
            (path / "next").write_text(exposition(crossings))
            (path / "next").rename(path / "trials.prom")

    wait_until(lambda: "machines run" in fleet.errors(), "the fleet is enrolled", 900)
    crossings.update({i: float("inf") for i in range(options.trials)})
    write()
    wait_until(lambda: collector.get("/metrics").count("trial_value{") >= 2 * options.trials, "both agents sample the trials", 120)
    time.sleep(30)  # the load of both sides is even
    moments = random.Random(options.seed)
    sides = {"collector": [collector.program], "prometheus and alertmanager": [prometheus.program, alertmanager.program]}
    before, began = {name: sum(map(cpu_seconds, programs)) for name, programs in sides.items()}, time.time()
    crossings.update({i: began + 1 + moments.random() * options.seconds for i in range(options.trials)})
    for at in sorted(crossings.values()):
        time.sleep(max(0, at - time.time()))
        write()
    time.sleep(75)  # the slowest way takes 60 s and what evaluation takes
    used = {name: round((sum(map(cpu_seconds, programs)) - before[name]) / (time.time() - began) * 3600, 1) for name, programs in sides.items()}

    ids = {agents[name].machine_id: name for name in agents}
    ours, sampled, peers = {"slow": [], "fast": []}, {"slow": [], "fast": []}, {}
    for request in hook.delivered("opened", "trial"):
        issue = request.body["issue"]
        way = ids[issue["machineId"]]
        ours[way].append(request.time - crossings[int(issue["subject"])])
        sampled[way].append(request.time - seconds_of(issue["evidence"]["latest"]["time"]))
    told = set()
    for request in peer_hook.requests:
        for alert in request.body["alerts"]:
            key = (alert["labels"]["way"], int(alert["labels"]["trial"]))
            if key not in told:
                told.add(key)
                peers.setdefault(key[0], []).append(request.time - crossings[key[1]])

    frozen = time.time()
    agents["slow"].program.process.send_signal(signal.SIGSTOP)
    gone = lambda: [r for r in hook.delivered("opened") if r.body["issue"].get("machineId") == agents["slow"].machine_id and r.time > frozen
                    and r.body["issue"]["type"] in ("machine-offline", "agent-silent")]
    vanished = wait_until(gone, "the frozen agent's machine is told", 300)[0]
    return {
        "machines": options.machines, "series": options.series, "loadAverage": os.getloadavg()[0],
        "crossingToPost": {
            "steward 15 s": percentiles(ours["slow"], options.trials), "steward 1 s": percentiles(ours["fast"], options.trials),
            "prometheus 15 s, group_wait 30 s": percentiles(peers.get("default", []), options.trials),
            "prometheus 15 s, group_wait 0 s": percentiles(peers.get("nowait", []), options.trials),
            "prometheus 1 s, group_wait 0 s": percentiles(peers.get("fast", []), options.trials)},
        "sampleToPost": {"steward 15 s": percentiles(sampled["slow"], options.trials), "steward 1 s": percentiles(sampled["fast"], options.trials)},
        "frozenToPost": {"seconds": round(vanished.time - frozen, 1), "type": vanished.body["issue"]["type"]},
        "cpuSecondsAnHour": used}


def main():
    options = arguments()
    os.environ["STEWARD_BIN_DIR"] = options.bin
    folder, things = pathlib.Path(tempfile.mkdtemp(prefix="alert-latency-")), []
    try:
        print(json.dumps(measure(options, folder, things), indent=1))
    finally:
        for thing in reversed(things):
            thing.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
