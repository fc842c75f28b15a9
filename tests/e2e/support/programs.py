"""Real programs as child processes: started, watched, ended; nothing outlives the tests."""

import ctypes
import os
import pathlib
import signal
import subprocess
import threading

from .waiting import wait_until

SOURCE_DIR = pathlib.Path(__file__).resolve().parents[3]
BIN_DIR = pathlib.Path(os.environ.get("STEWARD_BIN_DIR", SOURCE_DIR / "build/release/bin")).resolve()
PR_SET_PDEATHSIG = 1
STOP_SECONDS = 5.0  # SIGTERM ends a program within this
# The sanitizers stretch time; a machine with one busy core does, too.
PATIENCE = float(os.environ.get("STEWARD_PATIENCE", "1"))


def binary(name):
    path = BIN_DIR / name
    assert path.exists(), f"{path} is not built: set STEWARD_BIN_DIR or run tests/run.sh"
    return str(path)


def _die_with_parent():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def environment(**extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("STEWARD_", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"))}
    env.update(LC_ALL="C.UTF-8", PATH="/usr/sbin:/usr/bin:/sbin:/bin", STEWARD_TEST="1")
    env.update({k: str(v) for k, v in extra.items()})
    return env


def run(name, *args, deadline=60, env=None, prefix=()):
    """Runs a program to its end: CompletedProcess with text stdout and stderr."""
    return subprocess.run([*prefix, binary(name), *map(str, args)], capture_output=True, text=True, timeout=deadline * PATIENCE,
                          env=environment(**(env or {})), stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)


class Program:
    """One run of one program. Its output goes to `<log>.out` and `<log>.err`, appended over restarts."""

    def __init__(self, name, args, log, prefix=(), env=None):
        self.name = name
        self.lines = []
        self._out_path = pathlib.Path(f"{log}.out")
        self._err_path = pathlib.Path(f"{log}.err")
        self._err_start = self._err_path.stat().st_size if self._err_path.exists() else 0
        command = [*prefix, binary(name), *map(str, args)]
        with open(self._err_path, "ab") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
                                            env=environment(**(env or {})), preexec_fn=_die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with open(self._out_path, "ab") as copy:
            for line in self.process.stdout:
                copy.write(line)
                copy.flush()
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process.poll() is None

    def errors(self):
        """What this run wrote to stderr."""
        with open(self._err_path, "rb") as log:
            log.seek(self._err_start)
            return log.read().decode("utf-8", "replace")

    def wait_for_line(self, text, deadline=20):
        def seen():
            if any(line == text or line.startswith(text + " ") for line in list(self.lines)):
                return True
            if not self.running:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode} before '{text}':\n{self.errors()}")
            return False
        wait_until(seen, f"'{text}' from {self.name}", deadline * PATIENCE, every=0.02)

    def wait(self, deadline):
        code = self.process.wait(timeout=deadline * PATIENCE)
        self._reader.join(timeout=5)
        return code

    def stop(self):
        """SIGTERM; asserts that it ends by itself, in time and with 0."""
        if not self.running:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {STOP_SECONDS:g} s of SIGTERM:\n{self.errors()[-4000:]}") from None
        assert code == 0, f"{self.name} ended with {code} on SIGTERM:\n{self.errors()[-4000:]}"

    def kill(self):
        if self.running:
            self.process.kill()
        self.process.wait()
        self._reader.join(timeout=5)
