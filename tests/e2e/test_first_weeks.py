"""What was wrong before anybody looked is a list for the IT manager, not a message each."""

import http.server
import os
import threading

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
"""


class Disks(http.server.ThreadingHTTPServer):
    """What an exporter of disks' health tells: percent used by device."""

    def __init__(self, used):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = "".join(f'smartctl_device_percentage_used{{device="{d}"}} {v}\n' for d, v in used.items()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_initial_findings_are_released_by_the_manager(make_collector, folder, started, webhook):
    used = {"old": 85}
    exporter = Disks(used)
    collector = make_collector(CONFIG.format(url=webhook.url)).start()
    (folder / "agent.toml").write_text(
        f'[[scrape]]\nname = "disks"\nurl = "http://127.0.0.1:{exporter.server_port}/"\nmetrics = ["smartctl_*"]\ninterval = "5s"\n')
    agent = Agent(folder, "own", arguments=["--config", folder / "agent.toml"])
    started.append(agent)
    agent.enroll(collector.token("--class", "server")).start()

    found = lambda name: [i for i in collector.issues() if i["type"] == "disk-wear-high" and i["subject"] == name]
    told = lambda name: [r for r in webhook.delivered("opened", "disk-wear-high") if r.body["issue"]["subject"] == name]
    finding = wait_until(lambda: found("old"), "what was wrong already is listed", deadline=60)[0]
    assert finding["initialFinding"] and not finding.get("deadline") and not finding.get("resolveDeadline"), finding
    assert finding["id"] in collector.ctl("findings", "list").stdout

    used["new"] = 85  # that is news
    wait_until(lambda: told("new"), "the new fault is told", deadline=90)
    assert not found("new")[0].get("initialFinding")

    collector.kill()
    collector.start()
    assert found("old")[0].get("initialFinding") and not found("old")[0].get("deadline"), "as before the restart"
    refused = collector.ctl("findings", "release", "disk-wear-high", "--accept-until", "30d")
    assert refused.returncode != 0 and "--reason" in refused.stderr
    assert not told("old")

    released = collector.json("findings", "--as", "Mari Mets", "release", "disk-wear-high", "--reason", "first wave")["issues"]
    assert [issue["id"] for issue in released] == [finding["id"]]
    message = wait_until(lambda: told("old"), "it is told once it is released")[0]
    assert message.body["issue"]["deadline"], "its clocks run"
    again = collector.ctl("findings", "release", "disk-wear-high")
    assert again.returncode == 1 and "there are no initial findings" in again.stderr
    trail = [line for line in collector.ctl("audit", "export").stdout.splitlines() if '"released"' in line]
    assert len(trail) == 1 and "Mari Mets (local user" in trail[0] and "first wave" in trail[0], trail
