"""The agent as one file (deploy/portable-agent.sh): nothing of the machine is needed, and it does what the other one does.

The one for arm64 is run by qemu's user mode.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from support.collector import select
from support.programs import SOURCE_DIR
from support.waiting import wait_until

PORTABLE = pathlib.Path(os.environ.get("STEWARD_PORTABLE_AGENT", SOURCE_DIR / "build/portable/steward-agent")).resolve()
ARM64 = pathlib.Path(os.environ.get("STEWARD_PORTABLE_AGENT_ARM64", SOURCE_DIR / "build/portable-arm64/steward-agent")).resolve()
QEMU = pathlib.Path("/usr/bin/qemu-aarch64-static")
needs_portable = pytest.mark.skipif(not PORTABLE.exists(), reason="NOT TESTED: deploy/portable-agent.sh has not been run")
needs_arm64 = pytest.mark.skipif(not ARM64.exists() or not QEMU.exists(), reason="NOT TESTED: deploy/portable-agent.sh --arch arm64 has not been run")


@pytest.mark.parametrize("program", [pytest.param(PORTABLE, marks=needs_portable, id="amd64"), pytest.param(ARM64, marks=needs_arm64, id="arm64")])
def test_it_names_no_library_and_no_loader(program):
    headers = subprocess.run(["readelf", "-lhd", program], capture_output=True, text=True, check=True).stdout
    assert "(NEEDED)" not in headers and "INTERP" not in headers, headers
    assert re.search(r"^ +Type: +DYN ", headers, re.M), headers  # position independent


@needs_portable
@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: chroot needs root")
def test_it_runs_in_an_empty_root(folder):
    shutil.copy(PORTABLE, folder / "agent")
    done = subprocess.run(["chroot", folder, "/agent", "probe", "--json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@needs_portable
def test_it_enrols_by_name_and_streams_with_few_threads(collector, make_agent):
    port = collector.endpoints["agents"].rsplit(":", 1)[1]
    agent = make_agent(program=str(PORTABLE)).enroll(collector.token("--address", f"localhost:{port}")).start()
    machine = collector.wait_for_machine()
    assert machine["id"] == agent.machine_id
    wait_until(lambda: select(collector.metrics(), "node_cpu_seconds_total"), "cpu time in the exposition")
    assert len(os.listdir(f"/proc/{agent.program.pid}/task")) <= 12


@needs_arm64
def test_the_one_for_arm64_streams(collector, make_agent, folder):
    program = folder / "steward-agent"
    program.write_text(f'#!/bin/sh\nexec {QEMU} {ARM64} "$@"\n')
    program.chmod(0o755)
    agent = make_agent(program=str(program)).enroll(collector.token()).start()
    machine = collector.wait_for_machine()
    assert machine["id"] == agent.machine_id
    wait_until(lambda: select(collector.metrics(), "node_cpu_seconds_total"), "cpu time in the exposition")
