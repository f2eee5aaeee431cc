from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from events.services import erase_contacts


class Command(BaseCommand):
    help = "Erase names, phones and photos of residents whose cases ended long ago, as the daily task does."

    def handle(self, *args, **options):
        self.stdout.write(
            _("%(contacts)d contacts and %(photos)d photos erased, %(sources)d sources and %(uses)d counts forgotten.")
            % erase_contacts()
        )
