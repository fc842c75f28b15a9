"""An HTTP proxy as companies have them: lets nothing through but CONNECT, and notes what it was asked for."""

import http.server
import select
import socket
import threading


class Proxy:
    """`asked` holds the targets in order. With `status` set to something else than 200 every request is refused with it."""

    def __init__(self, route=None):
        self.asked = []
        self.status = 200
        self.route = route or {}  # target as asked for -> where it really is: the agent need not know its name
        self._tunnels = []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self):
                proxy.asked.append(self.path)
                self.close_connection = True
                host, _, port = proxy.route.get(self.path, self.path).rpartition(":")
                if proxy.status != 200:
                    return self.send_error(proxy.status)
                try:
                    far = socket.create_connection((host, int(port)), timeout=10)
                except (OSError, ValueError):
                    return self.send_error(502)
                self.send_response(200, "Connection established")
                self.end_headers()
                proxy._tunnels.append(self.connection)
                _carry(self.connection, far)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def cut(self):
        """Ends every tunnel, as a proxy does that starts anew."""
        for tunnel in self._tunnels:
            try:
                tunnel.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._tunnels.clear()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self.cut()


def _carry(near, far):
    """Both directions, until one of them ends."""
    with far:
        while True:
            for readable in select.select([near, far], [], [])[0]:
                try:
                    data = readable.recv(65536)
                    if not data:
                        return
                    (far if readable is near else near).sendall(data)
                except OSError:
                    return
