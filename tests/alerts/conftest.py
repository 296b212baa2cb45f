"""Services that answer on this machine: nothing leaves it."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml


class Listener(ThreadingHTTPServer):
    """What arrived, as (path, JSON); what it answers can be set."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Hook)
        self.arrived: list[tuple[str, dict]] = []
        self.answer, self.hangs = 200, threading.Event()

    @property
    def base(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def titles(self) -> list[str]:
        return [told["title"] for _, told in self.arrived]


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.answer == 200:
            self.server.arrived.append((self.path, told))
        self.send_response(self.server.answer)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *given):
        pass


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to receive letters."""

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            if line.lower() == "data":
                self.say("354 go on")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(letter.decode())
            self.say("221 bye" if line.lower() == "quit" else "250 ok")
            if line.lower() == "quit":
                return

    def say(self, line: str):
        self.wfile.write(f"{line}\r\n".encode())


class PostOffice(socketserver.ThreadingTCPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Post)
        self.letters: list[str] = []


def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def listener():
    yield from running(Listener())


@pytest.fixture
def post_office():
    yield from running(PostOffice())


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Reads settings with these alerts, of a company with a daily refresh."""
    from orchestration.settings import load_settings

    config = tmp_path / "config"
    config.mkdir()
    sources = {"company": {"name": "福记 Fook Kee", "currency": "CNY"}, "feeds": {"orders": {"path": "orders.csv"}}}
    (config / "sources.yml").write_text(yaml.safe_dump(sources))
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_CONFIG", str(config))

    def read(*targets, page=None):
        (config / "alerts.yml").write_text(yaml.safe_dump({"targets": list(targets), "page": page}))
        return load_settings()

    return read
