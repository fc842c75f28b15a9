"""A real VictoriaMetrics as a receiver of remote write."""

import json
import pathlib
import urllib.parse

from . import programs
from .collector import http_get
from .prometheus import free_port
from .waiting import wait_until

PROGRAM = pathlib.Path("/usr/bin/victoria-metrics")


class VictoriaMetrics:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = None

    def start(self):
        self.program = programs.Program(str(PROGRAM), [
            f"-storageDataPath={self.folder}/data", f"-httpListenAddr=127.0.0.1:{self.port}", "-memory.allowedBytes=64MB"],
            self.folder / "victoria")
        wait_until(lambda: http_get(f"{self.url}/health") == "OK", "VictoriaMetrics is ready", 60 * programs.PATIENCE)
        return self

    def kill(self):
        if self.program:
            self.program.kill()

    @property
    def write_url(self):
        return f"{self.url}/api/v1/write"

    def series(self, selector, span="1h"):
        """The samples as they were received, staleness markers left out: [(labels, {milliseconds: value})]."""
        del span  # the export gives all there is
        text = http_get(f"{self.url}/api/v1/export?{urllib.parse.urlencode({'match[]': selector})}")
        found = []
        for line in text.splitlines():
            one = json.loads(line)
            points = {time: float(value) for time, value in zip(one["timestamps"], one["values"]) if value is not None}
            found.append((one["metric"], points))
        return found
