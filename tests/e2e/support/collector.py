"""A real collector on ports of its own, and stewardctl on its socket."""

import json
import pathlib
import urllib.request

from . import programs
from .waiting import wait_until

# No proxy of the environment stands between a test and the loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http_get(url, deadline=10):
    with _opener.open(url, timeout=deadline) as answer:
        return answer.read().decode()


class Collector:
    def __init__(self, folder, config="", data=None, agents_listen="127.0.0.1:0", http_listen="127.0.0.1:0", arguments=()):
        self.folder = pathlib.Path(folder)
        self.data = data or self.folder / "data"
        self.config = config
        self.agents_listen = agents_listen
        self.http_listen = http_listen
        self.arguments = list(arguments)
        self.program = None
        self.endpoints = {}

    def start(self):
        args = ["serve", "--data", self.data, "--agents-listen", self.agents_listen, "--http-listen", self.http_listen, *self.arguments]
        if self.config:
            path = self.folder / "collector.toml"
            path.write_text(self.config)
            args += ["--config", path]
        self.program = programs.Program("steward-collector", args, self.folder / "collector")
        self.program.wait_for_line("ready")
        self.endpoints = json.loads((self.data / "endpoints.json").read_text())
        # A restart keeps the ports: agents know the address.
        self.agents_listen = self.endpoints["agents"]
        self.http_listen = self.endpoints["http"].removeprefix("http://")
        return self

    def stop(self):
        if self.program:
            self.program.stop()

    def kill(self):
        if self.program:
            self.program.kill()

    def restart(self):
        self.stop()
        return self.start()

    def get(self, path):
        return http_get(self.endpoints["http"] + path)

    def ctl(self, *args, deadline=30):
        """stewardctl as a person runs it: CompletedProcess."""
        return programs.run("stewardctl", "--data", self.data, *args, deadline=deadline)

    def json(self, *args, deadline=30):
        result = self.ctl("--json", *args, deadline=deadline)
        assert result.returncode == 0, f"stewardctl {' '.join(map(str, args))}: {result.returncode}\n{result.stderr}"
        return json.loads(result.stdout)

    def token(self, *args):
        return self.json("token", "create", *args)["token"]

    def machines(self):
        return self.json("machines").get("machines", [])

    def machine(self, host_name=None):
        found = [m for m in self.machines() if host_name in (None, m["hostName"])]
        assert len(found) == 1, f"machines: {found}"
        return found[0]

    def issues(self, *args):
        return self.json("issues", *args).get("issues", [])

    def samples(self, machine, metric, *args):
        return self.json("samples", machine, metric, *args).get("series", [])

    def metrics(self, path="/metrics"):
        """The exposition as {(name, frozenset of label pairs): value}."""
        return parse_exposition(self.get(path))

    def wait_for_machine(self, host_name=None, deadline=30):
        def up():
            machine = self.machine(host_name)
            return machine if machine.get("up") else None
        return wait_until(up, "the machine is up", deadline * programs.PATIENCE)


def parse_exposition(text):
    values = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        name, labels, rest = line, {}, ""
        brace = line.find("{")
        if brace >= 0:
            name = line[:brace]
            labels, rest = _parse_labels(line, brace + 1)
        else:
            name, rest = line.split(" ", 1)
        key = (name, frozenset(labels.items()))
        assert key not in values, f"twice in the exposition: {line}"
        values[key] = float(rest.split()[0])
    return values


def _parse_labels(line, at):
    labels = {}
    while line[at] != "}":
        equals = line.index("=", at)
        name = line[at:equals].lstrip(",")
        assert line[equals + 1] == '"', line
        at, value = equals + 2, []
        while line[at] != '"':
            if line[at] == "\\":
                at += 1
                value.append({"n": "\n"}.get(line[at], line[at]))
            else:
                value.append(line[at])
            at += 1
        labels[name] = "".join(value)
        at += 1
        if line[at] == ",":
            at += 1
    return labels, line[at + 1:]


def select(values, name, **labels):
    """The values of a metric whose labels contain these."""
    wanted = set(labels.items())
    return {key[1]: value for key, value in values.items() if key[0] == name and wanted <= set(key[1])}
