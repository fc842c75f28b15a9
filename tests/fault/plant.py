"""The programs under test: a collector on a small disk, a fleet in each branch. Each runs whenever it is meant to."""

import json
import shutil
import signal

import verify_ledger
from support import programs
from support.collector import Collector
from support.programs import Program

PORT = 7443
MACHINES, SERIES = 3, 12
STOP_SECONDS = 30  # the machine is busy, the link may be slow; what matters here is that it ends


def end_by_itself(program):
    """SIGTERM, also to one that has only just begun and does not listen for it yet."""
    if not program.running:
        return
    program.process.send_signal(signal.SIGTERM)
    code = program.wait(STOP_SECONDS)
    assert code in (0, -signal.SIGTERM), f"{program.name} ended with {code} on SIGTERM:\n{program.errors()[-4000:]}"


class SiteCollector(Collector):
    """Beyond the loopback: in the site's namespace, reached by its socket."""

    def __init__(self, folder, site, disk):
        super().__init__(folder, '[agents]\ninterval = "1s"\n', data=disk.path / "data",
                         agents_listen=f"0.0.0.0:{PORT}", http_listen="127.0.0.1:0")
        self.site = site
        self.disk = disk
        self.backup = folder / "collector.backup"
        self.backup_key = folder / "backup.key"
        self.backup_key.write_text("a passphrase for the tests of faults\n")
        self.backup_key.chmod(0o600)
        self.wanted = False

    def start(self):
        self.wanted = True
        if self.program and self.program.running:
            return self
        (self.folder / "collector.toml").write_text(self.config)
        self.program = Program("steward-collector", ["serve", "--data", self.data, "--agents-listen", self.agents_listen,
                                                     "--http-listen", self.http_listen, "--config", self.folder / "collector.toml"],
                               self.folder / "collector", prefix=self.site.prefix)
        return self

    def started(self):
        self.program.wait_for_line("ready", 60)
        return self

    def tend(self):
        """A collector that gave up on a full disk is started again, as systemd would."""
        if self.wanted and not self.program.running:
            self.start()

    def kill(self):
        self.wanted = False
        super().kill()

    def stop(self):
        self.wanted = False
        end_by_itself(self.program)

    def take_backup(self):
        """Beside the collector, running or not."""
        self.command("backup", "--data", self.data, "--to", self.backup, "--passphrase-file", self.backup_key)

    def restore_backup(self):
        """In place of all the collector has, as after a lost disk."""
        self.kill()
        for entry in self.data.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        arguments = ("restore", "--from", self.backup, "--data", self.data, "--passphrase-file", self.backup_key)
        if self.command(*arguments, may_lack_room=True) != 0:
            self.disk.empty()
            self.command(*arguments)

    def command(self, *arguments, may_lack_room=False):
        done = programs.run("steward-collector", *arguments, deadline=120)
        lacks_room = may_lack_room and "no room" in done.stderr
        assert done.returncode == 0 or lacks_room, f"steward-collector {arguments[0]}: {done.returncode}\n{done.stderr}"
        return done.returncode


class Fleet:
    """The machines of one branch, with a ledger."""

    def __init__(self, folder, branch, token, seed):
        self.branch = branch
        self.folder = folder / branch.link
        self.folder.mkdir()
        self.ledger = self.folder / "ledger.jsonl"
        self.arguments = ["--token", token, "--state", self.folder / "state", "--machines", MACHINES, "--series", SERIES,
                          "--interval", "1s", "--seed", seed, "--ledger", self.ledger]
        self.program = None

    def start(self, duration="24h", drain="1m"):
        self.program = Program("steward-fleet", [*self.arguments, "--duration", duration, "--drain", drain],
                               self.folder / "fleet", prefix=self.branch.prefix)
        return self

    def enrolled(self):
        return "machines run" in self.program.errors()

    def kill(self):
        if self.program:
            self.program.kill()

    def stop(self):
        end_by_itself(self.program)

    def drain(self):
        """Samples a little more, waits until the collector has everything: the summary."""
        self.kill()
        self.start("2s", "4m")
        code = self.program.wait(300)
        assert code == 0, f"steward-fleet: {code}\n{self.program.errors()[-4000:]}"
        return json.loads(self.program.lines[-1])

    def verify(self, collector):
        return verify_ledger.compare(verify_ledger.read_ledger(self.ledger), verify_ledger.Collector(collector.data), 0.4, 10)
