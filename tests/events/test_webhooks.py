"""Robots of WeCom and DingTalk, and addresses that nothing is sent to."""

import base64
import hashlib
import hmac
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from events.notices.webhooks import RobotRefused, UnsafeAddress, check_address, post_to_robot


def say(url: str, kind: str = "wecom", secret: str = "") -> None:
    post_to_robot(robot=kind, url=url, secret=secret, title="题", text="文")


def test_wecom_takes_markdown_content(robot):
    say(robot.url)
    (said,) = robot.said
    assert (said.path, said.content) == ("/robot?key=k", {"msgtype": "markdown", "markdown": {"content": "文"}})
    assert said.headers["Content-Type"] == "application/json; charset=utf-8"
    assert said.headers["Host"] == urlsplit(robot.url).netloc


def test_dingtalk_takes_a_title_and_a_signature(robot):
    say(robot.url, "dingtalk", "SECabc")
    (said,) = robot.said
    assert said.content == {"msgtype": "markdown", "markdown": {"title": "题", "text": "文"}}
    query = parse_qs(urlsplit(said.path).query)
    moment = query["timestamp"][0]
    assert abs(int(moment) / 1000 - time.time()) < 60
    right = hmac.new(b"SECabc", f"{moment}\nSECabc".encode(), hashlib.sha256).digest()
    assert (query["key"], query["sign"]) == (["k"], [base64.b64encode(right).decode()])


def test_dingtalk_without_a_secret_signs_nothing(robot):
    say(robot.url, "dingtalk")
    assert robot.said[0].path == "/robot?key=k"


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}', 93000),
        (200, b"{}", "no errcode"),
        (200, b"[]", "no errcode"),
        (404, b"", 404),
        (500, b"", 500),
    ],
)
def test_anything_but_success_is_a_refusal(robot, status, answer, code):
    robot.status, robot.answer = status, answer
    with pytest.raises(RobotRefused) as refused:
        say(robot.url)
    assert refused.value.code == code


def test_a_redirect_is_not_followed(robot):
    robot.status, robot.headers = 302, {"Location": robot.url}
    with pytest.raises(RobotRefused):
        say(robot.url)
    assert robot.asked["post"] == 1


def test_an_answer_that_drips_is_cut_off(robot, settings):
    settings.NOTICE_WEBHOOK_SECONDS = 0.3
    robot.drip = 0.1
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        say(robot.url)


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.7/robot",  # not https
        "ftp://qyapi.weixin.qq.com/",
        "https://user:secret@1.1.1.1/",
        "https://1.1.1.1:99999/",
        "https:///robot",
        "https://1.1.1.1/a b",
        "https://1.1.1.1/\r\nHost:x",
        "https://企业/",
        "https://[::1",
        "https://127.0.0.1/robot",
        "https://127.1/robot",
        "https://2130706433/robot",
        "https://0.0.0.0/robot",
        "https://localhost/robot",
        "https://10.0.0.5/robot",
        "https://172.16.3.4/robot",
        "https://192.168.1.1/robot",
        "https://100.64.0.1/robot",
        "https://169.254.169.254/latest/meta-data",
        "https://224.0.0.1/robot",
        "https://[::1]/robot",
        "https://[::ffff:127.0.0.1]/robot",
        "https://[64:ff9b::7f00:1]/robot",
        "https://[2002:7f00:1::]/robot",
        "https://[fe80::1]/robot",
        "https://[fd00::1]/robot",
    ],
)
def test_in_production_nothing_goes_to_our_own_network_or_without_https(settings, url):
    settings.NOTICE_PRIVATE_WEBHOOKS = False
    with pytest.raises(UnsafeAddress):
        check_address(url)


def test_in_production_a_public_address_is_taken(settings):
    settings.NOTICE_PRIVATE_WEBHOOKS = False
    assert check_address("https://1.1.1.1/robot?key=1")[1] == "1.1.1.1"


def test_an_address_is_checked_again_at_each_message(settings, robot):
    settings.NOTICE_PRIVATE_WEBHOOKS = False
    with pytest.raises(UnsafeAddress):
        say(robot.url)
    assert robot.asked["post"] == 0


# Over TLS


def make_certificate(folder, name: str):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"errcode": 0}')

    def log_message(self, *args) -> None:
        """Says nothing."""


@pytest.fixture
def secure_server(tmp_path):
    """The port and the certificate of an https server named localhost."""
    certificate = make_certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = HTTPServer(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *args: None  # a client that hangs up is what one of these tests wants
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, certificate
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_knows_is_refused(secure_server):
    port, _certificate = secure_server
    with pytest.raises(ssl.SSLCertVerificationError):
        say(f"https://localhost:{port}/")


def test_a_certificate_for_another_name_is_refused(secure_server, monkeypatch):
    port, certificate = secure_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(ssl.SSLCertVerificationError):
        say(f"https://127.0.0.1:{port}/")


def test_a_certificate_that_is_known_is_taken(secure_server, monkeypatch):
    port, certificate = secure_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    say(f"https://localhost:{port}/")
