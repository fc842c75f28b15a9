"""The agent as one file (deploy/portable-agent.sh): nothing of the machine is needed, and it does what the other one does."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from support.collector import select
from support.programs import SOURCE_DIR
from support.waiting import wait_until

PORTABLE = pathlib.Path(os.environ.get("STEWARD_PORTABLE_AGENT", SOURCE_DIR / "build/portable/steward-agent")).resolve()
pytestmark = pytest.mark.skipif(not PORTABLE.exists(), reason="NOT TESTED: deploy/portable-agent.sh has not been run")


def test_it_names_no_library_and_no_loader():
    headers = subprocess.run(["objdump", "-p", PORTABLE], capture_output=True, text=True, check=True).stdout
    assert "NEEDED" not in headers and "INTERP" not in headers, headers
    assert "EXEC_P" not in subprocess.run(["objdump", "-f", PORTABLE], capture_output=True, text=True, check=True).stdout  # position independent


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: chroot needs root")
def test_it_runs_in_an_empty_root(folder):
    shutil.copy(PORTABLE, folder / "agent")
    done = subprocess.run(["chroot", folder, "/agent", "probe", "--json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


def test_it_enrols_by_name_and_streams_with_few_threads(collector, make_agent):
    port = collector.endpoints["agents"].rsplit(":", 1)[1]
    agent = make_agent(program=str(PORTABLE)).enroll(collector.token("--address", f"localhost:{port}")).start()
    machine = collector.wait_for_machine()
    assert machine["id"] == agent.machine_id
    wait_until(lambda: select(collector.metrics(), "node_cpu_seconds_total"), "cpu time in the exposition")
    assert len(os.listdir(f"/proc/{agent.program.pid}/task")) <= 12
