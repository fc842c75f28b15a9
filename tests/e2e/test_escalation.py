"""What nobody takes is told again, and one step up through the channel of the next party; who takes it ends that."""

import pytest

from support.clock import Clock
from support.waiting import wait_until
from support.webhook import Webhook

CONFIG = """
[[site]]
name = "main"
time_zone = "UTC"
working_hours = "00:00-24:00"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
[[channel]]
name = "to-partner"
type = "webhook"
url = "{partner}"
[[channel]]
name = "to-manager"
type = "webhook"
url = "{manager}"
[[route]]
channel = "to-partner"
party = "partner"
[[route]]
channel = "to-manager"
party = "it-manager"
"""


@pytest.fixture
def receivers():
    both = {"partner": Webhook(), "manager": Webhook()}
    yield both
    for receiver in both.values():
        receiver.close()


def why(receiver):
    """What each message was told for; one that a kill has repeated is one."""
    messages = {r.headers["idempotency-key"]: r.body for r in receiver.delivered() if r.body["issue"]["title"] == "The door stands open"}
    return [body["issue"]["evidence"]["details"].get("escalated", "") if body["event"] == "updated" else body["event"] for body in messages.values()]


def test_an_issue_that_nobody_takes_is_told_again_and_one_step_up(folder, make_collector, receivers):
    partner, manager = receivers["partner"], receivers["manager"]
    clock = Clock(folder / "clock")
    collector = make_collector(CONFIG.format(partner=partner.url, manager=manager.url), arguments=clock.argument).start()
    issue = collector.json("issue", "create", "--site", "main", "--title", "The door stands open", "--severity", "critical")["issue"]["id"]
    expected = ["opened"]

    def minutes_later(minutes, *words, also=()):
        clock.advance(60 * minutes)
        expected.extend(words)
        wait_until(lambda: why(partner) == expected and why(manager) == list(also), f"{expected} at the partner, {also} at the manager: "
                   f"{why(partner)}, {why(manager)}", deadline=30)

    minutes_later(1)
    half, missed, nobody = "half of the time to respond has passed", "the time to respond was missed", "nobody has taken it yet"
    minutes_later(16, half)
    minutes_later(15, missed, also=[missed])
    collector.kill()
    collector.start()
    minutes_later(32 + 20, also=[missed])  # its clock begins anew at the system's time
    minutes_later(15, nobody, also=[missed])
    minutes_later(31, nobody, also=[missed])
    assert collector.ctl("issue", "ack", issue).returncode == 0
    minutes_later(45, also=[missed])
    history = [e["action"] for e in collector.json("issue", "show", issue)["history"]]
    assert history == ["opened", "escalated", "escalated", "reminded", "reminded", "acknowledged"], history
