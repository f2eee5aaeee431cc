import random
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook

from events.demo.hotline import sample_sheet
from grids.models import Grid


class Command(BaseCommand):
    help = "Write a made-up sheet of the 12345 hotline, to try its import with."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the .xlsx file to write")
        parser.add_argument("--grid", default="150105001", help="code of the grid that it is about")
        parser.add_argument("--rows", type=int, default=40)
        parser.add_argument("--seed", default="saihan")

    def handle(self, *args, path: Path, grid: str, rows: int, seed: str, **options):
        home = Grid.objects.active().filter(code=grid).first()
        if home is None:
            raise CommandError(_("There is no grid in use with this code."))
        book = Workbook(write_only=True)
        sheet = book.create_sheet("12345")
        rng = random.Random(seed)  # noqa: S311  a demo keeps no secrets
        for line in sample_sheet(rng, home, rows, timezone.localtime()):
            sheet.append(line)
        book.save(path)
        self.stdout.write(_("Wrote %(rows)d made-up orders to %(path)s.") % {"rows": rows, "path": path})
