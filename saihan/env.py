"""Strict readers of the environment: a wrong value stops the start with one sentence that names the variable."""

import os
import re
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

BROKER_SCHEMES = ("redis", "rediss", "redis+socket", "amqp", "amqps")
# A case is read with eight tables of grids and people beside it. By default PostgreSQL weighs every order of all nine,
# which takes ten times as long as reading them; the order in which Django writes them is good.
# And it takes a disk for a turning one, on which it would rather read all ten thousand people than a hundred by key.
PLANNING = {"options": "-c join_collapse_limit=6 -c random_page_cost=1.1"}
POSTGRES_OPTIONS = ("host", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name")
# A name, with a dot in front for all below it, or an address; in brackets one of version 6.
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:.]+\]")
KEY = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]=")  # 32 bytes; the last character holds four bits
PUBLIC_KEY = re.compile(r"pub:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
LONGEST_SOCKET_PATH = 107  # bytes; the kernel keeps 108 with the closing zero


def stop(name: str, sentence: str) -> NoReturn:
    """End the process with status 1 and one sentence on stderr. Never repeats a value that may hold a password."""
    raise SystemExit(f"{name} {sentence}")


def text(name: str, default: str | None = None) -> str:
    """The value without surrounding space; without a default it is required."""
    value = os.environ.get(name, "").strip() or default
    if value is None:
        stop(name, "is not set, and it is needed when SAIHAN_ENV is production.")
    return value


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = text(name, default)
    if value not in allowed:
        stop(name, f"is {value!r}, and must be {' or '.join(allowed)}.")
    return value


def flag(name: str, default: bool = False) -> bool:
    """`true` or `false`, `1` or `0`, `yes` or `no`, `on` or `off`; a typing slip must not count as false."""
    value = text(name, str(default)).lower()
    if value in ("true", "1", "yes", "on"):
        return True
    if value in ("false", "0", "no", "off"):
        return False
    stop(name, f"is {value!r}, and must be true or false.")


def port(name: str, default: int) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) <= 5 and 1 <= int(value) <= 65535):
        stop(name, f"is {value!r}, and must be a port number from 1 to 65535.")
    return int(value)


