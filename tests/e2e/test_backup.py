"""Backups of a collector at work, what is made of them again, and what agents give back."""

import datetime
import json
import shutil
import signal
import stat
import subprocess
import time

from support import programs
from support.collector import select
from support.disks import small_disk
from support.programs import Program, run
from support.waiting import wait_until
from test_faults import Fleet, verify

METRIC = "node_memory_MemTotal_bytes"


def backup(collector, to, *args):
    result = run("steward-collector", "backup", "--data", collector.data, "--to", to, *args)
    assert result.returncode == 0, result.stderr
    return result


def restore(file, data, *args):
    return run("steward-collector", "restore", "--from", file, "--data", data, *args)


def check(data):
    return run("steward-collector", "check", "--data", data)


def points(collector, machine):
    series = collector.samples(machine, METRIC, "--from", "1h")
    return [point["time"] for point in series[0]["points"]] if series else []


def came_again(early, now):
    """The clock of a boot is measured anew, from whole milliseconds of two clocks: the last one may differ."""
    read = datetime.datetime.fromisoformat
    return all(any(abs(read(was) - read(found)) <= datetime.timedelta(milliseconds=2) for found in now) for was in early)


def test_agents_give_back_what_came_after_the_backup(folder, make_collector, started):
    collector = make_collector().start()
    fleet = Fleet(folder, collector.token("--uses", "9"), machines=5, series=30)
    started.append(fleet)
    fleet.start()
    wait_until(lambda: len(collector.machines()) == 5 and collector.metrics()[("steward_ingest_batches_total", frozenset())] > 25,
               "data of all machines", 60 * programs.PATIENCE)
    result = backup(collector, folder / "one.backup")
    assert "Keep a copy of this file elsewhere" in result.stderr
    before = collector.metrics()[("steward_ingest_batches_total", frozenset())]
    wait_until(lambda: collector.metrics()[("steward_ingest_batches_total", frozenset())] > before + 40, "more data", 60 * programs.PATIENCE)
    collector.kill()
    collector.data.rename(folder / "lost")
    restored = restore(folder / "one.backup", collector.data)
    assert restored.returncode == 0, restored.stderr
    collector.start()
    wait_until(lambda: "machine" in collector.program.errors() and len([m for m in collector.machines() if m.get("up")]) == 5,
               "all machines are back", 60 * programs.PATIENCE)
    fleet.kill()
    assert fleet.start("3s").finish(180)["waiting"] == 0
    assert verify(fleet, collector)["machines"] == 5


def test_a_machine_that_the_backup_does_not_know_is_taken_back(folder, make_collector, make_agent):
    collector = make_collector().start()
    backup(collector, folder / "empty.backup")
    agent = make_agent().enroll(collector.token()).start()
    machine = collector.wait_for_machine()["id"]
    early = wait_until(lambda: points(collector, machine), "first points")
    collector.kill()
    collector.data.rename(folder / "lost")
    assert restore(folder / "empty.backup", collector.data).returncode == 0
    collector.start()
    assert collector.wait_for_machine(deadline=60)["id"] == machine
    assert "taken back" in collector.program.errors()
    wait_until(lambda: came_again(early, points(collector, machine)), "what it had sent before came again", 60 * programs.PATIENCE)
    agent.stop()


def test_what_nobody_can_give_back_is_the_restored_collectors_gap(folder, make_collector, make_agent):
    collector = make_collector().start()
    agent = make_agent().enroll(collector.token()).start()
    machine = collector.wait_for_machine()["id"]
    wait_until(lambda: len(points(collector, machine)) >= 3, "some points")
    backup(collector, folder / "one.backup")
    saved = len(points(collector, machine))
    wait_until(lambda: len(points(collector, machine)) > saved + 14, "more than a gap's worth of points", 120 * programs.PATIENCE)
    agent.kill()
    shutil.rmtree(agent.state / "spool")
    collector.kill()
    collector.data.rename(folder / "lost")
    assert restore(folder / "one.backup", collector.data).returncode == 0
    collector.start()
    agent.start()
    collector.wait_for_machine(deadline=60)

    def lost():
        days = collector.json("machine", "show", machine)["coverage"]
        for day in days:
            assert abs(day["observedShare"] + sum(gap["share"] for gap in day["gaps"]) - 1) < 1e-9, day
        return sum(float(gap["duration"].removesuffix("s")) for day in days for gap in day["gaps"] if gap["cause"] == "collector restored")
    assert wait_until(lost, "the gap and its cause", 60 * programs.PATIENCE) > 10
    assert "collector restored" in collector.ctl("machine", "show", machine).stdout


