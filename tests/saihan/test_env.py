"""A wrong value stops the start with one sentence that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from saihan import env

SPARE = "c2FpaGFuLXRlc3Qta2V5LW9mLTMyLWJ5dGVzLWxvbmc="  # always the same, for it names a test
PRODUCTION = {
    "SAIHAN_ENV": "production",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "FIELD_KEYS": "3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs=",
    "AUDIT_KEYS": "HBoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAO--rd4=",
    "ALLOWED_HOSTS": "saihan.example",
    "DATABASE_URL": "sqlite:////tmp/saihan-test-of-production.sqlite3",
    "BROKER_URL": "redis://127.0.0.1/0",
}


@pytest.mark.parametrize("value", ["saihan.example", ".saihan.example,10.0.0.7", "[::1]", "web_1"])
def test_hosts(monkeypatch, value):
    monkeypatch.setenv("ALLOWED_HOSTS", value)
    assert env.hosts("ALLOWED_HOSTS") == value.split(",")


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("1", True), ("Off", False), ("", False)])
def test_flag(monkeypatch, value, expected):
    monkeypatch.setenv("DEBUG", value)
    assert env.flag("DEBUG") is expected


@pytest.mark.parametrize("value", ["yes please", "ture", "2"])
def test_flag_refuses_a_slip(monkeypatch, value):
    monkeypatch.setenv("DEBUG", value)
    with pytest.raises(SystemExit, match=r"^DEBUG is .* must be true or false\.$"):
        env.flag("DEBUG")


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80a", "８０", pytest.param("9" * 5000, id="endless")])
def test_port_refuses(monkeypatch, value):
    monkeypatch.setenv("PORT", value)
    with pytest.raises(SystemExit, match=r"^PORT is .* must be a port number from 1 to 65535\.$"):
        env.port("PORT", 8000)


def test_port_default():
    assert env.port("NO_SUCH_PORT", 8000) == 8000


def test_sqlite_url(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/saihan.sqlite3")
    entry = env.database("DATABASE_URL", None)
    assert entry["NAME"] == f"{tmp_path}/saihan.sqlite3"
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_postgres_url(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://us%40er:p%2Fw%3A@db.example:5433/saihan?sslmode=require")
    entry = env.database("DATABASE_URL", None)
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"]) == ("us@er", "p/w:", "db.example", "5433")
    assert entry["OPTIONS"] == env.PLANNING | {"sslmode": "require"}
    assert entry["CONN_HEALTH_CHECKS"]


def test_postgres_url_with_a_socket(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://saihan@/saihan?host=/run/postgresql")
    assert env.database("DATABASE_URL", None)["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(
    "value",
    [
        "mysql://u:p@h/n",
        "sqlite://",
        "sqlite://host/path",
        "sqlite:////no/such/folder/db",
        "postgres://h",
        "postgres://u:p@h:port/n",
        "postgres://u:p@h:99999/n",
        "postgres://u:p@h/n?ssl=yes",
        "postgres://[/n",
        "saihan.sqlite3",
        "sqlite:////tmp",
    ],
)
def test_database_refuses(monkeypatch, value):
    monkeypatch.setenv("DATABASE_URL", value)
    with pytest.raises(SystemExit, match=r"^DATABASE_URL .*\.$"):
        env.database("DATABASE_URL", None)


def test_a_refusal_never_repeats_a_password(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://saihan:s3cret@h:x/n")
    with pytest.raises(SystemExit) as refusal:
        env.database("DATABASE_URL", None)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    "value", ["redis://h/0", "rediss://:pw@h:6380/1", "redis+socket:///run/redis.sock", "amqp://u:p@h:5672//"]
)
def test_broker(monkeypatch, value):
    monkeypatch.setenv("BROKER_URL", value)
    assert env.broker("BROKER_URL", None) == value


@pytest.mark.parametrize(
    "value",
    ["memory://", "redis://", "redis+socket://x", "redis+socket:///" + "x" * 120, "amqp://h:x/", "redis://h/first"],
)
def test_broker_refuses(monkeypatch, value):
    monkeypatch.setenv("BROKER_URL", value)
    with pytest.raises(SystemExit, match=r"^BROKER_URL .*\.$"):
        env.broker("BROKER_URL", None)


def test_email(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "smtps://saihan%40example.cn:pw@smtp.example.cn")
    entry = env.email("EMAIL_URL")
    assert (entry["EMAIL_HOST_USER"], entry["EMAIL_PORT"], entry["EMAIL_USE_SSL"]) == ("saihan@example.cn", 465, True)


@pytest.mark.parametrize("value", ["http://h", "smtp://", "smtp://h:x", "smtp://h/path"])
def test_email_refuses(monkeypatch, value):
    monkeypatch.setenv("EMAIL_URL", value)
    with pytest.raises(SystemExit, match=r"^EMAIL_URL .*\.$"):
        env.email("EMAIL_URL")


def test_the_development_key_is_made_once(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    keep = tmp_path / "secret_key"
    first = env.secret_key("SECRET_KEY", required=False, keep=keep)
    assert len(first) >= 50
    assert keep.stat().st_mode & 0o777 == 0o600
    assert env.secret_key("SECRET_KEY", required=False, keep=keep) == first
    assert list(tmp_path.iterdir()) == [keep]


def test_the_development_field_key_is_made_once_and_encrypts(monkeypatch, tmp_path):
    monkeypatch.delenv("FIELD_KEYS", raising=False)
    keep = tmp_path / "field_keys"
    [first] = env.keys("FIELD_KEYS", required=False, keep=keep)
    assert Fernet(first).decrypt(Fernet(first).encrypt(b"text")) == b"text"
    assert keep.stat().st_mode & 0o777 == 0o600
    assert env.keys("FIELD_KEYS", required=False, keep=keep) == [first]


def test_field_keys_newest_first(monkeypatch, tmp_path):
    keys = [Fernet.generate_key().decode() for _key in range(3)]
    monkeypatch.setenv("FIELD_KEYS", ", ".join(keys))
    assert env.keys("FIELD_KEYS", required=True, keep=tmp_path / "unused") == keys
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "value", ["a" * 43 + "=", "x" * 44, PRODUCTION["FIELD_KEYS"][:-1], "密" * 44, f"{SPARE},", f"{SPARE},{SPARE}"]
)
def test_field_keys_refuse_without_repeating_the_value(monkeypatch, tmp_path, value):
    monkeypatch.setenv("FIELD_KEYS", value)
    with pytest.raises(SystemExit) as stopped:
        env.keys("FIELD_KEYS", required=True, keep=tmp_path / "unused")
    assert str(stopped.value).startswith("FIELD_KEYS holds ")
    assert value not in str(stopped.value)


def test_an_old_key_that_only_verifies_is_its_public_half(monkeypatch, tmp_path):
    key = Fernet.generate_key().decode()
    value = f"{key}, pub:{'A' * 43}="
    monkeypatch.setenv("AUDIT_KEYS", value)
    assert env.keys("AUDIT_KEYS", required=True, keep=tmp_path / "unused", public=True) == value.split(", ")
    for wrong, public in ((value, False), (f"pub:{'A' * 43}=", True), (f"{key}, pub:x", True)):
        monkeypatch.setenv("AUDIT_KEYS", wrong)
        with pytest.raises(SystemExit, match="AUDIT_KEYS holds a key"):
            env.keys("AUDIT_KEYS", required=True, keep=tmp_path / "unused", public=public)


def start(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess:
    """Run a command of the project with only these variables set."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *command],
        env={**clean, "SAIHAN_VAR": str(folder), **variables},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )


