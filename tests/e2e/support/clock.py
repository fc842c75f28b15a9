"""The test clock of programs started with --clock: time passes when the test says so."""

import socket

from .waiting import wait_until


class Clock:
    """Of one program. `argument` goes on its command line; the socket is there once it runs."""

    def __init__(self, path):
        self.path = str(path)
        self.argument = ["--clock", f"unix:{path}"]

    def advance(self, seconds):
        """Returns when what fell due has been done."""
        with wait_until(self._connect, "the test clock listens", every=0.02) as connection:
            connection.sendall(f"advance {seconds}s\n".encode())
            answer = connection.recv(256).decode()
        assert answer.startswith("ok "), answer

    def _connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(self.path)
        return connection
