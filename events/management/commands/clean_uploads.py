from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from events.services import clean_uploads


class Command(BaseCommand):
    help = "Remove photos and files that waited more than a day for a form, and stored files that belong to nothing."

    def handle(self, *args, **options):
        done = clean_uploads()
        self.stdout.write(_("Removed: %(waiting)d that waited too long, %(strays)d files of nothing.") % done)
