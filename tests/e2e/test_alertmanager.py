"""Issues as alerts of Debian's Alertmanager, over restarts of both sides."""

from support.alertmanager import Alertmanager
from support.disks import small_disk
from support.waiting import wait_until

REPEATS = 60  # seconds: how often the collector tells what is open


def config(url):
    return f"""
[delivery]
public_url = "https://steward.company.example"
[agents]
interval = "1s"
[[channel]]
name = "alerts"
type = "alertmanager"
url = "{url}"
[rules.disk-space-low]
raise = "0s"
clear = "0s"
[rules.disk-fill-forecast]
enabled = false
"""


def test_an_issue_is_an_alert_until_it_is_over(folder, make_collector, make_agent, webhook, started):
    alertmanager = Alertmanager(folder / "alertmanager", webhook.url).start()
    started.append(alertmanager)
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(config(alertmanager.url)).start()
        tested = collector.ctl("channel", "test", "alerts")
        assert tested.returncode == 0 and "HTTP 200" in tested.stdout, tested
        assert alertmanager.alerts(alertname="StewardTest")

        make_agent().enroll(collector.token("--class", "server")).start()
        machine = collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        disk.fill()
        mine = lambda: alertmanager.alerts(alertname="disk-space-low", subject=str(disk.path))
        alert = wait_until(mine, "the alert", deadline=60)[0]
        assert alert["labels"]["machine"] == machine["id"]
        assert alert["labels"]["instance"] == machine["hostName"]
        assert alert["generatorURL"].startswith("https://steward.company.example/issues/" + alert["labels"]["issue"] + "?until=")
        assert str(disk.path) in alert["annotations"]["description"]
        # Other issues of this machine may be in the same message.
        said = lambda status: [a for r in webhook.requests for a in r.body.get("alerts", [])
                               if a["status"] == status and a["labels"].get("subject") == str(disk.path)]
        firing = lambda: said("firing")
        wait_until(firing, "Alertmanager tells its receiver", deadline=30)

        # It forgets all alerts when it starts anew, and so does the collector; neither loses one.
        alertmanager.kill()
        collector.kill()
        told = len(firing())  # by the one that was killed, whose last words may have been under way
        alertmanager.start()
        assert not mine()
        collector.start()
        again = wait_until(mine, "the alert after both started anew", deadline=REPEATS + 30)[0]
        assert again["fingerprint"] == alert["fingerprint"] and again["startsAt"] == alert["startsAt"]

        wait_until(lambda: len(firing()) > told, "Alertmanager, which forgot whom it told, tells again", deadline=30)
        disk.empty()
        wait_until(lambda: not mine(), "the alert is over", deadline=60)
        wait_until(lambda: said("resolved"), "Alertmanager tells that it is over", deadline=30)
        assert not collector.json("deliveries", "--state", "dead").get("deliveries")
