"""`/metrics` on loopback, made anew for each question; nothing else is served."""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

LOOPBACK = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: every question would be a line."""


def serve(collect: Callable[[], CollectorRegistry], port: int, say: Callable[[str], None]) -> None:
    """Answer until the process is stopped. port: 0 takes a free one; what is taken is said."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/metrics\n"]
        content = generate_latest(collect())
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [content]

    with make_server(LOOPBACK, port, answer, handler_class=_Quiet) as server:
        say(f"metrics on http://{LOOPBACK}:{server.server_port}/metrics")
        server.serve_forever()
