"""A partner's webhook: records what it gets; fails, hangs or refuses on demand."""

import dataclasses
import http.server
import json
import sys
import threading
import time

from .waiting import wait_until


@dataclasses.dataclass
class Request:
    time: float
    headers: dict  # lower-case names
    raw: bytes
    status: int    # what was answered; 0: nothing
    body: dict = dataclasses.field(default_factory=dict)


class Webhook:
    """Answers 200, or what `answers` holds, one entry a request: a status, (status, headers) or "hang"."""

    def __init__(self):
        self.requests = []
        self.answers = []
        self.always = 200
        self._lock = threading.Lock()
        self._closing = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers = receiver._next_answer()
                try:
                    body = json.loads(raw)
                except ValueError:
                    body = {}
                request = Request(time.time(), {k.lower(): v for k, v in self.headers.items()}, raw, status, body)
                with receiver._lock:
                    receiver.requests.append(request)
                if not status:
                    receiver._closing.wait(300)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                if not isinstance(sys.exc_info()[1], ConnectionError):  # a collector that was killed while it sent
                    super().handle_error(request, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def _next_answer(self):
        with self._lock:
            answer = self.answers.pop(0) if self.answers else self.always
        if answer == "hang":
            return 0, {}
        return answer if isinstance(answer, tuple) else (answer, {})

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def delivered(self, event=None, issue_type=None):
        """The requests that were answered with success, by event and type of issue."""
        with self._lock:
            requests = list(self.requests)
        return [r for r in requests if 200 <= r.status < 300
                and event in (None, r.body.get("event")) and issue_type in (None, r.body.get("issue", {}).get("type"))]

    def wait_for(self, event, issue_type, deadline=60):
        found = wait_until(lambda: self.delivered(event, issue_type), f"{event} {issue_type} at the webhook", deadline)
        return found[0]

    def close(self):
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
