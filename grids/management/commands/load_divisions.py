from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids import services

BAR = 40
NAMED = 20


class Command(BaseCommand):
    help = "Create and rename grids from a CSV file (code, name, level, parent); repeatable, all or nothing."

    def add_arguments(self, parser):
        parser.add_argument("file")

    def handle(self, *args, file, **options):
        try:
            loaded = services.load_divisions(actor=None, path=file, progress=self.progress)
        except ValidationError as error:
            raise CommandError(" ".join([*error.messages, _("Nothing was loaded.")])) from error
        self.stdout.write(
            _("%(created)d grids created, %(renamed)d renamed, %(unchanged)d unchanged.")
            % {"created": loaded.created, "renamed": loaded.renamed, "unchanged": loaded.unchanged}
        )
        if loaded.given_up:
            self.stdout.write(self.given_up(loaded.given_up))

    def given_up(self, codes: tuple[str, ...]) -> str:
        """Which rows were left out, as far as people will read."""
        shown = "、".join(codes[:NAMED]) + ("…" if len(codes) > NAMED else "")
        return ngettext(
            "%(count)d row was left out: its code was given up in a reorganisation (%(codes)s).",
            "%(count)d rows were left out: their codes were given up in reorganisations (%(codes)s).",
            len(codes),
        ) % {"count": len(codes), "codes": shown}

    def progress(self, done: int, total: int) -> None:
        """A bar for people; logs and pipes get only the result."""
        if not self.stdout.isatty():
            return
        filled = BAR * done // total
        ending = "\n" if done == total else ""
        self.stdout.write(f"\r[{'█' * filled}{' ' * (BAR - filled)}] {done}/{total}", ending=ending)
        self.stdout.flush()
