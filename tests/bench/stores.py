"""The collector and its peers under one interface: start, what feeds them, two queries over all that was fed.

data: the folder whose bytes count once the store has stopped. load(): the command that feeds it. finish(): has it do what the load
left to be done. Queries return how many
points they gave. pack(): brings what is stored into its smallest form, if the store does that when asked; returns its
bytes if they are not all of `data`.
"""

import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse

from measured import Server, folder_bytes, wait_for

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
import verify_ledger  # its client of the API

METRIC, LABELS = "node_cpu_seconds_total", {"cpu": "0", "mode": "idle"}


class Steward:
    def __init__(self, options, folder):
        self.options, self.data = options, f"{folder}/steward"
        self.server = Server([f"{options.bin}/steward-collector", "serve", "--data", self.data, "--agents-listen", "127.0.0.1:0",
                              "--http-listen", "127.0.0.1:0"], f"{folder}/steward.log")
        wait_for("the collector", lambda: json.loads(pathlib.Path(self.data, "endpoints.json").read_text()))

    def load(self):
        token = json.loads(subprocess.check_output([f"{self.options.bin}/stewardctl", "--data", self.data, "--json", "token", "create",
                                                    "--uses", str(self.options.hosts)]))["token"]
        return [f"{self.options.bin}/bench-ingest-load", token, f"{self.data}/ca.crt", str(self.options.hosts), str(self.options.cycles)]

    def finish(self):
        """Past hours are packed between commits, a few at a time, and a load of hours in seconds ends before they are all: agents
        that go on would make these commits."""
        self.api = verify_ledger.Collector(self.data)
        for _ in range(self.options.hosts * self.options.cycles // 240):
            self.api.call("TokenService/CreateEnrollmentToken", {"uses": 1})

    def prepare_queries(self, begin):
        self.machines = [machine["id"] for machine in self.api.call("MachineService/ListMachines", {})["machines"]]
        self.query = {"metric": METRIC, "labels": LABELS, "from": verify_ledger.rfc3339(begin)}

    def _points(self, machine, more):
        answer = self.api.call("SampleService/QuerySamples", self.query | {"machine": machine} | more)
        return sum(len(series["points"]) for series in answer.get("series", []))

    def query_one_series(self):
        return self._points(self.machines[0], {})

    def query_rates(self):
        """A request a machine."""
        return sum(self._points(machine, {"step": "3600s", "fn": "rate"}) for machine in self.machines)

    def pack(self):
        return None


class Peer:
    """What answers Prometheus' own API and takes remote write, without TLS."""

    def __init__(self, options, folder, name, ready):
        self.options, self.folder, self.data = options, folder, f"{folder}/{name}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        program = shutil.which(name) or sys.exit(f"{name} was not found; install Debian's package of that name")
        self.server = Server([program, *self.arguments()], f"{folder}/{name}.log")
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        wait_for(name, lambda: self.fetch(ready, "GET"))

    def fetch(self, path, method="POST", **parameters):
        """The answer's body; an error's is an error."""
        try:
            self.connection.request(method, f"{path}?{urllib.parse.urlencode(parameters)}")
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise OSError(f"{path}: {error}") from error
        if answer.status >= 300:
            raise OSError(f"{path}: {answer.status} {body.decode(errors='replace')}")
        return body

    def load(self):
        return [f"{self.options.bin}/bench-remote-write-load", str(self.port), str(self.options.hosts), str(self.options.cycles)]

    def finish(self):
        """It goes on by itself."""

    def prepare_queries(self, begin):
        self.connection.close()  # it was idle; the server may have ended it
        self.begin, self.end = begin, time.time()

    def _points(self, path, **parameters):
        answer = json.loads(self.fetch(f"/api/v1/{path}", "GET", nocache=1, **parameters))
        return sum(len(series["values"]) for series in answer["data"]["result"])

    def _selector(self, **labels):
        return METRIC + "{" + ",".join(f'{name}="{value}"' for name, value in (LABELS | labels).items()) + "}"

    def query_one_series(self):
        return self._points("query", query=f"{self._selector(instance='host-0000')}[{round(self.end - self.begin)}s]", time=self.end)

    def query_rates(self):
        return self._points("query_range", query=f"rate({self._selector()}[1h])", step=3600, start=self.begin, end=self.end)


class Prometheus(Peer):
    def __init__(self, options, folder):
        pathlib.Path(folder, "prometheus.yml").write_text("global: {}\n")
        super().__init__(options, folder, "prometheus", "/-/ready")

    def arguments(self):
        return [f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.data}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver", "--web.enable-admin-api"]

    def pack(self):
        """Everything in blocks, without what it keeps besides to survive a crash."""
        snapshots = f"{self.data}/snapshots"
        self.fetch("/api/v1/admin/tsdb/snapshot")
        size = folder_bytes(snapshots)
        shutil.rmtree(snapshots)
        return size


class VictoriaMetrics(Peer):
    def __init__(self, options, folder):
        super().__init__(options, folder, "victoria-metrics", "/health")

    def arguments(self):
        return [f"-storageDataPath={self.data}", f"-httpListenAddr=127.0.0.1:{self.port}", "-selfScrapeInterval=0"]

    def pack(self):
        """Merged, without the caches that it writes down as it stops."""
        self.fetch("/internal/force_flush", "GET")
        self.fetch("/internal/force_merge", "GET")
        time.sleep(1)  # it answers before it begins
        wait_for("the merge", lambda: b"vm_active_force_merges 0" in self.fetch("/metrics", "GET"), 300)
        return folder_bytes(self.data) - folder_bytes(f"{self.data}/cache")
