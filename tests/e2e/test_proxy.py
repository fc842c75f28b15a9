"""An agent that reaches its collector only through a company's proxy."""

import pytest
from support import programs
from support.proxy import Proxy
from support.waiting import wait_until

COLLECTOR = "collector.invalid:7443"  # a name that only the proxy can resolve


@pytest.fixture
def proxy(collector):
    server = Proxy({COLLECTOR: collector.endpoints["agents"]})
    yield server
    server.close()


@pytest.fixture
def config(folder, proxy):
    path = folder / "agent.toml"
    path.write_text(f'[collector]\nproxy = "{proxy.address}"\n')
    return path


def test_enrolment_and_samples_go_through_the_proxy(collector, proxy, config, make_agent):
    agent = make_agent(arguments=["--config", config])
    agent.enroll(collector.token("--address", COLLECTOR), "--config", config).start()
    collector.wait_for_machine()
    assert set(proxy.asked) == {COLLECTOR}, "and nothing went past it"
    assert len(proxy.asked) == 3, "the look at the CA, the enrolment, the stream"

    proxy.cut()
    wait_until(lambda: len(proxy.asked) >= 4, "the agent comes back", 20 * programs.PATIENCE)
    asked = agent.status()["lastAcknowledgedTime"]
    wait_until(lambda: agent.status()["lastAcknowledgedTime"] > asked, "acknowledgements go on", 20 * programs.PATIENCE)


def test_a_proxy_that_refuses_is_named(collector, proxy, config, make_agent):
    proxy.status = 403
    refused = make_agent().try_enroll(collector.token("--address", COLLECTOR), "--config", config)
    assert refused.returncode == 1 and "proxy" in refused.stderr and "403" in refused.stderr, refused.stderr
    assert collector.machines() == []
