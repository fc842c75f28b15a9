"""Two machines with one identity: kept apart, flagged, and the partner is told."""

import shutil

from support import programs
from support.waiting import wait_until

CHANNEL = """
[agents]
interval = "1s"
[rules.identity-conflict]
clear = "30s"
[[channel]]
name = "partner"
type = "webhook"
url = "{url}"
[[route]]
channel = "partner"
severity_min = "medium"
"""


def test_a_copied_state_directory_is_noticed_and_flagged(folder, make_collector, make_agent, webhook):
    collector = make_collector(config=CHANNEL.format(url=webhook.url)).start()
    first = make_agent("first").enroll(collector.token()).start()
    machine = collector.wait_for_machine()["id"]
    first.stop()
    shutil.copytree(first.state, folder / "copy")
    first.start()
    copy = make_agent("copy").start()

    issue = wait_until(lambda: next(iter(collector.issues("--type", "identity-conflict")), None), "the issue", 120 * programs.PATIENCE)
    assert issue["machineId"] == machine and issue["severity"] == "high" and issue["party"] == "partner"
    details = issue["evidence"]["details"]
    for which in ("first", "second"):
        assert details[which + " address"] == "127.0.0.1" and details[which + " host name"] and details[which + " hardware"]
    shown = collector.ctl("issue", "show", issue["id"]).stdout
    assert "steward-agent enroll" in shown and "one is a copy of the other" in shown, shown
    assert any(name == "steward_issue_info" and ("type", "identity-conflict") in labels for name, labels in collector.metrics())
    webhook.wait_for("opened", "identity-conflict", 60 * programs.PATIENCE)
    wait_until(lambda: any("one is a copy of the other" in agent.program.errors() for agent in (first, copy)), "the copy is told",
               60 * programs.PATIENCE)
    assert any(agent.program.running for agent in (first, copy))

    # The one that is refused is enrolled anew; then each has an identity of its own, and in time it is over.
    refused = copy if "one is a copy of the other" in copy.program.errors() else first
    refused.kill()
    shutil.rmtree(refused.state)
    refused.enroll(collector.token()).start()
    wait_until(lambda: len([m for m in collector.machines() if m.get("up")]) == 2, "both are watched", 60 * programs.PATIENCE)
    webhook.wait_for("resolved", "identity-conflict", 300 * programs.PATIENCE)
    assert not collector.issues("--type", "identity-conflict")
