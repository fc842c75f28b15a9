"""A machine that can vanish: a network namespace behind a veth pair."""

import contextlib
import os
import subprocess

import pytest


def _ip(*args):
    return subprocess.run(["ip", *args], capture_output=True, text=True, timeout=30)


class FarMachine:
    def __init__(self, name, host_address, address):
        self.name = name
        self.host_address = host_address  # where the collector listens
        self.address = address
        self.prefix = ["ip", "netns", "exec", name]

    def vanish(self):
        """As if its plug were pulled: no packet, no goodbye."""
        done = _ip("-n", self.name, "link", "set", "far", "down")
        assert done.returncode == 0, done.stderr

    def come_back(self):
        done = _ip("-n", self.name, "link", "set", "far", "up")
        assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def far_machine():
    """Skips the test, and says why, where network namespaces cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: network namespaces need root")
    number = os.getpid() % 16384
    name, link = f"steward-{os.getpid()}", f"st{os.getpid()}"
    third, fourth = number >> 6, (number & 63) << 2  # a /30 of its own for each test process
    host_address, address = f"10.213.{third}.{fourth + 1}", f"10.213.{third}.{fourth + 2}"
    made = _ip("netns", "add", name)
    if made.returncode != 0:
        pytest.skip(f"NOT TESTED: no network namespaces here: {made.stderr.strip()}")
    try:
        for step in (("link", "add", link, "type", "veth", "peer", "name", "far", "netns", name),
                     ("addr", "add", f"{host_address}/30", "dev", link),
                     ("link", "set", link, "up"),
                     ("-n", name, "addr", "add", f"{address}/30", "dev", "far"),
                     ("-n", name, "link", "set", "far", "up"),
                     ("-n", name, "link", "set", "lo", "up")):
            done = _ip(*step)
            if done.returncode != 0:
                pytest.skip(f"NOT TESTED: ip {' '.join(step)}: {done.stderr.strip()}")
        yield FarMachine(name, host_address, address)
    finally:
        _ip("link", "del", link)
        _ip("netns", "del", name)
