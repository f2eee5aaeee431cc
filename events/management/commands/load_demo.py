import random
import zlib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.demo import cases
from events.demo.people import hire
from events.demo.places import load_places
from events.management.commands.escalate_overdue import moment
from events.models import Event
from events.services import load_categories
from grids.models import Grid, Post, User

CATEGORIES = settings.BASE_DIR / "events" / "data" / "categories.csv"


class Command(BaseCommand):
    help = "Fill an empty database with the real divisions of Hohhot and made-up buildings, people and cases."

    def add_arguments(self, parser):
        parser.add_argument("--at", help="the time that the cases lead up to; now if not given")
        parser.add_argument("--seed", default="saihan", help="another word gives another town")

    def handle(self, *args, at: str | None, seed: str, **options):
        if not settings.DEMO_ALLOWED:
            raise CommandError(_("Demo data has accounts with a published password, so production refuses it."))
        if Grid.objects.exists() or User.objects.exists():
            self.stdout.write(_("The database is not empty; nothing was loaded."))
            return
        end = moment(at) if at else timezone.now()
        rng = random.Random(zlib.crc32(seed.encode()))  # noqa: S311  a demo keeps no secrets
        with transaction.atomic():
            self._load(rng, end)
        self.stdout.write("done")

    def _load(self, rng: random.Random, end: datetime) -> None:
        load_places(rng)
        load_categories(path=CATEGORIES)
        staff = hire(rng, before=end - timedelta(days=cases.DAYS))
        cases.play(rng, staff, end)
        # Every notice is delivered: thousands of knocks at the broker's door would tell it nothing new.
        connection.run_on_commit.clear()
