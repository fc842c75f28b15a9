"""A real SMTP server (aiosmtpd): records mails; TLS by an authority of its own, logins, refusals on demand."""

import asyncio
import dataclasses
import email
import email.policy
import ssl
import subprocess

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from .prometheus import free_port
from .waiting import wait_until


class Authority:
    """A certificate authority with one certificate, for 127.0.0.1 and localhost."""

    def __init__(self, folder):
        self.ca_file = folder / "ca.pem"
        self._certificate, self._key = folder / "smtp.pem", folder / "smtp.key"
        names = folder / "names.ext"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")

        def openssl(*args):
            subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Test authority",
                "-keyout", folder / "ca.key", "-out", self.ca_file)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1",
                "-keyout", self._key, "-out", folder / "smtp.csr")
        openssl("x509", "-req", "-in", folder / "smtp.csr", "-CA", self.ca_file, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", names, "-out", self._certificate)

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate, self._key)
        return context


@dataclasses.dataclass
class Mail:
    sender: str
    to: list
    raw: bytes
    message: email.message.EmailMessage
    was_encrypted: bool
    user: str

    def text(self, kind="plain"):
        return self.message.get_body((kind,)).get_content()


class SmtpServer:
    """`refuse`: answers to recipients, by address. `data_answers`: answers to mails, one a mail, then 250."""

    def __init__(self, authority=None, implicit_tls=False, user=None, password=None, token=None):
        self.mails = []
        self.attempts = []  # Message-IDs, refused ones too
        self.refuse = {}
        self.data_answers = []
        self.user, self.password, self.token = user, password, token
        context = authority.server_context() if authority else None
        options = {"enable_SMTPUTF8": False}
        if user:
            options.update(authenticator=self._check_login, auth_required=True, auth_require_tls=bool(context) and not implicit_tls)
            if token:
                options["auth_exclude_mechanism"] = ["LOGIN", "PLAIN"]
        if context and not implicit_tls:
            options.update(tls_context=context, require_starttls=True)
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), ssl_context=context if implicit_tls else None, **options)
        self._controller.start()

    @property
    def address(self):
        return f"127.0.0.1:{self._controller.port}"

    def close(self):
        self._controller.stop()

    def wait_for(self, count, deadline=60):
        return wait_until(lambda: len(self.mails) >= count and list(self.mails), f"{count} mails", deadline)

    def _check_login(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (self.user, self.password)
        if good:
            session.who = self.user
        return AuthResult(success=good, handled=False)

    async def auth_XOAUTH2(self, server, args):
        blob = await server.challenge_auth("")
        wanted = f"user={self.user}\x01auth=Bearer {self.token}\x01\x01".encode()
        good = bool(self.token) and blob == wanted
        if good:
            server.session.who = self.user
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.attempts.append(message["Message-ID"])
        answer = self.data_answers.pop(0) if self.data_answers else "250 2.0.0 Ok: queued as TEST"
        if answer == "hang":
            await asyncio.sleep(300)
        if answer.startswith("250"):
            encrypted = session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None
            self.mails.append(Mail(envelope.mail_from, envelope.rcpt_tos, envelope.content, message, encrypted, getattr(session, "who", "")))
        return answer
