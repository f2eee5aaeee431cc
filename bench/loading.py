"""Before the load test, in the project's own process: `python -m bench.loading FILE` writes down who works.

The sweep catches up first, for the cases were made without one, and lateness is measured from then on.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import django

WORKERS, COMMUNITIES = 200, 300


def main() -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from events import services

    call_command("collectstatic", verbosity=0, interactive=False)
    services.sweep()
    Path(sys.argv[1]).write_text(json.dumps(people(import_module(settings.SESSION_ENGINE).SessionStore)))


def people(session_store: type) -> dict[str, list]:
    """Workers with their token, session and places; what they report; and where residents do."""
    from events.models import Category
    from grids.models import Grid, Level, Post, Role

    posts = Post.objects.active().filter(role__in=[Role.CHIEF, Role.STAFF]).select_related("user", "grid")
    chiefs = posts.filter(grid__level=Level.BUILDING).order_by("?")[: WORKERS // 2]
    desks = posts.filter(grid__level__in=[Level.COMMUNITY, Level.STREET]).order_by("?")[: WORKERS // 2]
    communities = Grid.objects.filter(level=Level.COMMUNITY).order_by("?")[:COMMUNITIES]
    return {
        "workers": [_worker(post, session_store) for post in [*chiefs, *desks]],
        "categories": list(Category.objects.filter(is_active=True, is_confidential=False).values_list("pk", flat=True)),
        "communities": [grid.code for grid in communities],
    }


def _worker(post, session_store: type) -> dict:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from rest_framework.authtoken.models import Token

    from grids.models import Grid, Level

    session = session_store()
    session[SESSION_KEY] = str(post.user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = post.user.get_session_auth_hash()
    session.create()
    places = Grid.objects.active().within(post.grid).filter(level__gte=Level.BUILDING)
    return {
        "token": Token.objects.get_or_create(user=post.user)[0].key,
        "session": session.session_key,
        "grids": list(places.values_list("code", flat=True)[:40]),
    }


if __name__ == "__main__":
    main()
