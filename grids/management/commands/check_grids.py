from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.audit import problems
from grids.models import Grid


class Command(BaseCommand):
    help = "Prove parent, prefix, level, interval and tree of every grid, and the position of every row placed on one."

    def handle(self, *args, **options):
        found = 0
        for problem in problems():
            found += 1
            self.stderr.write(problem)
        if found:
            raise CommandError(
                ngettext("%(count)d problem in the tree.", "%(count)d problems in the tree.", found) % {"count": found}
            )
        self.stdout.write(_("All %(count)d grids and what stands on them are sound.") % {"count": Grid.objects.count()})
