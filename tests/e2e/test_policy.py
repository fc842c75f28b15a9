"""The policy: shown, checked, tested with timelines, applied without a restart, kept with its versions."""

import json

from support import programs
from support.disks import small_disk
from support.waiting import wait_until

CONFIG = """
# What the process needs.
[agents]
interval = "1s"
[[channel]]
name = "partner"
type = "webhook"
url = "{url}"

# What people decide: nobody is told of full disks yet.
[rules.disk-space-low]
enabled = false
[rules.disk-fill-forecast]
enabled = false
"""

POLICY = """
[[site]]
name = "main"
time_zone = "Europe/Tallinn"
[rules.disk-space-low]
raise = "0s"
clear = "0s"
[rules.disk-fill-forecast]
enabled = false
[runbooks]
disk-space-low = "https://wiki.example/disk"
[remote_link]
server = "ssh://{host}"
[[responsibility]]
party = "it-manager"
types = ["disk-space-low"]
[[responsibility]]
party = "partner"
"""

WRONG = """
[listen]
http = "127.0.0.1:0"
[[site]]
name = "main"
time_zone = "Europe/Talinn"
[rules.disk-space-lo]
raise = "1h"
[[route]]
channel = "nobody"
"""

STORY = """
class server
0s disk / 100GB used 50%
10m disk / used 99%
{at} expect opened disk-space-low / critical
20m end
"""


def test_the_policy_is_checked_tested_applied_and_kept(folder, make_collector, make_agent, webhook):
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(CONFIG.format(url=webhook.url)).start()
        make_agent().enroll(collector.token("--class", "server")).start()
        collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        write = lambda name, text: (folder / name).write_text(text) and folder / name

        first = collector.ctl("policy", "show")
        assert first.returncode == 0 and "nobody is told of full disks yet" in first.stdout and "interval" not in first.stdout, first
        assert "what collector.toml says, in force" in first.stderr, first

        wrong = collector.ctl("policy", "check", write("wrong.toml", WRONG))
        assert wrong.returncode == 1, wrong
        for mistake in ("wrong.toml:2:", "belongs into collector.toml", "Europe/Tallinn", 'did you mean "disk-space-low"?', 'there is no channel "nobody"'):
            assert mistake in wrong.stderr, wrong.stderr
        refused = collector.ctl("policy", "apply", folder / "wrong.toml", "--reason", "x")
        assert refused.returncode == 1 and "wrong.toml:2:" in refused.stderr, refused

        good = write("policy.toml", POLICY)
        checked = collector.ctl("policy", "check", good)
        assert checked.returncode == 0 and "+raise = \"0s\"" in checked.stdout and "-enabled = false" in checked.stdout, checked
        story = write("full.timeline", STORY.format(at="10m"))
        tested = collector.ctl("policy", "test", story, "--policy", good)
        assert tested.returncode == 0 and "ok, 1 as expected" in tested.stdout, tested
        in_force = collector.ctl("policy", "test", story)
        assert in_force.returncode == 1 and "full.timeline:5: expected 10m opened" in in_force.stdout and "nothing came" in in_force.stdout, in_force

        disk.fill()
        seen = collector.wait_for_machine()["lastSeenTime"]
        wait_until(lambda: collector.machine()["lastSeenTime"] > seen, "samples of the full disk")
        mine = lambda: [i for i in collector.issues() if i["type"] == "disk-space-low" and str(disk.path) in json.dumps(i)]
        assert mine() == []
        later = collector.ctl("policy", "apply", write("later.toml", POLICY + "# later\n"), "--reason", "next week", "--effective", "7d")
        assert later.returncode == 0 and "planned for" in later.stdout, later
        applied = collector.ctl("policy", "apply", good, "--reason", "full disks matter", "--as", "Mari Mets")
        assert applied.returncode == 0 and "Version 2 is in force" in applied.stdout and "version 1, planned for" in applied.stderr, applied
        issue = wait_until(mine, "the issue, without a restart", deadline=60)[0]
        assert issue["party"] == "it-manager" and issue["runbook"] == "https://wiki.example/disk", issue
        assert issue["remoteLink"] == "ssh://" + collector.machine()["hostName"], issue
        told = webhook.wait_for("opened", "disk-space-low", deadline=60)
        assert told.body["issue"]["runbook"] == issue["runbook"]

        token = folder / "partner.token"
        token.write_text(collector.json("token", "create", "--api", "--role", "partner")["token"])
        by_partner = programs.run("stewardctl", "--server", collector.endpoints["http"], "--token-file", token,
                                  "policy", "apply", good, "--reason", "x")
        assert by_partner.returncode == 1 and "may not call" in by_partner.stderr, by_partner

        collector.restart()
        versions = {v["number"]: v for v in collector.json("policy", "history")["versions"]}
        assert set(versions) == {"0", "1", "2"} and versions["2"]["inForce"] and versions["2"]["reason"] == "full disks matter", versions
        assert versions["2"]["author"].startswith("Mari Mets (local user "), versions
        assert collector.ctl("policy", "show").stdout == POLICY
        assert mine()[0]["id"] == issue["id"]
        trail = [json.loads(line) for line in collector.ctl("audit", "export").stdout.splitlines()]
        assert [e["reason"] for e in trail if e["action"] == "policy-applied"] == ["next week", "full disks matter"]