def test_a_backup_keeps_its_secrets_and_its_words(folder, collector):
    file = folder / "one.backup"
    key = folder / "passphrase"
    key.write_text("a passphrase of some length\n")
    backup(collector, file, "--passphrase-file", key)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"PRIVATE KEY" not in file.read_bytes()
    collector.stop()

    for problem, args, words in [
            ("a folder in use", [file, collector.data], "not empty"),
            ("no such backup", [folder / "nothing", folder / "new"], "no backup"),
            ("no backup", [collector.data / "ca.crt", folder / "new"], "not a backup"),
    ]:
        result = restore(*args)
        assert result.returncode in (1, 2) and words in result.stderr, f"{problem}: {result.stderr}"
    key.rename(folder / "kept elsewhere")
    lost = restore(file, folder / "new")
    assert lost.returncode == 1 and "--passphrase-file" in lost.stderr
    assert restore(file, folder / "new", "--passphrase-file", folder / "kept elsewhere").returncode == 0
    assert check(folder / "new").returncode == 0


def test_check_tells_good_from_damaged_and_leaves_both_alone(folder, collector, make_agent):
    agent = make_agent().enroll(collector.token()).start()
    collector.wait_for_machine()
    in_use = check(collector.data)
    assert in_use.returncode == 1 and str(collector.program.pid) in in_use.stderr
    agent.stop()
    collector.stop()
    database = collector.data / "collector.db"
    before = database.read_bytes()
    good = check(collector.data)
    assert good.returncode == 0 and "1 machines" in good.stdout, good.stderr
    assert database.read_bytes() == before
    database.write_bytes(before[:40960] + b"\x5a" * 20000 + before[60960:])
    damaged = check(collector.data)
    assert damaged.returncode == 1 and "restore --from" in damaged.stderr, damaged.stderr
    start = run("steward-collector", "serve", "--data", collector.data, "--agents-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")
    assert start.returncode == 1 and "damaged" in start.stderr and "restore" in start.stderr
    assert check(folder / "nothing").returncode == 2


def test_a_backup_killed_at_any_moment_leaves_the_former_one(folder, collector, make_agent):
    make_agent().enroll(collector.token()).start()
    collector.wait_for_machine()
    file = folder / "one.backup"
    backup(collector, file)
    former = file.read_bytes()
    for delay in (0.05, 0.1, 0.15, 0.2, 0.3, 0.4):
        process = Program("steward-collector", ["backup", "--data", collector.data, "--to", file], folder / "killed")
        time.sleep(delay)  # the moment
        process.process.send_signal(signal.SIGKILL)
        code = process.process.wait(timeout=10)
        if code == -signal.SIGKILL:
            content = file.read_bytes()
            assert content == former or len(content) >= len(former)
        former = file.read_bytes()
        shutil.rmtree(folder / "again", ignore_errors=True)
        assert restore(file, folder / "again").returncode == 0
    collector.wait_for_machine()


def test_a_full_disk_is_told_and_outlived(folder, make_collector, make_agent):
    with small_disk(folder, "collectordisk", 48) as disk:
        collector = make_collector(data=disk.path / "data").start()
        agent = make_agent().enroll(collector.token()).start()
        machine = collector.wait_for_machine()["id"]
        disk.fill()

        def fault():
            return select(collector.metrics("/metrics/collector"), "steward_storage_fault", kind="disk_full")
        wait_until(lambda: list(fault().values()) == [1], "the metric tells", 60 * programs.PATIENCE)
        refused = subprocess.run(["curl", "-s", "-w", "%{http_code}", collector.endpoints["http"] + "/-/ready"], capture_output=True, text=True)
        assert refused.stdout.endswith("503") and "collector.db" in refused.stdout and "free" in refused.stdout, refused.stdout
        wait_until(lambda: agent.status().get("batchesWaiting", 0) >= 3, "agents keep their samples", 120 * programs.PATIENCE)
        (folder / "key").write_text("a passphrase of some length")
        no_room = run("steward-collector", "backup", "--data", collector.data, "--to", disk.path / "no.backup",
                      "--passphrase-file", folder / "key")
        assert no_room.returncode == 1 and "no room" in no_room.stderr
        assert collector.program.errors().count("the store takes nothing in") == 1
        disk.empty()
        wait_until(lambda: agent.status().get("batchesWaiting", 1) == 0, "the spool is emptied", 120 * programs.PATIENCE)
        wait_until(lambda: list(fault().values()) == [0], "all is well again", 60 * programs.PATIENCE)
        assert collector.program.errors().count("works again") == 1
        assert "ready" in collector.get("/-/ready")
        assert points(collector, machine)


def test_the_privacy_report_says_what_is_kept(folder, collector):
    text = run("steward-collector", "privacy-report", "--data", collector.data)
    assert text.returncode == 0 and "30 days" in text.stdout and "who reads" in text.stdout.lower(), text.stdout + text.stderr
    report = json.loads(run("steward-collector", "privacy-report", "--data", collector.data, "--json").stdout)
    assert {"what", "why", "kept", "readers"} <= set(report["kinds"][0])
