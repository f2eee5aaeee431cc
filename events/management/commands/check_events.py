from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.audit import problems
from events.models import Event


class Command(BaseCommand):
    help = "Prove that every event is what its steps tell: replay, hash chain, deadlines, outbox and balance."

    def add_arguments(self, parser):
        parser.add_argument("--files", action="store_true", help="read every photo and file and compare its hash")

    def handle(self, *args, files: bool, **options):
        found = 0
        for problem in problems(read_files=files):
            found += 1
            self.stderr.write(problem)
        if found:
            raise CommandError(
                ngettext("%(count)d problem in the events.", "%(count)d problems in the events.", found)
                % {"count": found}
            )
        self.stdout.write(
            _("All %(count)d events agree with their steps, and nothing is missing.") % {"count": Event.objects.count()}
        )