STARTS = {
    "manage": ["manage.py", "check"],
    "web": ["-m", "gunicorn", "saihan.wsgi", "--bind", "unix:/nonexistent/web.sock"],
    "worker": ["-m", "celery", "-A", "saihan", "worker"],
    "run": ["-m", "saihan.run"],
}


@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS.keys())
def test_every_start_stops_with_one_sentence(command, tmp_path):
    done = start(command, tmp_path, SAIHAN_ENV="staging", PORT="18999")
    assert done.returncode != 0
    assert done.stderr == "SAIHAN_ENV is 'staging', and must be development or production.\n"


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "FIELD_KEYS", "AUDIT_KEYS", "ALLOWED_HOSTS", "DATABASE_URL", "BROKER_URL"]
)
def test_production_needs(name, tmp_path):
    variables = {key: value for key, value in PRODUCTION.items() if key != name}
    done = start(["manage.py", "check"], tmp_path, **variables)
    assert done.returncode != 0
    assert done.stderr == f"{name} is not set, and it is needed when SAIHAN_ENV is production.\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "true"),
        ("SECRET_KEY", "short"),
        ("FIELD_KEYS", "short"),
        ("AUDIT_KEYS", "short"),
        ("FIELD_KEYS", PRODUCTION["FIELD_KEYS"] + ",short"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "https://saihan.example"),
        ("ALLOWED_HOSTS", "saihan.example:8000"),
        ("ALLOWED_HOSTS", "*.saihan.example"),
        ("ALLOWED_HOSTS", ","),
        ("CSRF_TRUSTED_ORIGINS", "saihan.example"),
        ("CSRF_TRUSTED_ORIGINS", "https://["),
        ("SAIHAN_VAR", "/proc/nothing"),
        ("SAIHAN_VAR", "~nobody-of-this-name/var"),
        ("SAIHAN_ENV", "Production"),
        ("BROKER_URL", "localhost"),
    ],
)
def test_production_refuses(name, value, tmp_path):
    done = start(["manage.py", "check"], tmp_path, **PRODUCTION | {name: value})
    assert done.returncode != 0
    assert done.stderr.startswith(f"{name} ")
    assert done.stderr.count("\n") == 1


def test_production_passes_the_deployment_checks(tmp_path):
    done = start(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], tmp_path, **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_a_taken_port_is_named(tmp_path):
    from socket import socket

    with socket() as other:
        other.bind(("", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = start(["-m", "saihan.run"], tmp_path, PORT=port)
    assert done.returncode != 0
    assert done.stderr.startswith(f"PORT is {port}, and cannot be listened on")
    assert done.stderr.count("\n") == 1


def test_sender_and_site(monkeypatch):
    monkeypatch.setenv("EMAIL_FROM", "wangge@saihan.example.gov.cn")
    monkeypatch.setenv("SITE_URL", "https://saihan.example.gov.cn/")
    assert env.sender("EMAIL_FROM", "") == "wangge@saihan.example.gov.cn"
    assert env.site("SITE_URL") == "https://saihan.example.gov.cn"
    monkeypatch.delenv("SITE_URL")
    assert env.site("SITE_URL") == ""


@pytest.mark.parametrize("value", ["saihan", "赛罕@example.org", "a@b\nBcc: c@d", "<a@b>"])
def test_sender_refuses(monkeypatch, value):
    monkeypatch.setenv("EMAIL_FROM", value)
    with pytest.raises(SystemExit, match=r"^EMAIL_FROM is .* must be an email address"):
        env.sender("EMAIL_FROM", "")


@pytest.mark.parametrize(
    "value", ["saihan.example", "ftp://saihan.example", "https://saihan.example/path", "https://a b"]
)
def test_site_refuses(monkeypatch, value):
    monkeypatch.setenv("SITE_URL", value)
    with pytest.raises(SystemExit, match=r"^SITE_URL is .* must look like https://"):
        env.site("SITE_URL")
