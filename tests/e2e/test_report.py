"""Backups and problems that are reported on a machine, seen at the collector; nothing is lost while the agent does not run."""

import subprocess
import time

from support import programs
from support.collector import select
from support.waiting import wait_until

OUTPUT = programs.SOURCE_DIR / "tests/fixtures/backup_output"


def report(agent, *args, stdin=subprocess.DEVNULL):
    return subprocess.run([programs.binary("steward-agent"), "report", *args, "--state", str(agent.state)], stdin=stdin,
                          capture_output=True, text=True, timeout=30 * programs.PATIENCE, env=programs.environment())


def backup(agent, job, *args, **options):
    result = report(agent, "backup", "--job", job, *args, **options)
    assert result.returncode == 0 and result.stdout == "", f"{result.returncode}: {result.stdout}{result.stderr}"
    return result


def value(collector, name, job):
    found = select(collector.metrics(), name, job=job)
    assert len(found) <= 1, found
    return next(iter(found.values()), None)


def wait_for_value(collector, name, job, expected):
    wait_until(lambda: value(collector, name, job) == expected, f"{name} of {job} is {expected}", 60 * programs.PATIENCE)


def reported(collector):
    facts = collector.json("machine", "show", collector.machine()["id"]).get("facts", [])
    return [fact["value"] for fact in facts if fact["group"] == "reported"]


def test_backups_are_told_before_while_and_after_the_agent_runs(collector, make_agent):
    agent = make_agent().enroll(collector.token())
    begin = int(time.time())
    backup(agent, "files", "--result", "ok", "--bytes", "5368709120", "--duration", "1h30m")
    agent.start()
    collector.wait_for_machine()
    wait_for_value(collector, "steward_backup_last_success", "files", 1)
    assert value(collector, "steward_backup_last_bytes", "files") == 5368709120
    assert value(collector, "steward_backup_last_duration_seconds", "files") == 5400
    good = value(collector, "steward_backup_last_success_timestamp_seconds", "files")
    assert begin <= good <= time.time()

    backup(agent, "files", "--result", "failed", "--every", "7d", "--where", "off-site")
    backup(agent, "files", "--result", "failed")
    wait_for_value(collector, "steward_backup_failed_runs", "files", 2)
    assert value(collector, "steward_backup_planned_interval_seconds", "files") == 604800
    assert value(collector, "steward_backup_off_site", "files") == 1
    wait_for_value(collector, "steward_backup_last_success", "files", 0)
    assert value(collector, "steward_backup_last_success_timestamp_seconds", "files") == good
    assert value(collector, "steward_backup_last_run_timestamp_seconds", "files") >= good

    agent.kill()
    backup(agent, "database", "--result", "ok")
    agent.start()
    wait_for_value(collector, "steward_backup_last_success", "database", 1)
    assert value(collector, "steward_backup_last_success", "files") == 0

    backup(agent, "database", "--forget")
    wait_until(lambda: value(collector, "steward_backup_last_success", "database") is None, "the job is gone", 400 * programs.PATIENCE)


def test_what_restic_and_borg_print_is_read(collector, agent):
    collector.wait_for_machine()
    for job, program, output, ok, size in (("home", "restic", "restic_0.14_ok.jsonl", 1, 300006),
                                           ("part", "restic", "restic_0.14_unreadable_file.jsonl", 0, 300005),
                                           ("none", "restic", "restic_0.14_no_repository.txt", 0, None),
                                           ("mail", "borg", "borg_1.2_ok.json", 1, 300493),
                                           ("old", "borg", "borg_1.2_archive_exists.txt", 0, None)):
        with open(OUTPUT / output, "rb") as stdin:
            told = backup(agent, job, "--from", program, stdin=stdin)
        assert ("reported as failed" in told.stderr) == (not ok), told.stderr
        wait_for_value(collector, "steward_backup_last_success", job, ok)
        assert value(collector, "steward_backup_last_bytes", job) == size
    with open(OUTPUT / "restic_0.14_ok.jsonl", "rb") as stdin:
        backup(agent, "home", "--from", "restic", "--result", "failed", stdin=stdin)  # its exit code said so
    wait_for_value(collector, "steward_backup_last_success", "home", 0)


def test_a_problem_in_words_reaches_the_collector_at_once(collector, make_agent):
    agent = make_agent().enroll(collector.token())
    before = report(agent, "problem", "The printer is loud")
    assert before.returncode == 0 and "sent when the agent runs again" in before.stdout, before.stdout + before.stderr
    agent.start()
    collector.wait_for_machine()
    wait_until(lambda: "The printer is loud" in reported(collector), "the first problem", 60 * programs.PATIENCE)
    while_it_runs = report(agent, "problem", "Überall Papier")
    assert while_it_runs.returncode == 0 and "the agent sends it" in while_it_runs.stdout, while_it_runs.stdout + while_it_runs.stderr
    wait_until(lambda: "Überall Papier" in reported(collector), "the second problem", 60 * programs.PATIENCE)
    agent.restart()
    collector.wait_for_machine()
    assert reported(collector) == ["The printer is loud", "Überall Papier"]


def test_mistakes_are_told(collector, make_agent, folder):
    agent = make_agent().enroll(collector.token())
    for args, why in ((["backup", "--job", "a b", "--result", "ok"], "letters"),
                      (["backup", "--job", "a"], "--result ok or --result failed"),
                      (["backup", "--job", "a", "--result", "good"], "ok or failed"),
                      (["backup", "--job", "a", "--result", "ok", "--bytes", "-1"], "whole number"),
                      (["backup", "--job", "a", "--result", "ok", "--duration", "long"], "1h30m"),
                      (["backup", "--job", "a", "--result", "ok", "--every", "weekly"], "number and a unit"),
                      (["backup", "--job", "a", "--result", "ok", "--every", "1s"], "from 10m to 366d"),
                      (["backup", "--job", "a", "--result", "ok", "--where", "nas"], "on-site or off-site"),
                      (["backup", "--job", "a", "--from", "tar"], "restic or borg"),
                      (["problem", "x" * 1001], "1001 characters"),
                      (["problem", " "], "what is wrong")):
        result = report(agent, *args)
        assert result.returncode == 2 and why in result.stderr, f"{args}: {result.returncode} {result.stderr}"
    nowhere = programs.run("steward-agent", "report", "backup", "--job", "a", "--result", "ok", "--state", folder / "none")
    assert nowhere.returncode == 1 and "enrol this machine first" in nowhere.stderr, nowhere.stderr
    unknown = report(agent, "backup", "--job", "a", "--forget")
    assert unknown.returncode == 1 and "no backup job" in unknown.stderr, unknown.stderr
