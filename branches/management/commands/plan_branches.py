"""What the planner proposes for a whole district, in figures."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from branches.proposals import survey_all, total
from grids.models import Grid


class Command(BaseCommand):
    help = "Propose branches for every community of a grid, tell how many sets there are and how many fit."

    def add_arguments(self, parser):
        parser.add_argument("code", help="code of the district, street or community")

    def handle(self, *args, code: str, **options):
        grid = Grid.objects.active().filter(code=code).first()
        if grid is None:
            raise CommandError(_("There is no grid %(code)s in use.") % {"code": code})
        lines = survey_all(grid)
        for line in lines:
            self.stdout.write(f"{line.community.code} {line.community.name}\t{_told(line.figures)}")
        self.stdout.write(
            _("%(grid)s: %(communities)d communities, %(buildings)d buildings, %(households)d households; %(figures)s")
            % {
                "grid": grid.name,
                "communities": len(lines),
                "buildings": sum(line.buildings for line in lines),
                "households": sum(line.households for line in lines),
                "figures": _told(total(lines)),
            }
        )


def _told(figures) -> str:
    return _(
        "%(sets)d sets, %(within)d of 300 to 500 households, %(too_small)d too small, %(too_large)d too large, "
        "%(outside)d households outside"
    ) % {name: getattr(figures, name) for name in figures.__dataclass_fields__}
