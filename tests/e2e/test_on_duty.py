"""Who is there is told; if nobody is, the fallback is, and the message says so."""

import datetime

import pytest

from support.waiting import wait_until
from support.webhook import Webhook

CONFIG = """
[[channel]]
name = "mari"
type = "webhook"
url = "{mari}"
[[channel]]
name = "jaan"
type = "webhook"
url = "{jaan}"
[[channel]]
name = "desk"
type = "webhook"
url = "{desk}"
[[person]]
name = "Mari Mets"
party = "it-manager"
channel = "mari"
working_hours = "00:00-24:00"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
[[person]]
name = "Jaan Kask"
party = "partner"
channel = "jaan"
working_days = ["{other_day}"]
[party.partner]
lead = "Jaan Kask"
fallback = "desk"
"""


@pytest.fixture
def people():
    receivers = {name: Webhook() for name in ("mari", "jaan", "desk")}
    yield receivers
    for receiver in receivers.values():
        receiver.close()


def told(receiver, title):
    return [r for r in receiver.requests if r.body["issue"]["title"] == title]


def test_a_message_goes_to_who_is_there_or_to_the_fallback(make_collector, people):
    in_three_days = (datetime.date.today() + datetime.timedelta(days=3)).strftime("%a").lower()
    urls = {name: receiver.url for name, receiver in people.items()}
    collector = make_collector(CONFIG.format(other_day=in_three_days, **urls)).start()
    report = lambda title, party: collector.json("issue", "create", "--site", "main", "--title", title, "--severity", "high", "--party", party)

    report("a decision", "it-manager")
    mine = wait_until(lambda: told(people["mari"], "a decision"), "Mari is told", deadline=30)[0]
    assert mine.body["issue"]["evidence"]["details"]["on duty"] == "Mari Mets", mine.body
    report("a fault", "partner")
    fallback = wait_until(lambda: told(people["desk"], "a fault"), "the desk is told", deadline=30)[0]
    assert fallback.body["issue"]["evidence"]["details"]["on duty"] == 'nobody, so this went to "desk"', fallback.body
    assert not people["jaan"].requests and len(people["mari"].requests) == 1 and len(people["desk"].requests) == 1
