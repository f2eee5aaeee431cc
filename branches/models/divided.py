"""What belongs to a whole grid and cannot be divided with it."""

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from grids.access import visible_grids
from grids.models import FormerCode, Grid, GridChange, User


class Divided(models.Model):
    """A row that one part of its divided grid continues, while the others read along."""

    divided_by = models.ForeignKey(
        GridChange,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("division of its grid"),
    )

    class Meta:
        abstract = True

    @property
    def division(self) -> str:
        """What became of its grid, in a sentence; empty for what was never divided."""
        if self.divided_by_id is None:
            return ""
        change = self.divided_by
        parts = change.codes.filter(code=change.old_code, grid__retired_at=None).exclude(grid=self.grid_id)
        said = {
            "grid": change.old_name,
            "day": timezone.localdate(change.at),
            "heir": self.grid.name,
            "others": "、".join(part.grid.name for part in parts.select_related("grid").order_by("pk")),
        }
        if not said["others"]:  # they have gone out of use since
            return gettext("%(grid)s was divided on %(day)s. %(heir)s continues this.") % said
        return gettext("%(grid)s was divided on %(day)s. %(heir)s continues this; %(others)s reads along.") % said


def divisions_into(grids: QuerySet[Grid]) -> QuerySet[FormerCode]:
    """The divisions of which one of the grids is a part; what only moved along with a part is none."""
    return FormerCode.objects.filter(grid__in=grids, code=F("change__old_code")).values("change")


def read_along_by(user: User) -> Q:
    """What was of a grid that was divided, for those who see one of its parts."""
    return Q(divided_by__in=divisions_into(visible_grids(user)))
