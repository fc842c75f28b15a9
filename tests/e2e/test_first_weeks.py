"""What was wrong before anybody looked is a list for the IT manager, not a message each."""

import os

import pytest

from support.agent import Agent
from support.waiting import wait_until

CONFIG = """
[agents]
interval = "1s"
[[channel]]
name = "partner"
type = "webhook"
url = "{url}"
[rules.custom]
raise = "0s"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="checks are run only if they belong to root")
def test_initial_findings_are_released_by_the_manager(make_collector, folder, started, webhook):
    checks = folder / "checks.d"
    checks.mkdir(mode=0o755)

    def add_check(name):
        (checks / name).write_text(f"#!/bin/sh\necho '2 {name} - broken'\n")
        (checks / name).chmod(0o755)

    add_check("Scanner")
    collector = make_collector(CONFIG.format(url=webhook.url)).start()
    (folder / "agent.toml").write_text(f'[checks]\ndirectory = "{checks}"\ninterval = "5s"\n')
    agent = Agent(folder, "own", arguments=["--config", folder / "agent.toml"])
    started.append(agent)
    agent.enroll(collector.token("--class", "server")).start()

    found = lambda name: [i for i in collector.issues() if i["type"] == "custom" and name in str(i)]
    told = lambda name: [r for r in webhook.delivered("opened", "custom") if name.encode() in r.raw]
    finding = wait_until(lambda: found("Scanner"), "what was wrong already is listed", deadline=60)[0]
    assert finding["initialFinding"] and not finding.get("deadline") and not finding.get("resolveDeadline"), finding
    assert finding["id"] in collector.ctl("findings", "list").stdout

    add_check("Printer")  # breaks later: that is news
    wait_until(lambda: told("Printer"), "the new fault is told", deadline=90)
    assert not found("Printer")[0].get("initialFinding")

    collector.kill()
    collector.start()
    assert found("Scanner")[0].get("initialFinding") and not found("Scanner")[0].get("deadline"), "as before the restart"
    refused = collector.ctl("findings", "release", "custom", "--accept-until", "30d")
    assert refused.returncode != 0 and "--reason" in refused.stderr
    assert not told("Scanner")

    released = collector.json("findings", "--as", "Mari Mets", "release", "custom", "--reason", "first wave")["issues"]
    assert [issue["id"] for issue in released] == [finding["id"]]
    message = wait_until(lambda: told("Scanner"), "it is told once it is released")[0]
    assert message.body["issue"]["deadline"], "its clocks run"
    again = collector.ctl("findings", "release", "custom")
    assert again.returncode == 1 and "there are no initial findings" in again.stderr
    trail = [line for line in collector.ctl("audit", "export").stdout.splitlines() if '"released"' in line]
    assert len(trail) == 1 and "Mari Mets (local user" in trail[0] and "first wave" in trail[0], trail
