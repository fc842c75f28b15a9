"""A real Prometheus with the shipped configuration, and what it is asked."""

import json
import pathlib
import socket
import urllib.parse

from . import programs
from .collector import http_get
from .waiting import wait_until

PROGRAM = pathlib.Path("/usr/bin/prometheus")
SHIPPED = programs.SOURCE_DIR / "deploy/prometheus/prometheus.yml"


def shipped_configuration(collector_address, interval="1s"):
    """The shipped file with this test's address, and with shorter times so that the test does not take minutes."""
    text = SHIPPED.read_text()
    assert "127.0.0.1:7480" in text
    text = text.replace("127.0.0.1:7480", collector_address)
    for long in ("scrape_interval: 15s", "evaluation_interval: 15s", "scrape_timeout: 10s", "refresh_interval: 30s"):
        assert long in text, f"{long} is not in {SHIPPED}"
        text = text.replace(long, f"{long.split(':')[0]}: {interval}")
    return text


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    def __init__(self, folder, configuration, arguments=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.configuration = self.folder / "prometheus.yml"
        self.configuration.write_text(configuration)
        self.arguments = list(arguments)
        self.port = free_port()  # kept over restarts: who writes to it knows the address
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = None

    def start(self):
        self.program = programs.Program(str(PROGRAM), [
            f"--config.file={self.configuration}", f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}", *self.arguments], self.folder / "prometheus")
        wait_until(lambda: http_get(f"{self.url}/-/ready"), "Prometheus is ready", 60 * programs.PATIENCE)
        return self

    def kill(self):
        if self.program:
            self.program.kill()

    @property
    def write_url(self):
        """Where it takes remote write, if it was told to."""
        return f"{self.url}/api/v1/write"

    def series(self, selector, span="1h"):
        """The samples as they were received, staleness markers left out: [(labels, {milliseconds: value})]."""
        data = self.api("query", query=f"{selector}[{span}]")
        return [(one["metric"], {round(float(time) * 1000): float(value) for time, value in one["values"]}) for one in data["result"]]

    def api(self, path, **parameters):
        answer = json.loads(http_get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        """The instant vector, as a list of (labels, value)."""
        data = self.api("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(sample["metric"], float(sample["value"][1])) for sample in data["result"]]
