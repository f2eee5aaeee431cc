"""Personal text that only this system can read: encrypted with FIELD_KEYS, so that a stolen database tells nothing."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

TOKEN_BEGINS = "gAAAA"  # noqa: S105  what each Fernet token begins with, by its version and its time
DOTS = "••••••"


class Unreadable(Exception):
    """None of FIELD_KEYS opens this value. Says nothing of what is in it."""


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """A token that only FIELD_KEYS open; the same text gives another one each time."""
    return _ring(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text of a token; raises Unreadable."""
    try:
        return _ring(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise Unreadable("No key of FIELD_KEYS opens this value.") from None


def is_current(token: str) -> bool:
    """Whether the newest key alone opens it, so that the older keys are not needed for it."""
    try:
        _ring(tuple(settings.FIELD_KEYS[:1])).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


class Secret:
    """What an encrypted field holds: the token. Only `reveal` gives the text; shown, logged or dumped it is dots."""

    __slots__ = ("token",)

    def __init__(self, token: str):
        self.token = token

    @classmethod
    def of(cls, text: str) -> "Secret":
        return cls(encrypt(text))

    @classmethod
    def of_any(cls, text: str) -> "Secret | None":
        """None where there is no text."""
        return cls.of(text) if text else None

    def reveal(self) -> str:
        """The text; raises Unreadable. Whoever calls it answers for where it is shown."""
        return decrypt(self.token)

    def renewed(self) -> "Secret":
        """The same text under the newest key; raises Unreadable."""
        return Secret.of(self.reveal())

    def __str__(self) -> str:
        return DOTS

    def __repr__(self) -> str:
        return f"Secret({DOTS})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.token == other.token

    def __hash__(self) -> int:
        return hash(self.token)


class EncryptedTextField(models.TextField):
    """A `Secret`, kept as its token. Plain text is refused rather than stored, and nothing can be searched in it."""

    default_error_messages = {"not_encrypted": _("This value is not encrypted.")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs | {"editable": False})

    def deconstruct(self) -> tuple:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["editable"]
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Secret | None:
        """Of a dump that is loaded: the token. Anything else is not repeated in the error."""
        if value is None or isinstance(value, Secret):
            return value
        if isinstance(value, str) and value.startswith(TOKEN_BEGINS):
            return Secret(value)
        raise ValidationError(self.error_messages["not_encrypted"], "not_encrypted")

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Secret):
            raise TypeError(f"{self.name} takes a Secret and nothing else.")
        return value.token

    def value_to_string(self, obj: models.Model) -> str | None:
        return self.get_prep_value(self.value_from_object(obj))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted, so nothing can be looked for in it.")
        return super().get_lookup(lookup_name)
