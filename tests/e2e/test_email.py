"""Issues as mail, by a real SMTP server with TLS and logins."""

import json
import re

import pytest
from support.disks import small_disk
from support.smtp import Authority, SmtpServer
from support.waiting import wait_until
from support.webhook import Webhook

USER, PASSWORD = "steward@company.example", "open sesame"

DISK = """
[agents]
interval = "1s"
[rules.disk-space-low]
raise = "0s"
clear = "0s"
[rules.disk-fill-forecast]
enabled = false
"""


@pytest.fixture
def authority(folder):
    return Authority(folder)


@pytest.fixture
def make_server(started):
    servers = []

    def make(*args, **options):
        servers.append(SmtpServer(*args, **options))
        return servers[-1]
    yield make
    for server in servers:
        server.close()


def channel(server, folder, security="starttls", to=("it@company.example",), login=True, ca_file=None, more=""):
    password = folder / "password"
    password.write_text(PASSWORD)
    lines = ["[[channel]]", 'name = "mail"', 'type = "email"', f'server = "{server}"', f'security = "{security}"',
             'from = "steward@company.example"', f"to = {json.dumps(list(to))}"]
    if login:
        lines += [f'user = "{USER}"', f'secret_file = "{password}"']
    if ca_file:
        lines.append(f'ca_file = "{ca_file}"')
    return "\n".join([*lines, more, ""])


def tell(collector):
    """channel test: (whether it was delivered, what it says)."""
    result = collector.ctl("channel", "test", "mail", deadline=90)
    assert result.returncode == (0 if "Delivered" in result.stdout else 1), result
    return result.returncode == 0, result.stdout + result.stderr


def test_an_issue_is_one_thread_of_mails_over_tls_with_a_login(folder, authority, make_server, make_collector, make_agent):
    server = make_server(authority, user=USER, password=PASSWORD)
    config = channel(server.address, folder, to=("it@company.example", "boss@company.example"), ca_file=authority.ca_file) + DISK + """
[delivery]
public_url = "https://steward.company.example/"
"""
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(config).start()
        make_agent().enroll(collector.token("--class", "server")).start()
        collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        disk.fill()
        mine = lambda: [m for m in server.mails if str(disk.path) in m.text()]
        opened = wait_until(mine, "the mail", deadline=60)[0]
        link = re.search(r"^https://steward.company.example(/issues/[0-9a-f]+\?until=\d+&sign=[0-9a-f]+)\r?$", opened.text(), re.MULTILINE)
        assert str(disk.path) in collector.get(link[1]), "the page of the issue"
        disk.empty()
        resolved = wait_until(lambda: [m for m in mine() if m.text().startswith("RESOLVED")], "the end as mail", deadline=60)[0]
    assert opened.was_encrypted and opened.user == USER
    assert opened.sender == "steward@company.example" and opened.to == ["it@company.example", "boss@company.example"]
    assert opened.message["To"] == "it@company.example, boss@company.example"
    assert opened.message["Message-ID"] != resolved.message["Message-ID"]
    assert opened.message["References"] == resolved.message["References"] == resolved.message["In-Reply-To"]
    assert resolved.message["Subject"] == "Re: " + opened.message["Subject"]
    text = opened.text()
    order = [text.index(word) for word in ("Since: ", "Evidence: now ", "If nothing is done: ", "Next: ", "Whose move: Partner, by ")]
    assert order == sorted(order)
    assert "<table>" in opened.text("html") and str(disk.path) in opened.text("html")
    assert not opened.message.defects


def test_a_mail_that_is_not_taken_is_sent_after_a_kill_with_the_same_message_id(folder, make_server, make_collector, make_agent):
    server = make_server()
    server.data_answers = ["451 4.3.0 try later"] * 3
    config = channel(server.address, folder, security="none", login=False) + DISK
    with small_disk(folder, "volume", 64) as disk:
        collector = make_collector(config).start()
        make_agent().enroll(collector.token("--class", "server")).start()
        collector.wait_for_machine()
        wait_until(lambda: str(disk.path) in collector.get("/metrics"), "the file system in the exposition")
        disk.fill()
        first = wait_until(lambda: server.attempts, "a first attempt", deadline=60)[0]
        collector.kill()
        server.data_answers = []
        collector.start()
        wait_until(lambda: [m for m in server.mails if m.message["Message-ID"] == first], "the mail after all", deadline=90)
    assert server.attempts.count(first) >= 2


