"""Small file systems of the test's own: an ext4 in a file, mounted over a loop device."""

import contextlib
import os
import pathlib
import subprocess

import pytest


def _run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class SmallDisk:
    def __init__(self, image, mount_point):
        self.image = image
        self.path = pathlib.Path(mount_point)

    def fill(self, leave=0):
        """Writes one file until no more than `leave` bytes are free (nothing: until the kernel says no)."""
        with open(self.path / "ballast", "ab", buffering=0) as ballast:
            with contextlib.suppress(OSError):
                while leave == 0 or self.free() > leave:
                    ballast.write(b"\0" * min(1 << 16, max(4096, self.free() - leave)))

    def free(self):
        state = os.statvfs(self.path)
        return state.f_bavail * state.f_frsize

    def empty(self):
        (self.path / "ballast").unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder, name, megabytes):
    """Skips the test, and says why, where there are no loop devices or no right to mount."""
    image, mount_point = folder / f"{name}.img", folder / name
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: mounting needs root")
    if not os.path.exists("/dev/loop-control"):
        pytest.skip("NOT TESTED: no loop devices here")
    mount_point.mkdir()
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    made = _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
    assert made.returncode == 0, made.stderr
    mounted = _run("mount", "-o", "loop", str(image), str(mount_point))
    if mounted.returncode != 0:
        pytest.skip(f"NOT TESTED: no loop mount here: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(image, mount_point)
    finally:
        if _run("umount", str(mount_point)).returncode != 0:
            _run("umount", "-l", str(mount_point))
