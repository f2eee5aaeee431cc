from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from grids.services import rotate_keys


class Command(BaseCommand):
    help = "Encrypt names and phones anew with the newest of FIELD_KEYS. Safe to kill and to run again."

    def handle(self, *args, **options):
        done = rotate_keys()
        if done["unreadable"]:
            raise CommandError(
                _("%(renewed)d renewed; %(unreadable)d open with none of FIELD_KEYS, the log names them.") % done
            )
        self.stdout.write(
            _("%(renewed)d renewed, %(current)d were current. FIELD_KEYS needs no older keys any more.") % done
        )
