from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from volunteers.services import erase_mediations


class Command(BaseCommand):
    help = "Erase parties, notes and results of mediations that ended long ago, as the daily task does."

    def handle(self, *args, **options):
        self.stdout.write(_("%(mediations)d mediations erased.") % erase_mediations())
