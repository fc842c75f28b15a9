"""What the company checks itself: programs of its own, an exporter on this machine, services that the collector names."""

import http.server
import os
import ssl
import subprocess
import threading
import time

import pytest

from support.agent import Agent
from support.collector import select
from support.waiting import wait_until

NAGIOS = "#!/bin/sh\necho 'DISK WARNING - 12% free | /srv=900MB;800;950 used=88%'\necho 'and a long text'\nexit 1\n"
LOCAL = "#!/bin/sh\necho 'P \"Print queue\" jobs=40;30;50|age=2 40 jobs wait'\necho '0 Scanner - all is well'\n"
ENDLESS = "#!/bin/sh\nsleep 86397 &\nsleep 86397\n"
EXPOSED = """# HELP pg_up Whether the server answers.
# TYPE pg_up gauge
pg_up 1
# TYPE pg_stat_commits_total counter
pg_stat_commits_total{datname="shop",instance="x"} 12 1700000000000
go_goroutines 9
# EOF
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="checks are run only if they belong to root")


class Exporter(http.server.ThreadingHTTPServer):
    def __init__(self, context=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = EXPOSED.encode()
                self.send_response(200 if self.path == "/metrics" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def unknown_authority(folder):
    """A server whose certificate nobody vouches for; it ends in ten days."""
    certificate = folder / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10",
                    "-subj", "/CN=127.0.0.1", "-keyout", certificate, "-out", folder / "server.crt"], check=True, capture_output=True)
    with open(certificate, "a") as whole:
        whole.write((folder / "server.crt").read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Exporter(context)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def exporter():
    server = Exporter()
    yield server
    server.shutdown()
    server.server_close()


def start_agent(folder, started, collector, settings):
    config = folder / "agent.toml"
    config.write_text(settings)
    agent = Agent(folder, "own", arguments=["--config", config])
    started.append(agent)
    return agent.enroll(collector.token("--class", "server")).start()


def one(collector, name, **labels):
    """The only value of such a series, or None."""
    values = list(select(collector.metrics(), name, **labels).values())
    return values[0] if len(values) == 1 else None


def processes(name):
    found = 0
    for entry in os.listdir("/proc"):
        try:
            found += entry.isdigit() and open(f"/proc/{entry}/cmdline").read().replace("\0", " ").startswith(name)
        except OSError:
            pass
    return found


@needs_root
def test_checks_of_the_company_itself(collector, folder, started):
    checks = folder / "checks.d"
    checks.mkdir(mode=0o755)
    for name, text in {"disk": NAGIOS, "printers": LOCAL, "endless": ENDLESS, "anybody": NAGIOS}.items():
        (checks / name).write_text(text)
        (checks / name).chmod(0o755)
    (checks / "anybody").chmod(0o777)
    agent = start_agent(folder, started, collector,
                        f'[checks]\ndirectory = "{checks}"\ninterval = "5s"\n[[check]]\nname = "endless"\ninterval = "1m"\ndeadline = "10s"\n')

    def status(check):
        return one(collector, "steward_check_status", check=check)

    def sampled():
        return one(collector, "node_time_seconds") or 0

    wait_until(lambda: processes("sleep 86397") > 0 and sampled(), "the check that never ends has begun", deadline=60)
    before = sampled()
    wait_until(lambda: sampled() > before + 2, "sampling goes on meanwhile")
    assert processes("sleep 86397") > 0, "it has not been ended yet"
    wait_until(lambda: status("endless") == 3, "the check that never ends", deadline=60)
    wait_until(lambda: processes("sleep 86397") == 0, "its processes have ended", deadline=30)
    wait_until(lambda: [status(check) for check in ("disk", "Print queue", "Scanner", "anybody")] == [1, 1, 0, 3], "the others")
    values = {(dict(labels)["check"], dict(labels)["metric"]): value
              for labels, value in select(collector.metrics(), "steward_check_value").items()}
    assert values == {("disk", "/srv"): 900 * 1024 * 1024, ("disk", "used"): 0.88, ("Print queue", "jobs"): 40, ("Print queue", "age"): 2}
    assert one(collector, "steward_check_duration_seconds", check="endless") >= 10
    log = agent.program.errors()
    assert log.count("anybody is not run: it must belong to root") == 1, "told once"
    assert "endless" in log


def test_an_exporter_and_services(make_collector, folder, started, exporter, unknown_authority):
    closed = Exporter()
    closed.shutdown()
    closed.server_close()
    collector = make_collector(f"""
[agents]
interval = "1s"
[[endpoint]]
name = "exporter"
url = "{exporter.url}/metrics"
[[endpoint]]
name = "missing page"
url = "{exporter.url}/nothing"
[[endpoint]]
name = "closed"
url = "{closed.url.replace('http', 'tcp')}"
[[endpoint]]
name = "untrusted"
url = "{unknown_authority.url.replace('http', 'https')}/metrics"
[[endpoint]]
name = "not for servers"
url = "{exporter.url}/"
from = ["class:laptop"]
""")
    collector.start()
    agent = start_agent(folder, started, collector, f"""
[[scrape]]
name = "postgres"
url = "{exporter.url}/metrics"
metrics = ["pg_up", "pg_stat_*"]
interval = "5s"
[[scrape]]
name = "gone"
url = "{closed.url}/metrics"
metrics = ["up"]
""")
    wait_until(lambda: one(collector, "steward_scrape_up", scrape="postgres") == 1, "the exporter's answer", deadline=60)
    wait_until(lambda: one(collector, "steward_scrape_up", scrape="gone") == 0, "no answer of the other")
    assert one(collector, "pg_up", scrape="postgres") == 1
    assert one(collector, "pg_stat_commits_total", datname="shop", exported_instance="x") == 12
    assert not select(collector.metrics(), "go_goroutines", scrape="postgres")

    wait_until(lambda: one(collector, "steward_endpoint_up", endpoint="exporter") == 1, "the service", deadline=60)
    assert one(collector, "steward_endpoint_http_status", endpoint="exporter") == 200
    assert one(collector, "steward_endpoint_duration_seconds", endpoint="exporter", phase="http") > 0
    wait_until(lambda: one(collector, "steward_endpoint_up", endpoint="closed") == 0, "the closed service")
    wait_until(lambda: one(collector, "steward_endpoint_up", endpoint="missing page") == 0, "the missing page")
    assert one(collector, "steward_endpoint_http_status", endpoint="missing page") == 404
    wait_until(lambda: one(collector, "steward_endpoint_up", endpoint="untrusted") == 0, "the server that is not trusted")
    end = one(collector, "steward_endpoint_certificate_not_after_timestamp_seconds", endpoint="untrusted")
    assert abs(end - time.time() - 10 * 86400) < 3600
    assert "untrusted: its certificate is not trusted" in agent.program.errors()
    assert not select(collector.metrics(), "steward_endpoint_up", endpoint="not for servers")
