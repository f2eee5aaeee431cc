from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from events.services import adjust_deadlines, load_calendar


class Command(BaseCommand):
    help = "Take the days of a year from chinesecalendar; a year that somebody has edited stays as it is."

    def add_arguments(self, parser):
        parser.add_argument("year", type=int)
        parser.add_argument("--move", metavar="REASON", default="", help="have the open cases follow, for this reason")

    def handle(self, *args, year: int, move: str, **options):
        try:
            change = load_calendar(year=year, reason=move)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        if change is None:
            self.stdout.write(_("The calendar of %(year)d stays as it is.") % {"year": year})
            return
        if move:
            adjust_deadlines()
        said = {"year": year, "count": change.counts["moved"]}
        text = (
            _("The calendar of %(year)d is loaded; %(count)d open cases moved.")
            if move
            else _("The calendar of %(year)d is loaded for clocks that start from now on; %(count)d open cases stay.")
        )
        self.stdout.write(text % said)
