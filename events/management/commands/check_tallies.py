from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import services
from events.audit.tallies import tally_problems


class Command(BaseCommand):
    help = "Prove that the tallies, which figures are read from, sum up to the cases."

    def add_arguments(self, parser):
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="make them anew from the cases first; others may go on working",
        )

    def handle(self, *args, rebuild: bool, **options):
        if rebuild:
            self.stdout.write(_("Made anew: %(count)d rows.") % {"count": services.rebuild_tallies()})
        found = 0
        for found, sentence in enumerate(tally_problems(), start=1):  # noqa: B007 (counted)
            self.stderr.write(sentence)
        if found:
            raise CommandError(
                ngettext("%(count)d difference between tallies and cases.",
                         "%(count)d differences between tallies and cases.", found)
                % {"count": found}
            )  # fmt: skip
        self.stdout.write(_("The tallies sum up to the cases."))
