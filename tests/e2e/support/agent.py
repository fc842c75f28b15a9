"""A real agent with a state directory of its own."""

import json
import pathlib

from . import programs


class Agent:
    def __init__(self, folder, name="agent", state=None, prefix=(), arguments=(), program="steward-agent"):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.state = state or self.folder / name
        self.prefix = list(prefix)  # what the command is run by: ip netns exec NAME
        self.arguments = list(arguments)
        self.binary = program  # a name in STEWARD_BIN_DIR, or a path
        self.program = None

    def try_enroll(self, token, *args):
        return programs.run(self.binary, "enroll", token, "--state", self.state, *args, prefix=self.prefix)

    def enroll(self, token, *args):
        result = self.try_enroll(token, *args)
        assert result.returncode == 0, f"enroll: {result.returncode}\n{result.stdout}{result.stderr}"
        return self

    def start(self):
        self.program = programs.Program(self.binary, ["run", "--state", self.state, *self.arguments],
                                        self.folder / self.name, prefix=self.prefix)
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

    def status(self):
        result = programs.run(self.binary, "status", "--state", self.state, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    @property
    def machine_id(self):
        return json.loads((self.state / "identity/identity.json").read_text())["machine_id"]