def words(name: str, default: str | None = None) -> list[str]:
    """Values separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def hosts(name: str, default: str | None = None) -> list[str]:
    """Host names for ALLOWED_HOSTS. A bare `*` would switch the check off; with a port none would ever match."""
    found = words(name, default)
    for host in found:
        if not HOST.fullmatch(host):
            stop(name, f"holds {host!r}, and must list host names such as saihan.example.gov.cn, separated by commas.")
    if not found and default is None:
        stop(name, "lists no host name, and must list some such as saihan.example.gov.cn.")
    return found


def origins(name: str) -> list[str]:
    """Origins with their scheme, as CSRF_TRUSTED_ORIGINS wants them."""
    found = words(name, "")
    for origin in found:
        try:
            parts = urlsplit(origin)
            good = parts.scheme in ("http", "https") and parts.netloc and not parts.path
        except ValueError:
            good = False
        if not good:
            stop(name, f"holds {origin!r}, and must list origins such as https://saihan.example.gov.cn.")
    return found


def folder(name: str, default: Path) -> Path:
    """A folder that can be written to; it is made when it is missing."""
    path = Path(text(name, str(default)))
    try:
        path = path.expanduser().absolute()
    except RuntimeError:
        stop(name, f"is {str(path)!r}, and there is no such home folder.")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(name, f"is {str(path)!r}, and this folder cannot be made: {error.strerror}.")
    if not os.access(path, os.W_OK | os.X_OK):
        stop(name, f"is {str(path)!r}, and this folder cannot be written to.")
    return path


def secret_key(name: str, required: bool, keep: Path) -> str:
    """The signing key; in development one is made once and kept in the file `keep`."""
    if value := text(name, None if required else ""):
        if required and (len(value) < 50 or len(set(value)) < 5):
            stop(name, "is too short or too plain, and must have at least 50 random characters.")
        return value
    return _kept(keep, secrets.token_urlsafe(50))


def keys(name: str, required: bool, keep: Path, *, public: bool = False) -> list[str]:
    """Keys of 32 bytes, newest first; in development one is made once and kept in the file `keep`.

    With `public`, all but the first may be given by their public halves, as `pub:` and their Base64.
    """
    value = text(name, None if required else "") or _kept(keep, urlsafe_b64encode(secrets.token_bytes(32)).decode())
    keys = [key.strip() for key in value.split(",")]
    for number, key in enumerate(keys, start=1):
        if public and number > 1 and PUBLIC_KEY.fullmatch(key):
            continue
        if not KEY.fullmatch(key):
            stop(name, f"holds a key, number {number}, that is not 32 random bytes in URL-safe Base64 (44 characters).")
        if len(set(key)) < 10:
            stop(name, f"holds a key, number {number}, that is too plain, and must be 32 random bytes.")
    if len(set(keys)) < len(keys):
        stop(name, "holds the same key twice.")
    return keys


def _kept(keep: Path, fresh: str) -> str:
    """What the file holds; when it is missing, `fresh` is put into it first."""
    if not keep.exists():
        # Several processes start at once: the first link decides, and nobody reads a half-written file.
        draft = keep.with_name(f"{keep.name}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(fresh)
        with suppress(FileExistsError):
            os.link(draft, keep)
        draft.unlink()
    return keep.read_text()


def _url(name: str, value: str, schemes: tuple[str, ...]) -> Any:
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        stop(name, f"must begin with {', '.join(f'{scheme}://' for scheme in schemes)}.")
    try:
        parts.port  # noqa: B018  urlsplit checks the port only when it is read
    except ValueError:
        stop(name, "has a port that is not a number from 0 to 65535.")
    return parts


def database(name: str, default: str | None) -> dict[str, Any]:
    """A DATABASES entry from sqlite:///path, sqlite:////absolute/path or postgres://user:password@host:port/name.

    A Unix socket is given as postgres://user@/name?host=/run/postgresql.
    """
    value = text(name, default)
    try:
        parts = _url(name, value, ("sqlite", "postgres", "postgresql"))
    except ValueError:
        stop(name, "is not a valid URL.")
    return _sqlite(name, parts) if parts.scheme == "sqlite" else _postgres(name, parts)


def _sqlite(name: str, parts: Any) -> dict[str, Any]:
    path = unquote(parts.path[1:])
    if parts.netloc or not path or parts.query:
        stop(name, "must look like sqlite:///relative/path or sqlite:////absolute/path.")
    if not Path(path).absolute().parent.is_dir():
        stop(name, f"names {path!r}, and its folder does not exist.")
    if Path(path).is_dir():
        stop(name, f"names {path!r}, which is a folder and no file.")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(path).absolute()),
        "OPTIONS": {
            # A transaction that reads first and writes later would fail at once when another writes in between.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _postgres(name: str, parts: Any) -> dict[str, Any]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for option in options:
        if option not in POSTGRES_OPTIONS:
            stop(name, f"has the option {option!r}, and only {', '.join(POSTGRES_OPTIONS)} are known.")
    database_name = unquote(parts.path[1:])
    host = options.pop("host", "") or unquote(parts.hostname or "")
    if not database_name or "/" in database_name or not host:
        stop(name, "must look like postgres://user:password@host:5432/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": PLANNING | options,
    }


def broker(name: str, default: str | None) -> str:
    """The broker's URL as Celery takes it."""
    value = text(name, default)
    try:
        parts = _url(name, value, BROKER_SCHEMES)
    except ValueError:
        stop(name, "is not a valid URL.")
    if parts.scheme == "redis+socket":
        if parts.netloc or not parts.path.strip("/"):
            stop(name, "must look like redis+socket:///absolute/path/to/redis.sock.")
        if len(parts.path.encode()) > LONGEST_SOCKET_PATH:
            stop(name, f"names a socket path of more than {LONGEST_SOCKET_PATH} bytes, which the system cannot open.")
    elif not parts.hostname:
        stop(name, f"must name a host, as in {parts.scheme}://host/0.")
    elif parts.scheme in ("redis", "rediss") and not re.fullmatch(r"/?\d{0,4}", parts.path):
        stop(name, f"must end with the number of a database, as in {parts.scheme}://host/0.")
    return value


def email(name: str) -> dict[str, Any]:
    """Django's EMAIL settings from smtp://user:password@host:port or smtps://…; empty when unset."""
    value = text(name, "")
    if not value:
        return {}
    try:
        parts = _url(name, value, ("smtp", "smtps"))
    except ValueError:
        stop(name, "is not a valid URL.")
    if not parts.hostname or parts.path.strip("/"):
        stop(name, "must look like smtp://user:password@host:587 or smtps://user:password@host:465.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        # A relay that asks for a password is asked for TLS first; one inside the machine room may have neither.
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
        "EMAIL_TIMEOUT": 10,
    }


def sender(name: str, default: str) -> str:
    """The address that mails come from."""
    value = text(name, default)
    if not re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)*", value, re.ASCII):
        stop(name, f"is {value!r}, and must be an email address such as saihan@example.gov.cn.")
    return value


def site(name: str) -> str:
    """Where the pages are, without a slash at the end; empty when unset."""
    value = text(name, "").rstrip("/")
    if value and not re.fullmatch(r"https?://(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?", value, re.ASCII):
        stop(name, f"is {value!r}, and must look like https://saihan.example.gov.cn.")
    return value
