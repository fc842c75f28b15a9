"""A machine some of whose sources never answer: mounts and processes in name spaces of their own, so that nobody else waits."""

import contextlib
import ctypes
import os
import pathlib
import subprocess
import sys

import pytest

from .waiting import wait_until

# Runs as process 1 of the machine. A FUSE connection that nobody reads hangs whoever asks the file system anything.
MACHINE = """
import ctypes, os, sys, signal
mount_point, script, ready, *programs = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
def mount(*arguments):
    if libc.mount(*[a.encode() if isinstance(a, str) else a for a in arguments]) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
fuse = os.open("/dev/fuse", os.O_RDWR)
mount("hung", mount_point, "fuse", 0, f"fd={fuse},rootmode=40000,user_id=0,group_id=0")
mount("none", "/run", "tmpfs", 0, "mode=755")
os.makedirs("/run/systemd/system")  # as if systemd had started this machine
for program in programs:
    mount(script, program, "", 4096, "")  # MS_BIND
open(ready, "w").close()
signal.pause()
"""


class HungMachine:
    def __init__(self, process, mount_point):
        self.process = process
        self.mount_point = mount_point
        self.first = int(subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True).stdout.split()[0])
        self.prefix = ["nsenter", "--mount", "--pid", "--target", str(self.first)]

    def processes(self, name):
        """How many run in it by that name."""
        found = subprocess.run([*self.prefix, "pgrep", "-c", "-f", name], capture_output=True, text=True).stdout
        return int(found or 0)


@contextlib.contextmanager
def hung_machine(folder, programs):
    """`programs`: paths of those that hang when they are run, if they are installed. Skips where this cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: name spaces and mounts need root")
    if not os.path.exists("/dev/fuse"):
        pytest.skip("NOT TESTED: no FUSE here")
    mount_point, script, ready = folder / "hung", folder / "hung.sh", folder / "ready"
    mount_point.mkdir()
    script.write_text("#!/bin/sh\nexec sleep 86399\n")
    script.chmod(0o755)
    installed = [program for program in programs if pathlib.Path(program).is_file()]
    process = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", MACHINE,
         str(mount_point), str(script), str(ready), *installed], stderr=subprocess.PIPE,
        preexec_fn=lambda: ctypes.CDLL(None).prctl(1, 9))
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, "the machine's mounts")
        if process.poll() is not None:
            pytest.skip(f"NOT TESTED: {process.stderr.read().decode().strip()}")
        yield HungMachine(process.pid, mount_point)
    finally:
        process.kill()
        process.wait()
