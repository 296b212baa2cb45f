"""A local HTTP server that answers as a test tells it to, and remembers what it was asked."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Question:
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What the server says; anything but bytes is written as JSON."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Server:
    url: str
    asked: list[Question]


@contextmanager
def answering(answer: Callable[[Question], Answer]) -> Iterator[Server]:
    asked: list[Question] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            question = Question(parts.path, dict(parse_qsl(parts.query)), dict(self.headers.items()))
            asked.append(question)
            said = answer(question)
            self.send_response(said.status)
            for key, value in {"Content-Length": str(len(said.content)), **said.headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(said.content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        server.server_close()
