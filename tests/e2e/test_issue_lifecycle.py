"""An issue through the hands of people: taken, claimed, confirmed by data; and the trail of it."""

import json
import sqlite3

from support import programs
from support.disks import small_disk
from support.waiting import wait_until

CONFIG = """
[agents]
interval = "1s"
[rules.disk-space-low]
raise = "0s"
clear = "5s"
[rules.disk-fill-forecast]
enabled = false
"""


def trail(collector):
    exported = collector.ctl("audit", "export")
    assert exported.returncode == 0, exported.stderr
    return [json.loads(line) for line in exported.stdout.splitlines()]


def shown(collector, issue):
    return collector.json("issue", "show", issue)["issue"]


def refused(result, *words):
    assert result.returncode == 1, result
    for word in words:
        assert word in result.stderr, result.stderr


def check_roles(collector, folder, issue):
    token = folder / "partner.token"
    token.write_text(collector.json("token", "create", "--api", "--role", "partner")["token"])
    partner = lambda *args: programs.run("stewardctl", "--server", collector.endpoints["http"], "--token-file", token, *args)
    refused(partner("issue", "accept", issue, "--review", "30d", "--reason", "no"), "partner may not accept", "owner, it-manager")
    refused(partner("issue", "snooze", issue, "--until", "30d"), "more than 7 days")
    refused(partner("audit", "export"), "may not call")
    commented = partner("issue", "comment", issue, "we look at it")
    assert commented.returncode == 0, commented.stderr


def test_an_issue_is_taken_claimed_and_confirmed_by_data(folder, make_collector, make_agent):
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(CONFIG).start()
        make_agent().enroll(collector.token("--class", "server")).start()
        collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        watched = {t["type"]: t for t in collector.json("machine", "watched", collector.machines()[0]["id"])["types"]}
        assert watched["disk-space-low"].get("whyNot", "") == ""
        assert watched["machine-missing"]["whyNot"], "it is a server"
        disk.fill()
        mine = lambda: [i for i in collector.issues() if i["type"] == "disk-space-low" and str(disk.path) in json.dumps(i)]
        issue = wait_until(mine, "the issue", deadline=60)[0]["id"]

        taken = collector.ctl("issue", "ack", issue, "--as", "Mari Mets")
        assert taken.returncode == 0 and "acknowledged" in taken.stdout and "Mari Mets" in taken.stdout, taken
        refused(collector.ctl("issue", "ack", issue), "this issue is acknowledged", "open")
        refused(collector.ctl("issue", "snooze", issue, "--until", "100d"), "within 90 days")
        refused(collector.ctl("issue", "ack", "ffffffffffff"), "no issue has the id")
        assert collector.ctl("issue", "snooze", issue, "--until", "tomorrow").returncode != 0
        check_roles(collector, folder, issue)
        assert shown(collector, issue)["assignee"] == "Mari Mets"

        decide = collector.ctl("issue", "decide", issue, "--question", "A larger disk?", "--option", "2 TB=120 EUR",
                               "--option", "clean up", "--recommend", "clean up")
        assert decide.returncode == 0 and "waiting for decision" in decide.stdout, decide
        text = collector.ctl("issue", "show", issue).stdout
        assert "2 TB, 120 EUR" in text and "clean up (recommended)" in text, text
        assert collector.ctl("issue", "decide", issue, "--answer", "clean up", "--as", "Jaan").returncode == 0

        claim = collector.ctl("issue", "claim", issue, "--reason", "logs removed")
        assert claim.returncode == 0 and "claimed" in claim.stdout, claim
        disk.empty()
        wait_until(lambda: shown(collector, issue)["state"] == "resolved", "data confirms the claim", deadline=60)
        ended = shown(collector, issue)
        assert ended["resolvedTime"] == ended["claimedTime"], ended
        assert ended["selfCleared"] is False

        manual = collector.json("issue", "create", "--machine", collector.machine()["id"], "--title", "Printer is slow", "--severity", "low")
        assert collector.ctl("issue", "close", manual["issue"]["id"], "--reason", "new toner").returncode == 0

        drill = collector.json("drill", "raid-degraded", collector.machine()["id"])["issue"]
        assert drill["drill"] and drill["title"].startswith("DRILL: Redundancy lost") and drill["severity"] == "high", drill
        refused(collector.ctl("drill", "raid-degraded", collector.machine()["id"]), "under way")
        refused(collector.ctl("drill", "raid-degradet", collector.machine()["id"]), "no issue type")
        told = [line for line in collector.get("/metrics/collector").splitlines() if line.startswith("steward_issue")]
        assert not [line for line in told if "raid-degraded" in line], "a drill is no issue of the company"
        assert collector.ctl("issue", "claim", drill["id"], "--reason", "done").returncode == 0
        assert collector.ctl("issue", "close", drill["id"], "--reason", "well done").returncode == 0

        entries = trail(collector)
        about = [(e["actor"], e["action"]) for e in entries if e["object"] == f"issue {issue}"]
        rule = about[0][0]
        assert rule.startswith("rule disk-space-low v") and about[0][1] == "opened", about
        user = about[-2][0]
        assert user.startswith("local user "), about
        assert (f"Mari Mets ({user})", "acknowledged") in about and (f"Jaan ({user})", "decision-answered") in about, about
        assert about[-2:] == [(user, "claimed"), (rule, "resolved")], about
        assert any(actor.startswith("token ") and action == "comment" for actor, action in about), about

        collector.restart()
        verified = collector.ctl("audit", "verify")
        assert verified.returncode == 0 and "as it was written" in verified.stdout, verified
        check_tampering(collector, folder, entries)


def check_tampering(collector, folder, entries):
    lines = [json.dumps(e) for e in entries]
    file = folder / "export.jsonl"

    def verify(changed):
        file.write_text("\n".join(changed) + "\n")
        return collector.ctl("audit", "verify", file)

    assert verify(lines).returncode == 0
    refused(verify(lines[:1] + lines[2:]), "entry 2 is missing")
    refused(verify(lines[:1] + [lines[2], lines[1]] + lines[3:]), "entry 2 is out of its place")
    refused(verify([lines[0].replace('"action": "', '"action": "not-')] + lines[1:]), "entry 1 is not what was written")

    # In the database itself: its triggers refuse; without them the chain tells.
    collector.stop()
    with sqlite3.connect(collector.data / "collector.db") as database:
        for change in ("UPDATE audit SET actor = 'nobody' WHERE number = 2", "DELETE FROM audit WHERE number = 2"):
            try:
                database.execute(change)
                raise AssertionError("the trail could be changed")
            except sqlite3.IntegrityError as error:
                assert "append-only" in str(error)
        database.execute("DROP TRIGGER audit_no_update")
        database.execute("UPDATE audit SET actor = 'nobody' WHERE number = 2")
    database.close()
    collector.start()
    refused(collector.ctl("audit", "verify"), "entry 2 is not what was written")
