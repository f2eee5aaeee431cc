from datetime import datetime, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from events.services import sweep

FARTHEST = timedelta(days=366)


class Command(BaseCommand):
    help = "Sweep once as of a time: remind, let overdue cases climb, move checks up."

    def add_arguments(self, parser):
        parser.add_argument("--at", help="an ISO time with its zone, such as 2026-12-01T09:00+08:00; now if not given")

    def handle(self, *args, at: str | None, **options):
        as_of = moment(at) if at is not None else timezone.now()
        if as_of > timezone.now() + FARTHEST:
            raise CommandError(_("“%(text)s” lies more than a year ahead; nothing was swept.") % {"text": at})
        done = sweep(at=as_of)
        if not done:
            self.stdout.write(_("Nothing was due."))
        for action, count in sorted(done.items()):
            self.stdout.write(f"{action}: {count}")


def moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(_("“%(text)s” is not a time such as 2026-12-01T09:00+08:00.") % {"text": text}) from None
    if timezone.is_naive(moment):
        raise CommandError(_("“%(text)s” has no time zone. Write 2026-12-01T09:00+08:00.") % {"text": text})
    return moment
