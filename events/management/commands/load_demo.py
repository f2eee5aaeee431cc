import random
import zlib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.demo import lists
from branches.demo.branches import found_branches
from branches.demo.disclosure import tell
from branches.demo.resources import plan_and_spend
from events.demo import cases
from events.demo.decisions import decide
from events.demo.meetings import meet
from events.demo.monthly import report_last_month
from events.demo.notices import read_old_notices
from events.demo.organisations import found_organisations
from events.demo.people import Staff, hire
from events.demo.places import COMMUNITY, DISTRICT, load_places
from events.demo.police import work_together
from events.demo.reports import write_checklists
from events.demo.sheets import ask_for_sheets
from events.demo.visits import visit
from events.management.commands.escalate_overdue import moment
from events.models import Event
from events.services import load_categories, make_digest
from grids.models import Grid, Post, User
from volunteers.demo.activities import hold_activities
from volunteers.demo.enrolments import check_in
from volunteers.demo.orders import order_services

CATEGORIES = settings.BASE_DIR / "events" / "data" / "categories.csv"


class Command(BaseCommand):
    help = "Fill an empty database with the real divisions of Hohhot and made-up buildings, people and cases."

    def add_arguments(self, parser):
        parser.add_argument("--at", help="the time that the cases lead up to, with its zone; now if not given")
        parser.add_argument("--seed", default="saihan", help="another word gives another town")

    def handle(self, *args, at: str | None, seed: str, **options):
        if not settings.DEMO_ALLOWED:
            raise CommandError(_("Demo accounts have a published password, so they are never loaded in production."))
        if Grid.objects.exists() or User.objects.exists():
            self.stdout.write(_("The database is not empty; nothing was loaded."))
            return
        end = moment(at) if at else timezone.now()
        if end > timezone.now():
            raise CommandError(_("The demo cannot lead up to a time in the future."))
        rng = random.Random(zlib.crc32(seed.encode()))  # noqa: S311  a demo keeps no secrets
        with transaction.atomic():
            self._load(rng, end)
        make_digest(at=end)  # so that the town has its first proof, and no check is missed
        self.stdout.write(
            _("Demo loaded: %(grids)d grids, %(people)d people in %(posts)d posts, %(events)d cases.")
            % {
                "grids": Grid.objects.count(),
                "people": User.objects.count(),
                "posts": Post.objects.count(),
                "events": Event.objects.count(),
            }
        )

    def _help(self, staff: Staff, end: datetime) -> None:
        """What people who help do."""
        community, users = Grid.objects.get(code=COMMUNITY), staff.users
        check_in(community, users["community"], end)
        visit(end)
        hold_activities(end)
        given = {name: users[name] for name in ("worker", "chief")}
        order_services(community=community, desk=users["community"], end=end, **given)

    def _load(self, rng: random.Random, end: datetime) -> None:
        waiting = len(connection.run_on_commit)
        self.stdout.write(_("Loading the divisions of Hohhot, with buildings and units made up …"))
        load_places(rng)
        load_categories(path=CATEGORIES)
        write_checklists()
        self.stdout.write(_("Appointing people …"))
        staff = hire(rng, before=end - timedelta(days=cases.DAYS))
        found_organisations()
        self.stdout.write(_("Founding branches …"))
        # With numbers of their own, so that the town is the same with them and without.
        founding = random.Random(zlib.crc32(b"branches"))  # noqa: S311  a demo keeps no secrets
        found_branches(Grid.objects.get(code=DISTRICT), founding, before=end - timedelta(days=cases.DAYS))
        self.stdout.write(_("Playing through two months of cases …"))
        cases.play(rng, staff, end)
        meet(staff, end)
        decide(staff, end)
        lists.draw_areas(end)
        lists.issue_work_list(Grid.objects.get(code=DISTRICT), staff.users["district"], end)
        plan_and_spend(end)
        tell(end)
        self._help(staff, end)
        work_together(staff, end)
        ask_for_sheets(staff, end)
        report_last_month(staff, end)
        read_old_notices(end)
        # Every notice is delivered already; thousands of knocks at the broker's door would tell it nothing new.
        del connection.run_on_commit[waiting:]
