"""A server that is measured: what its process used, by the kernel's own counts."""

import os
import re
import signal
import subprocess
import sys
import time

HZ = os.sysconf("SC_CLK_TCK")


def folder_bytes(path):
    return sum(os.lstat(os.path.join(d, f)).st_size for d, _, files in os.walk(path) for f in files)


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := condition():
                return result
        except (OSError, ValueError):
            pass
        time.sleep(0.02)
    sys.exit(f"gave up waiting for {what}")


class Server:
    def __init__(self, argv, log):
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=open(log, "w"), stderr=subprocess.STDOUT)

    def cpu_seconds(self):
        text = open(f"/proc/{self.process.pid}/stat").read()
        return sum(map(int, text[text.rindex(")") + 2:].split()[11:13])) / HZ

    def _number(self, file, key):
        return int(re.search(rf"^{key}:\s+(\d+)", open(f"/proc/{self.process.pid}/{file}").read(), re.M)[1])

    def written_bytes(self):
        return self._number("io", "write_bytes")

    def peak_mib(self):
        return self._number("status", "VmHWM") / 1024

    def received_bytes(self):
        """What its TCP connections have received, from ss: all but the headers of TCP and IP."""
        lines = subprocess.check_output(["ss", "-tinp", "state", "established"], text=True).split("\n")
        return sum(int(re.search(r"bytes_received:(\d+)", info)[1]) for head, info in zip(lines, lines[1:])
                   if f"pid={self.process.pid}," in head and "bytes_received:" in info)

    def settle(self, seconds=120):
        """Waits until what it does in the background is done."""
        end, calm = time.monotonic() + seconds, 0
        while calm < 3 and time.monotonic() < end:
            before = self.cpu_seconds()
            time.sleep(1)
            calm = calm + 1 if self.cpu_seconds() - before < 0.05 else 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit(f"{self.process.args[0]} did not stop")
