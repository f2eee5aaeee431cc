"""What a production installation must not hold, as system checks and as a refusal to start."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.db import DatabaseError, connections

from saihan import env


def open_demo_accounts() -> list[str]:
    """The demo accounts that anybody could log in to, for they are active and keep the published password."""
    try:
        accounts = list(get_user_model().objects.filter(username__in=settings.DEMO_ACCOUNTS, is_active=True))
    except DatabaseError:
        return []  # no database or no tables yet: then nobody can log in either
    return sorted(account.username for account in accounts if account.check_password(settings.DEMO_PASSWORD))


def refuse_demo_accounts() -> None:
    """End the process when production is about to serve a database with open demo accounts."""
    if settings.DEMO_ALLOWED:
        return
    found = open_demo_accounts()
    connections.close_all()  # the web server forks after this
    if found:
        env.stop(
            "SAIHAN_ENV", f"is production, and the database has demo accounts that anybody knows: {', '.join(found)}."
        )


@checks.register(checks.Tags.security, deploy=True)
def check_demo_accounts(**kwargs: Any) -> list[checks.CheckMessage]:
    found = [] if settings.DEMO_ALLOWED else open_demo_accounts()
    if not found:
        return []
    return [
        checks.Error(
            f"The demo accounts {', '.join(found)} are open with their published password.",
            hint="Production starts from an empty database. Otherwise switch these accounts off in the admin.",
            id="saihan.E001",
        )
    ]
