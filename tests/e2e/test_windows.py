"""A maintenance window: people add it, issues keep quiet in it, and go on when it ends."""

import json

from support import programs
from support.disks import small_disk
from support.waiting import wait_until

CONFIG = """
[agents]
interval = "1s"
[[site]]
name = "main"
time_zone = "Europe/Tallinn"
working_hours = "00:00-24:00"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
[[window]]
name = "sunday updates"
class = "server"
weekly = ["sun"]
from = "02:00"
to = "04:00"
[[channel]]
name = "partner"
type = "webhook"
url = "{url}"
[rules.disk-space-low]
raise = "0s"
clear = "3s"
[rules.disk-fill-forecast]
enabled = false
"""


def shown(collector, issue):
    return collector.json("issue", "show", issue)["issue"]


def refused(result, *words):
    assert result.returncode == 1, result
    for word in words:
        assert word in result.stderr, result.stderr


def windows(collector, *args):
    return {w["id"]: w for w in collector.json("window", "list", *args).get("windows", [])}


def check_proposals(collector, partner, add):
    late = partner(*add, "--from", "1h", "--for", "1h")
    assert late.returncode == 0 and "is proposed" in late.stdout and "less than 1d ahead" in late.stderr, late
    for more, why in ((("--from", "30h", "--for", "9h"), "it is 9h long"), (("--from", "02:00", "--for", "1h", "--weekly", "mon"), "every week")):
        proposed = json.loads(partner("--json", *add, *more).stdout)["window"]
        assert proposed["state"] == "proposed" and why in proposed["proposal"], proposed
        assert collector.ctl("window", "remove", proposed["id"], "--reason", "not now").returncode == 0
    mine = next(w["id"] for w in windows(collector).values() if w["state"] == "proposed")
    refused(partner("window", "confirm", mine), "may not call")
    confirmed = collector.json("--as", "Mari Mets", "window", "confirm", mine, "--reason", "go ahead")["window"]
    assert confirmed["state"] == "planned" and confirmed["confirmedBy"].startswith("Mari Mets (local user "), confirmed
    refused(collector.ctl("window", "confirm", mine), "holds already")
    refused(collector.ctl("window", "confirm", "w99"), "no window")
    about = [json.loads(line) for line in collector.ctl("audit", "export").stdout.splitlines()]
    assert [e["action"] for e in about if e["object"] == f"window {mine}"] == ["window-proposed", "window-confirmed"], about


def check_rights(collector, folder):
    token = folder / "partner.token"
    token.write_text(collector.json("token", "create", "--api", "--role", "partner")["token"])
    partner = lambda *args: programs.run("stewardctl", "--server", collector.endpoints["http"], "--token-file", token, *args)
    add = ["window", "add", "--site", "main", "--title", "Firmware"]
    check_proposals(collector, partner, add)
    planned = partner("--json", *add, "--from", "30h", "--for", "8h")
    assert planned.returncode == 0, planned.stderr
    refused(partner("window", "remove", "w1"), "the IT manager may remove it")
    mine = json.loads(planned.stdout)["window"]["id"]
    assert windows(collector)[mine]["state"] == "planned"
    assert partner("window", "remove", mine, "--reason", "parts are late").returncode == 0
    assert mine not in windows(collector) and windows(collector, "--all")[mine]["state"] == "over"


def test_an_open_issue_keeps_quiet_in_a_window_and_goes_on_after_it(folder, make_collector, make_agent, webhook):
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(CONFIG.format(url=webhook.url)).start()
        make_agent().enroll(collector.token("--class", "server")).start()
        machine = collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        disk.fill()
        mine = lambda: [i for i in collector.issues() if i["type"] == "disk-space-low" and str(disk.path) in json.dumps(i)]
        issue = wait_until(mine, "the issue", deadline=60)[0]["id"]
        before = shown(collector, issue)

        added = collector.ctl("window", "add", "--machine", machine["hostName"], "--from", "now", "--for", "2h", "--title", "New disk",
                              "--as", "Mari Mets")
        assert added.returncode == 0 and "Window w1 has begun" in added.stdout, added
        paused = wait_until(lambda: (i := shown(collector, issue)).get("windowId") == "w1" and i, "the issue is in the window")
        assert paused["state"] == "open" and paused["pausedSince"], paused
        listed = windows(collector)
        assert listed["w1"]["state"] == "active" and listed["w1"]["author"].startswith("Mari Mets (local user "), listed
        assert listed["sunday updates"]["times"] == "sun 02:00-04:00" and listed["sunday updates"]["isPolicy"], listed
        refused(collector.ctl("window", "remove", "sunday updates"), "stands in the policy")
        refused(collector.ctl("window", "remove", "w9"), "no window")
        refused(collector.ctl("window", "add", "--site", "main", "--from", "tomorrow", "--for", "1h", "--title", "x"), "2026-12-24 22:00")
        check_rights(collector, folder)

        # Repaired within the window, and the collector restarted: it keeps its state.
        disk.empty()
        collector.restart()
        available = lambda: [v for (name, labels), v in collector.metrics().items()
                             if name == "node_filesystem_avail_bytes" and ("mountpoint", str(disk.path)) in labels]
        wait_until(lambda: (a := available()) and a[0] > 8 << 20, "samples say that there is room", deadline=60)
        seen = collector.wait_for_machine()["lastSeenTime"]
        wait_until(lambda: collector.machine()["lastSeenTime"] > seen, "more samples")
        kept = shown(collector, issue)
        assert kept["state"] == "open" and kept["windowId"] == "w1", kept

        removed = collector.ctl("window", "remove", "w1", "--reason", "done sooner")
        assert removed.returncode == 0, removed
        wait_until(lambda: shown(collector, issue)["state"] == "resolved", "it resolves after the window", deadline=60)
        ended = shown(collector, issue)
        assert ended.get("windowId", "") == "" and "pausedSince" not in ended, ended
        assert ended["respondDeadline"] > before["respondDeadline"], "the time in the window does not count"
        webhook.wait_for("resolved", "disk-space-low", deadline=60)
        events = [r.body["event"] for r in webhook.requests if r.body["issue"]["id"] == issue]
        assert events == ["opened", "resolved"], events

        trail = [json.loads(line) for line in collector.ctl("audit", "export").stdout.splitlines()]
        about = [(e["action"], e["actor"].split(" (")[0]) for e in trail if e["object"] == "window w1"]
        assert about[0] == ("window-added", "Mari Mets") and about[1][0] == "window-removed", about
        assert [e["action"] for e in trail if e["object"] == f"issue {issue}"] == ["opened", "paused", "resumed", "resolved"], trail
