"""Those who receive notices: a real SMTP server and a real HTTP server that answers as the group robots do."""

import json
import re
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller

IDENTITY = re.compile(r"通知编号 (\d+)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def identities(texts: list[str]) -> list[int]:
    """The notices' ids in the order in which they came."""
    return [int(found) for text in texts for found in IDENTITY.findall(text)]


class MailServer:
    """Keeps what it is given, and refuses the addresses in `refused`; `.stop()` takes it away, `.start()` brings it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.letters: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.controller: Controller | None = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        return [letter.get_content().replace("\r\n", "\n") for letter in self.letters]

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None


@dataclass
class Said:
    """One message to a robot."""

    path: str
    headers: dict[str, str]
    content: dict

    @property
    def text(self) -> str:
        said = self.content["markdown"]
        return said.get("content") or said["text"]


@dataclass
class RobotServer:
    """Keeps what it is told and answers with `status` and `answer`."""

    status: int = 200
    answer: bytes = b'{"errcode": 0, "errmsg": "ok"}'
    drip: float = 0  # seconds between the bytes of its answer
    headers: dict[str, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    asked: Counter = field(default_factory=Counter)
    url: str = ""

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.said]


def serve_robot(robot: RobotServer) -> ThreadingHTTPServer:
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            robot.asked["post"] += 1
            if robot.status == 200 and robot.answer == RobotServer.answer:
                robot.said.append(Said(self.path, dict(self.headers), content))
            self.send_response(robot.status)
            for name, value in robot.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for byte in robot.answer:
                    self.wfile.write(bytes([byte]))
                    if robot.drip:
                        self.wfile.flush()
                        stopped.wait(robot.drip)
            except OSError:
                return  # who asked has hung up

        def log_message(self, *args) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.stopped = stopped
    robot.url = f"http://127.0.0.1:{server.server_port}/robot?key=k"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def mail_server(settings):
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 10
    server.start()
    yield server
    server.stop()


@pytest.fixture
def robot():
    found = RobotServer()
    server = serve_robot(found)
    yield found
    server.stopped.set()
    server.shutdown()
    server.server_close()
