"""A site: the collector in a network namespace of its own, branches in others, a veth pair from each to the collector."""

import contextlib
import os
import subprocess

import pytest


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


class Branch:
    """One branch's line to the collector."""

    def __init__(self, site, number):
        self.site = site
        self.name = f"{site.name}-{number}"
        self.link = f"b{number}"
        self.collector_address = f"10.77.{number}.1"
        self.address = f"10.77.{number}.2"
        self.prefix = ["ip", "netns", "exec", self.name]

    def _ip(self, *args):
        _run("ip", "-n", self.name, *args)

    def make(self):
        _run("ip", "netns", "add", self.name)
        _run("ip", "-n", self.site.name, "link", "add", self.link, "type", "veth", "peer", "name", "wan", "netns", self.name)
        _run("ip", "-n", self.site.name, "addr", "add", f"{self.collector_address}/24", "dev", self.link)
        _run("ip", "-n", self.site.name, "link", "set", self.link, "up")
        self._ip("addr", "add", f"{self.address}/24", "dev", "wan")
        self._ip("link", "set", "lo", "up")
        self._ip("link", "set", "wan", "up")

    def cut(self):
        """As if the cable were pulled at the branch."""
        self._ip("link", "set", "wan", "down")

    def join(self):
        self._ip("link", "set", "wan", "up")

    def slow(self):
        """64 kbit/s in both directions with half a second of queue; what does not fit is dropped."""
        for namespace, device in ((self.name, "wan"), (self.site.name, self.link)):
            _run("tc", "-n", namespace, "qdisc", "replace", "dev", device, "root", "tbf", "rate", "64kbit", "burst", "4kb", "latency", "500ms")

    def fast(self):
        for namespace, device in ((self.name, "wan"), (self.site.name, self.link)):
            _run("tc", "-n", namespace, "qdisc", "del", "dev", device, "root")

    # Half-open without iptables: one side's packets to the other go nowhere, silently.
    def deafen(self, side):
        """side "branch": it hears nothing from the collector; side "collector": the other way round."""
        namespace, to = (self.site.name, self.address) if side == "branch" else (self.name, self.collector_address)
        _run("ip", "-n", namespace, "route", "replace", "blackhole", f"{to}/32")

    def hear(self, side):
        namespace, to = (self.site.name, self.address) if side == "branch" else (self.name, self.collector_address)
        _run("ip", "-n", namespace, "route", "del", "blackhole", f"{to}/32")


class Site:
    def __init__(self, branches):
        self.name = f"stw{os.getpid()}"
        self.prefix = ["ip", "netns", "exec", self.name]
        self.branches = [Branch(self, number) for number in range(1, branches + 1)]


@contextlib.contextmanager
def site(branches):
    """Skips the test, and says why, where network namespaces cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: network namespaces need root")
    made = Site(branches)
    try:
        try:
            _run("ip", "netns", "add", made.name)
            _run("ip", "-n", made.name, "link", "set", "lo", "up")
            for branch in made.branches:
                branch.make()
        except OSError as error:
            pytest.skip(f"NOT TESTED: no network namespaces here: {error}")
        yield made
    finally:
        for name in (made.name, *(branch.name for branch in made.branches)):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=30)
