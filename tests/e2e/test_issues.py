"""From a fault on the machine to the partner's webhook and back to calm, by data alone."""

import hashlib
import hmac
import json

from support import programs
from support.agent import Agent
from support.disks import small_disk
from support.networks import far_machine
from support.waiting import wait_until

SECRET = "a key that only the partner knows"


def config(webhook, rules, folder):
    key = folder / "hook.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    return f"""
[agents]
interval = "1s"
[[channel]]
name = "partner"
type = "webhook"
url = "{webhook.url}"
secret_file = "{key}"
[[route]]
channel = "partner"
severity_min = "low"
{rules}
"""


DISK = """
[rules.disk-space-low]
raise = "0s"
clear = "0s"
[rules.disk-fill-forecast]
enabled = false
"""


OWN_WORDS = """
[first_weeks]
site = "0s"
machine = "0s"
[rules.disk-space-low]
raise = "10s"
[rules.custom]
raise = "10s"
"""


def check_post(request, event):
    assert request.headers["content-type"].startswith("application/json")
    assert request.headers["idempotency-key"]
    assert request.headers["x-steward-signature"] == "sha256=" + hmac.new(SECRET.encode(), request.raw, hashlib.sha256).hexdigest()
    assert request.body["event"] == event
    issue = request.body["issue"]
    for field in ("id", "type", "machineId", "severity", "state", "party", "openedTime"):
        assert issue.get(field), f"{field} is missing: {issue}"
    return issue


def words_of(webhook, issue_type, subject):
    """The machine's own words in the message that opened this issue."""
    opened = [r.body["issue"] for r in webhook.delivered("opened", issue_type) if r.body["issue"].get("subject") == subject]
    return opened and opened[0]["evidence"]["details"].get("the machine says", "nothing")


def test_the_message_says_what_fills_the_disk_and_what_the_check_said(folder, make_collector, started, webhook):
    with small_disk(folder, "volume", 64) as disk:
        (disk.path / "var" / "log" / "app").mkdir(parents=True)
        (disk.path / "var" / "log" / "app" / "today").write_bytes(b"x" * (30 << 20))
        disk.fill()
        checks = folder / "checks.d"
        checks.mkdir(mode=0o755)
        (checks / "raid").write_text("#!/bin/sh\necho 'CRITICAL: 1 of 2 disks <b>left</b>'\nexit 2\n")
        (checks / "raid").chmod(0o755)
        collector = make_collector(config(webhook, OWN_WORDS, folder)).start()
        settings = folder / "agent.toml"
        settings.write_text(f'[checks]\ndirectory = "{checks}"\ninterval = "5s"\n')
        agent = Agent(folder, "telling", arguments=["--config", settings])
        started.append(agent)
        agent.enroll(collector.token("--class", "server")).start()
        space = wait_until(lambda: words_of(webhook, "disk-space-low", str(disk.path)), "the full disk at the webhook", deadline=60)
        assert f"31.5 MB {disk.path}/var/log/app" in space and f"in the rest of {disk.path}" in space, space
        assert wait_until(lambda: words_of(webhook, "custom", "raid"), "the check at the webhook", deadline=60) == \
            "critical: CRITICAL: 1 of 2 disks <b>left</b>"
        issue = next(i for i in collector.issues() if i["type"] == "custom")
        assert "CRITICAL: 1 of 2 disks <b>left</b>" in collector.ctl("issue", "show", issue["id"]).stdout


