from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from events.services import load_categories


class Command(BaseCommand):
    help = "Add the categories of a CSV file; those that are there already stay as they are."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *args, file: Path, **options):
        try:
            done = load_categories(path=file)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        self.stdout.write(_("%(added)d categories added, %(unchanged)d unchanged.") % done)
