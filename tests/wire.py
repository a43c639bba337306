"""A wire between client and server that can be cut, or fall silent, after so many bytes."""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager


class Wire:
    """Forwards connections of a port of loopback to a server's; counts what the server sends."""

    def __init__(self, server_port: int) -> None:
        """server_port: on loopback."""
        self._target = ("127.0.0.1", server_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.received = 0
        self._left: int | None = None
        self._is_cut = True
        self._then: Callable[[], None] | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def break_after(self, count: int) -> None:
        """After so many bytes from the server, connections are closed without a word."""
        self._left, self._is_cut = count, True

    def fall_silent_after(self, count: int) -> None:
        """After so many bytes from the server, nothing comes any more; connections stay open."""
        self._left, self._is_cut = count, False

    def mend(self) -> None:
        """Everything passes again, on new connections."""
        self._left = None

    def on_passing(self, count: int, do: Callable[[], None]) -> None:
        """After so many bytes from the server, something is done once; what comes then passes."""
        self._left, self._then = count, do

    def close(self) -> None:
        """Listen no longer."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            for ends in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._forward, args=ends, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        try:
            while block := source.recv(65536):
                if is_answer:
                    if self._left is not None and self._left < len(block) and self._then:
                        do, self._then, self._left = self._then, None, None
                        do()
                    if self._left is not None and self._left < len(block):
                        target.sendall(block[: self._left])
                        self._left = 0
                        if not self._is_cut:
                            return  # the other end waits
                        break
                    if self._left is not None:
                        self._left -= len(block)
                    self.received += len(block)
                target.sendall(block)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def wire_to(server_port: int) -> Generator[Wire]:
    """A wire to a server on loopback."""
    wire = Wire(server_port)
    try:
        yield wire
    finally:
        wire.close()
