"""Debian's Alertmanager, with one webhook behind it."""

import json
import pathlib

from . import programs
from .collector import http_get
from .prometheus import free_port
from .waiting import wait_until

PROGRAM = pathlib.Path("/usr/bin/prometheus-alertmanager")


class Alertmanager:
    def __init__(self, folder, receiver_url):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self._configuration = self.folder / "alertmanager.yml"
        self._configuration.write_text(json.dumps({
            "route": {"receiver": "hook", "group_by": ["alertname", "instance"], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"},
            "receivers": [{"name": "hook", "webhook_configs": [{"url": receiver_url, "send_resolved": True}]}]}))
        self.port = free_port()  # kept over restarts: who posts to it knows the address
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = None

    def start(self):
        self.program = programs.Program(str(PROGRAM), [
            f"--config.file={self._configuration}", f"--storage.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address="], self.folder / "alertmanager")
        wait_until(lambda: http_get(f"{self.url}/-/ready"), "Alertmanager is ready", 60 * programs.PATIENCE)
        return self

    def kill(self):
        if self.program:
            self.program.kill()

    def alerts(self, **labels):
        """The active ones that have these labels."""
        found = json.loads(http_get(f"{self.url}/api/v2/alerts?active=true"))
        return [alert for alert in found if labels.items() <= alert["labels"].items()]
