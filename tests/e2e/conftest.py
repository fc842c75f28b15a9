"""Fixtures: a collector, agents and a webhook of the test's own; their logs are shown when it fails."""

import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from support.agent import Agent  # noqa: E402
from support.collector import Collector  # noqa: E402
from support.webhook import Webhook  # noqa: E402

QUICK = '[agents]\ninterval = "1s"\n'


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    setattr(item, "report_" + report.when, report)


@pytest.fixture
def folder(request):
    """A short path (Unix sockets have 107 bytes), removed afterwards; the logs are shown first if the test failed."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="steward-e2e-", dir=os.environ.get("STEWARD_TEST_DIR")))
    yield path
    failed = any(getattr(getattr(request.node, "report_" + when, None), "failed", False) for when in ("setup", "call"))
    if failed:
        for log in sorted(path.rglob("*.err")):
            text = log.read_text(errors="replace")
            print(f"--- {log.relative_to(path)} (last lines)\n" + "\n".join(text.splitlines()[-80:]), file=sys.stderr)
    if failed and os.environ.get("STEWARD_KEEP"):
        print(f"kept: {path}", file=sys.stderr)
    else:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def started(folder):
    """Whatever is put in here is killed at the end."""
    things = []
    yield things
    for thing in reversed(things):
        thing.kill()


@pytest.fixture
def make_collector(folder, started):
    def make(config=QUICK, name="collector", **options):
        place = folder / name
        place.mkdir(exist_ok=True)
        collector = Collector(place, config, **options)
        started.append(collector)
        return collector
    return make


@pytest.fixture
def collector(make_collector):
    return make_collector().start()


@pytest.fixture
def make_agent(folder, started):
    def make(name="agent", **options):
        agent = Agent(folder, name, **options)
        started.append(agent)
        return agent
    return make


@pytest.fixture
def agent(collector, make_agent):
    """Enrolled at the collector and running."""
    return make_agent().enroll(collector.token()).start()


@pytest.fixture
def webhook():
    receiver = Webhook()
    yield receiver
    receiver.close()


@pytest.fixture
def full():
    """Whether this is tests/run.sh --full: long runs are run whole."""
    return os.environ.get("STEWARD_FULL") == "1"
