"""Messages to the group robots of WeCom and DingTalk. The address comes from a person, so it is not trusted."""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings

from events.models import Robot

CONNECT_SECONDS = 5
LONGEST_ANSWER = 65_536
USER_AGENT = "saihan"


class UnsafeAddress(Exception):
    """We send nothing there: no https, no such host, or one inside our own network."""


class RobotRefused(Exception):
    """It answered, and not with success; `code` is HTTP's or its own."""

    def __init__(self, code: int | str):
        super().__init__(code)
        self.code = code


def check_address(url: str) -> tuple[SplitResult, str]:
    """The parts of the URL and the network address to connect to; raises UnsafeAddress.

    Every address of the host must be a public one, and the one checked is the one used: a name that points
    elsewhere a moment later leads nowhere.
    """
    anywhere = settings.NOTICE_PRIVATE_WEBHOOKS
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        host.encode("idna")
    except ValueError:
        raise UnsafeAddress("not a URL") from None
    if not url.isascii() or not url.isprintable() or " " in url:
        raise UnsafeAddress("not a URL")
    if parts.scheme not in (("https", "http") if anywhere else ("https",)) or not host or parts.username is not None:
        raise UnsafeAddress("not https")
    try:
        found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise UnsafeAddress("no such host") from None
    if not found or not (anywhere or all(_is_public(address) for address in found)):
        raise UnsafeAddress("inside our network")
    return parts, found[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.split("%")[0])
    inner = [getattr(address, name, None) for name in ("ipv4_mapped", "sixtofour")]
    if teredo := getattr(address, "teredo", None):
        inner += teredo
    if address.version == 6 and address in ipaddress.ip_network("64:ff9b::/96"):
        inner.append(ipaddress.ip_address(int(address) & 0xFFFFFFFF))
    return all(one.is_global and not one.is_multicast for one in [address, *filter(None, inner)])


def post_to_robot(*, robot: str, url: str, secret: str, title: str, text: str) -> None:
    """Say it in the group; raises UnsafeAddress, RobotRefused or what the network raises."""
    parts, address = check_address(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if robot == Robot.DINGTALK:
        content = {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
        target += _signature(secret, "&" if parts.query else "?") if secret else ""
    else:
        content = {"msgtype": "markdown", "markdown": {"content": text}}
    answer = _post(parts, address, target, json.dumps(content, ensure_ascii=False).encode())
    if not isinstance(answer, dict) or (code := answer.get("errcode")) is None:
        raise RobotRefused("no errcode")
    if code != 0:
        raise RobotRefused(code if isinstance(code, int) else "errcode")


def _signature(secret: str, joint: str) -> str:
    """DingTalk's: HMAC-SHA256 of the time in milliseconds and the secret, under the secret."""
    moment = str(int(time.time() * 1000))
    digest = hmac.digest(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256)
    return f"{joint}timestamp={moment}&sign={quote(base64.b64encode(digest), safe='')}"


def _post(parts: SplitResult, address: str, target: str, body: bytes) -> Any:
    """What the server answers, as JSON, within NOTICE_WEBHOOK_SECONDS in all, however slowly it drips."""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    line = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
    if secure:
        context = ssl.create_default_context()
        line = context.wrap_socket(line, server_hostname=parts.hostname, do_handshake_on_connect=False)
    hang_up = threading.Timer(settings.NOTICE_WEBHOOK_SECONDS, _hang_up, [line])
    hang_up.daemon = True
    hang_up.start()
    connection = http.client.HTTPConnection(parts.hostname, port)
    connection.sock = line
    try:
        if secure:
            line.do_handshake()
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "Connection": "close",
        }
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        if response.status != 200:  # a redirect is none of the robot's answers and is not followed
            raise RobotRefused(response.status)
        return json.loads(response.read(LONGEST_ANSWER))
    finally:
        hang_up.cancel()
        connection.close()


def _hang_up(line: socket.socket) -> None:
    """Wakes whoever waits for the other end."""
    try:
        socket.socket.shutdown(line, socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already
