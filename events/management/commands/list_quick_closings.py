from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from events.services import list_quick_closings


class Command(BaseCommand):
    help = "List the cases that were closed implausibly fast since the last look, as the daily task does."

    def handle(self, *args, **options):
        self.stdout.write(_("%(count)d fast closings listed.") % {"count": list_quick_closings()})
