"""What is wrong with a site, or with the collector itself, is one issue of no machine."""

from support.waiting import wait_until
from support.webhook import Webhook

RULES = """
[agents]
interval = "1s"
[rules.endpoint-down]
raise = "0s"
clear = "0s"
[rules.collector-unhealthy]
raise = "0s"
[rules.collector-unhealthy.levels]
free_percent = 100
free_gb = 1000000
"""


def of_type(collector, name):
    return [issue for issue in collector.issues() if issue["type"] == name]


def test_a_service_that_does_not_answer_is_an_issue_of_the_site(make_collector, make_agent):
    webhook = Webhook()
    webhook.close()
    collector = make_collector(RULES + f"""
[[endpoint]]
name = "orders"
url = "{webhook.url.replace('http', 'tcp').rsplit('/', 1)[0]}"
vital = true
""").start()
    make_agent().enroll(collector.token("--class", "server")).start()
    machine = collector.wait_for_machine()
    issue = wait_until(lambda: next(iter(of_type(collector, "endpoint-down")), None), "the issue", deadline=60)
    assert issue["severity"] == "critical"
    assert issue["subject"] == "orders"
    assert not issue.get("machineId")
    assert machine["hostName"] in issue["summary"], "who sees it is said"
    # The rules tell that they go round, and what they reach.
    metrics = collector.metrics()
    judged = metrics[("steward_rules_observations_total", frozenset({("result", "judged")}))]
    assert judged > 0
    assert metrics[("steward_rules_last_tick_timestamp_seconds", frozenset())] > 0
    assert ("steward_rule_machines", frozenset({("type", "endpoint-down")})) in metrics


def test_the_collector_says_that_it_is_at_risk(make_collector):
    collector = make_collector(RULES).start()
    issue = wait_until(lambda: next(iter(of_type(collector, "collector-unhealthy")), None), "the issue", deadline=90)
    assert issue["severity"] == "high"
    assert issue["subject"] == "disk"
    assert "store" in issue["summary"]