def test_a_full_file_system_becomes_one_post_and_resolves_when_emptied(folder, make_collector, make_agent, webhook):
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(config(webhook, DISK, folder)).start()
        make_agent().enroll(collector.token("--class", "server")).start()
        machine = collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        mine = lambda: [i for i in collector.issues() if i["type"] == "disk-space-low" and str(disk.path) in json.dumps(i)]
        assert mine() == []

        disk.fill()
        request = wait_until(lambda: [r for r in webhook.delivered("opened", "disk-space-low") if str(disk.path).encode() in r.raw],
                             "the issue at the webhook", deadline=60)[0]
        issue = check_post(request, "opened")
        assert issue["machineId"] == machine["id"]
        assert issue["evidence"]["metric"] == "node_filesystem_avail_bytes"
        assert issue["evidence"]["latest"]["value"] > issue["evidence"]["threshold"] > 0
        assert issue["deadline"]
        found = mine()
        assert len(found) == 1 and found[0]["id"] == issue["id"] and found[0]["state"] == "open", found
        shown = collector.ctl("issue", "show", issue["id"])
        assert shown.returncode == 0 and str(disk.path) in shown.stdout
        assert 'steward_issue_info{' in collector.get("/metrics")
        assert any(line.startswith("steward_issues{") for line in collector.get("/metrics/collector").splitlines())

        disk.empty()
        resolved = wait_until(lambda: [r for r in webhook.delivered("resolved", "disk-space-low") if r.body["issue"]["id"] == issue["id"]],
                              "resolved at the webhook", deadline=60)[0]
        check_post(resolved, "resolved")
        assert wait_until(lambda: mine() == [], "no live issue")
        about = [r for r in webhook.requests if r.body.get("issue", {}).get("id") == issue["id"]]
        assert len({r.headers["idempotency-key"] for r in about}) == len(about), "a POST came twice"
        assert [r.body["event"] for r in about].count("opened") == 1
        assert [r.body["event"] for r in about].count("resolved") == 1


def test_a_message_survives_a_failing_receiver_and_a_killed_collector(folder, make_collector, make_agent, webhook):
    webhook.always = 503
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(config(webhook, DISK, folder)).start()
        make_agent().enroll(collector.token("--class", "server")).start()
        collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        disk.fill()
        wait_until(lambda: [r for r in webhook.requests if str(disk.path).encode() in r.raw], "a first try", deadline=60)
        collector.kill()
        webhook.always = 200
        collector.start()
        request = wait_until(lambda: [r for r in webhook.delivered("opened", "disk-space-low") if str(disk.path).encode() in r.raw],
                             "the message after all", deadline=90)[0]
        issue = check_post(request, "opened")
        keys = {r.headers["idempotency-key"] for r in webhook.requests if r.body["issue"]["id"] == issue["id"] and r.body["event"] == "opened"}
        assert len(keys) == 1, "a repeat carries the same key"


def test_a_stopped_agent_on_a_live_machine_is_agent_silent(folder, make_collector, make_agent, webhook):
    rules = """
[rules.agent-silent]
raise = "2s"
[rules.machine-offline]
raise = "2s"
levels = { look_seconds = 1 }
"""
    with far_machine() as far:
        collector = make_collector(config(webhook, rules, folder), agents_listen=f"{far.host_address}:0").start()
        agent = make_agent(prefix=far.prefix)
        agent.enroll(collector.token("--class", "server", "--address", collector.endpoints["agents"])).start()
        collector.wait_for_machine()
        agent.kill()  # its machine goes on answering
        issue = check_post(webhook.wait_for("opened", "agent-silent", deadline=120), "opened")
        assert issue["machineId"] == agent.machine_id
        assert not webhook.delivered("opened", "machine-offline")
        agent.start()
        check_post(webhook.wait_for("resolved", "agent-silent", deadline=120), "resolved")


def test_a_vanished_machine_is_machine_offline(folder, make_collector, make_agent, webhook):
    rules = """
[rules.machine-offline]
raise = "5s"
levels = { look_seconds = 1 }
"""
    with far_machine() as far:
        collector = make_collector(config(webhook, rules, folder), agents_listen=f"{far.host_address}:0").start()
        agent = make_agent(prefix=far.prefix)
        agent.enroll(collector.token("--class", "server", "--address", collector.endpoints["agents"])).start()
        collector.wait_for_machine()
        far.vanish()
        issue = check_post(webhook.wait_for("opened", "machine-offline", deadline=120), "opened")
        assert issue["machineId"] == agent.machine_id
        assert issue["severity"] == "critical"
        wait_until(lambda: collector.machine().get("up", False) is False, "the machine is told as down", deadline=120)
        far.come_back()
        # The pauses between the agent's attempts have grown to a minute; the change of its own network ends them.
        wait_until(lambda: collector.machine().get("up", False), "the machine is up again", deadline=10 * programs.PATIENCE)
        check_post(webhook.wait_for("resolved", "machine-offline", deadline=180), "resolved")
