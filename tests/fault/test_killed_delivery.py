"""The collector is killed at random moments while it stores, sends, waits to try again and collects: every notification of what
was answered as done arrives, and a repeat carries the key of the first.

STEWARD_SEED repeats a sequence (its timing is the machine's own), STEWARD_KILLS sets how often it is killed.
"""

import collections
import datetime
import json
import os
import random
import sys
import threading
import time

import pytest
from support.collector import Collector
from support.waiting import wait_until
from support.webhook import Webhook

AT_ONCE = 5  # people at work
CONFIG = """
[[channel]]
name = "partner"
type = "webhook"
url = "{url}"
"""
DIGEST = """
[delivery]
time_zone = "UTC"
morning = "{morning}"
working_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
[[channel]]
name = "team"
type = "slack"
url = "{url}"
[[route]]
channel = "team"
digest = "morning"
"""


@pytest.fixture
def chance():
    seed = int(os.environ.get("STEWARD_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}; to repeat: STEWARD_SEED={seed} pytest tests/fault/test_killed_delivery.py", file=sys.stderr)
    return random.Random(seed)


@pytest.fixture
def receiver():
    webhook = Webhook()
    yield webhook
    webhook.close()


class People(threading.Thread):
    """Report issues and close them, and remember what the collector said it has done."""

    def __init__(self, collector, name):
        super().__init__(daemon=True)
        self.collector, self.name_, self.done, self.ending, self.tried = collector, name, [], threading.Event(), 0

    def run(self):
        while not self.ending.is_set():
            self.tried += 1
            made = self.collector.ctl("--json", "issue", "create", "--site", "main", "--title", f"{self.name_} {self.tried}",
                                      "--severity", "high")
            if made.returncode != 0:
                continue  # it is down: nothing is promised
            issue = json.loads(made.stdout)["issue"]["id"]
            self.done.append((issue, "opened"))
            if self.collector.ctl("issue", "close", issue, "--reason", "a test").returncode == 0:
                self.done.append((issue, "resolved"))


def answers(chance, count):
    """What a receiver in trouble says."""
    kinds = [200, 503, (429, {"Retry-After": "1"}), "hang"]
    return chance.choices(kinds, weights=[70, 12, 6, 12], k=count)


def test_every_notification_arrives_through_kills(folder, started, chance, receiver):
    kills = int(os.environ.get("STEWARD_KILLS", "30"))
    receiver.answers = answers(chance, 100_000)
    (folder / "c").mkdir()
    collector = Collector(folder / "c", CONFIG.format(url=receiver.url))
    started.append(collector)
    collector.start()
    people = [People(collector, f"report {i}") for i in range(AT_ONCE)]
    for person in people:
        person.start()
    for _ in range(kills):
        time.sleep(chance.uniform(0, 1.5))  # the moment of the kill
        collector.kill()
        collector.start()
    for person in people:
        person.ending.set()
    for person in people:
        person.join()
    receiver.answers = []

    promised = {pair for person in people for pair in person.done}
    arrived = lambda: {(r.body["issue"]["id"], r.body["event"]) for r in receiver.delivered()}
    wait_until(lambda: promised <= arrived(), "everything promised", deadline=180)
    stored = {issue["id"] for issue in collector.issues("--all")}
    assert {issue for issue, _ in arrived()} <= stored, "something was told that is not so"
    wait_until(lambda: {(issue, "opened") for issue in stored} <= arrived(), "what was stored, but not answered any more", deadline=60)

    keys = collections.defaultdict(set)
    for request in receiver.requests:
        keys[(request.body["issue"]["id"], request.body["event"])].add(request.headers["idempotency-key"])
    assert all(len(found) == 1 for found in keys.values()), "a repeat has another key"
    assert len(set.union(*keys.values())) == len(keys), "two notifications have one key"
    assert collector.ctl("audit", "verify").returncode == 0
    print(json.dumps({"kills": kills, "promised": len(promised), "arrived": len(arrived()), "requests": len(receiver.requests),
                      "repeated": len(receiver.delivered()) - len(arrived()), "lost": 0}), file=sys.stderr)


def test_a_digest_arrives_through_kills(folder, started, chance, receiver):
    receiver.answers = ["hang", 503, "hang", "hang"] + answers(chance, 10_000)  # it has to be told again
    morning = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=20)
    morning = morning.replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)
    (folder / "c").mkdir()
    collector = Collector(folder / "c", DIGEST.format(url=receiver.url, morning=morning.strftime("%H:%M")))
    started.append(collector)
    collector.start()
    titles = [f"report {i:02}" for i in range(15)]
    for title in titles:
        collector.json("issue", "create", "--site", "main", "--title", title, "--severity", "medium")
    left = (morning - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert left > 5, "the digest has left before its time could come"
    assert not receiver.requests, "nothing leaves before the morning"
    time.sleep(left - 2)  # the digest's hour is the clock's
    for _ in range(15):
        collector.kill()
        collector.start()
        time.sleep(chance.uniform(0, 0.6))  # the moment of the kill
    receiver.answers = []

    bodies = lambda: {r.raw for r in receiver.delivered()}
    wait_until(lambda: all(any(title.encode() in body for body in bodies()) for title in titles), "the digest", deadline=180)
    sent = {r.raw for r in receiver.requests}
    assert len(sent) == 1, "one digest, and each repeat the same"
    print(json.dumps({"issues": len(titles), "requests": len(receiver.requests), "delivered": len(receiver.delivered())}), file=sys.stderr)