def test_tls_from_the_first_byte(folder, authority, make_server, make_collector):
    server = make_server(authority, implicit_tls=True, user=USER, password=PASSWORD)
    collector = make_collector(channel(server.address, folder, security="tls", ca_file=authority.ca_file)).start()
    delivered, said = tell(collector)
    assert delivered and "250 2.0.0 Ok: queued as TEST" in said, said
    mail = server.mails[0]
    assert mail.was_encrypted and mail.user == USER
    assert "Nothing is wrong, nothing has to be done." in mail.text()


def test_each_refusal_is_told_with_its_remedy(folder, authority, make_server, make_collector):
    with_login = make_server(authority, user=USER, password="another")
    plain = make_server()
    trusted = {"ca_file": authority.ca_file}
    cases = {
        "login": (channel(with_login.address, folder, **trusted), "535", "password"),
        "anonymous": (channel(with_login.address, folder, login=False, **trusted), "530", "set user"),
        "certificate": (channel(with_login.address, folder), "certificate", "ca_file"),
        "no-starttls": (channel(plain.address, folder, login=False), "no answer", "offers no STARTTLS"),
        "nobody": (channel("127.0.0.1:1", folder, login=False), "no answer", "Check host and port"),
        "name": (channel("mail.nowhere.invalid:587", folder, login=False), "no answer", "host name"),
        "recipient": (channel(plain.address, folder, security="none", login=False, to=["gone@company.example"]), "550 5.1.1 no such user", "addresses in to"),
        "greylist": (channel(plain.address, folder, security="none", login=False, to=["slow@company.example"]), "450 4.7.1 greylisted", "come again later"),
    }
    plain.refuse = {"gone@company.example": "550 5.1.1 no such user", "slow@company.example": "450 4.7.1 greylisted"}
    for name, (config, answer, remedy) in cases.items():
        collector = make_collector(config, name=name).start()
        delivered, said = tell(collector)
        assert not delivered and answer in said and remedy in said, f"{name}: {said}"
        collector.stop()


def test_one_wrong_address_keeps_nobody_else_from_being_told(folder, make_server, make_collector):
    server = make_server()
    server.refuse = {"gone@company.example": "550 5.1.1 no such user"}
    config = channel(server.address, folder, security="none", login=False, to=["gone@company.example", "it@company.example"])
    delivered, said = tell(make_collector(config).start())
    assert delivered and "not for everybody: 550 5.1.1 no such user" in said, said
    assert server.mails[0].to == ["it@company.example"]


def test_a_login_by_a_token_that_is_fetched(folder, authority, make_server, make_collector):
    server = make_server(authority, user=USER, token="a-token")
    with_answer = TokenServer({"access_token": "a-token", "expires_in": 3600})
    oauth = f'oauth = {{ token_url = "{with_answer.url}", client_id = "id 1", scope = "https://mail.example/.default" }}'
    collector = make_collector(channel(server.address, folder, ca_file=authority.ca_file, more=oauth)).start()
    try:
        for _ in range(2):
            delivered, said = tell(collector)
            assert delivered, said
        assert len(with_answer.forms) == 1, "a token that is good is kept"
        assert with_answer.forms[0] == b"grant_type=client_credentials&client_id=id%201&client_secret=open%20sesame&scope=https%3A%2F%2Fmail.example%2F.default"
        assert server.mails[0].user == USER
        server.token = "another"  # this one has been taken back
        with_answer.answer = (401, {"error": "invalid_client"})
        delivered, said = tell(collector)
        assert not delivered and "535" in said, said
        delivered, said = tell(collector)
        assert not delivered and "invalid_client" in said and "Check client_id" in said, said
    finally:
        with_answer.close()


class TokenServer(Webhook):
    """Gives access tokens."""

    def __init__(self, token):
        super().__init__()
        self.answer = (200, token)
        self.forms = []
        receiver = self
        handler = self._server.RequestHandlerClass

        def post(request):
            receiver.forms.append(request.rfile.read(int(request.headers["Content-Length"])))
            status, body = receiver.answer
            raw = json.dumps(body).encode()
            request.send_response(status)
            request.send_header("Content-Type", "application/json")
            request.send_header("Content-Length", str(len(raw)))
            request.end_headers()
            request.wfile.write(raw)
        handler.do_POST = post
