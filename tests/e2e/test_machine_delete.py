"""A machine is deleted with its data, and does not come back by itself."""

import json
import shutil
import sqlite3

from support import programs
from support.waiting import wait_until

METRIC = "node_memory_MemTotal_bytes"
WITHOUT_ROWS = ("block", "block_position", "run", "fact", "fact_change", "inventory", "descriptor_set", "committed", "coverage",
                "machine_event", "boot_clock", "gap", "machine")


def test_a_deleted_machine_leaves_nothing_and_does_not_come_back(collector, make_agent):
    agent = make_agent().enroll(collector.token()).start()
    machine = collector.wait_for_machine()["id"]
    wait_until(lambda: collector.samples(machine, METRIC, "--from", "1h") and collector.json("machine", "show", machine).get("facts"),
               "data and inventory")
    name = collector.machine()["hostName"]
    active = collector.ctl("machine", "delete", machine)
    assert active.returncode == 1 and "machine retire" in active.stderr and "--retire" in active.stderr, active.stderr
    assert collector.machine()["id"] == machine, "nothing happened"

    deleted = collector.json("machine", "delete", machine, "--retire", "--reason", "sold")
    assert deleted["machine"]["id"] == machine and deleted["machine"]["state"] == "retired", deleted
    assert collector.json("machines", "--all").get("machines", []) == []
    assert "sold" in collector.program.errors(), "the log says who and why"
    assert machine not in collector.get("/metrics"), "nothing is exposed of it"
    again = collector.ctl("machine", "delete", machine)
    assert again.returncode == 1 and "machines` lists them" in again.stderr, again.stderr

    wait_until(lambda: "was deleted on the collector" in agent.program.errors(), "the agent is told", 60 * programs.PATIENCE)
    assert "steward-agent enroll" in agent.program.errors()
    assert collector.json("machines", "--all").get("machines", []) == []
    agent.kill()
    collector.stop()
    database = sqlite3.connect(collector.data / "collector.db")
    left = {}
    for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        rows = json.dumps([[str(value) for value in row] for row in database.execute(f'SELECT * FROM "{table}"')])
        if machine in rows:
            left[table] = rows
    assert set(left) == {"setting", "audit"} and "machine-deleted/" in left["setting"], left
    assert name not in left["audit"] and "machine-deleted" in left["audit"], "who deleted it stays, its name does not"
    for table in WITHOUT_ROWS:
        assert database.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,), table
    assert database.execute("SELECT IFNULL(SUM(LENGTH(samples)), 0) FROM batch").fetchone() == (0,)


def test_a_retired_machine_is_deleted_and_may_enrol_again(collector, make_agent):
    agent = make_agent().enroll(collector.token()).start()
    machine = collector.wait_for_machine()["id"]
    assert collector.ctl("machine", "retire", machine).returncode == 0
    wait_until(lambda: "retired" in agent.program.errors(), "the agent is told", 60 * programs.PATIENCE)
    deleted = collector.ctl("machine", "delete", machine)
    assert deleted.returncode == 0 and "is deleted" in deleted.stdout, deleted.stderr
    agent.stop()
    shutil.rmtree(agent.state / "identity")
    agent.enroll(collector.token()).start()
    assert collector.wait_for_machine(deadline=60)["id"] != machine
    assert len(collector.json("machines", "--all")["machines"]) == 1
