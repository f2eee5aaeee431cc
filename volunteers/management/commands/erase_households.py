from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from volunteers.services import erase_households


class Command(BaseCommand):
    help = "Erase key households whose consent has ended, as the daily task does."

    def handle(self, *args, **options):
        self.stdout.write(_("%(households)d households erased, %(reminded)d to be asked again.") % erase_households())
