"""What a reorganisation did, as those ask who follow it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.models import Divided
from grids.models import Grid, GridChange

Span = tuple[int, int]


@dataclass(frozen=True)
class News:
    """One reorganisation: its record, who continues a grid that ended, and the intervals before and after."""

    change: GridChange
    successors: list[Grid]
    moved: list[tuple[Span, Span]]
    at: datetime

    @property
    def ended(self) -> Grid | None:
        """The grid that went out of use."""
        return self.change.grid if self.change.grid.retired_at else None

    @property
    def heir(self) -> Grid | None:
        """Who continues it."""
        return self.successors[0] if self.successors else None

    @property
    def is_division(self) -> bool:
        return len(self.successors) > 1

    @property
    def day(self) -> date:
        return timezone.localdate(self.at)

    def sentence(self, heir: Grid) -> str:
        """What happened, for the history of what this grid continues."""
        said = {"grid": self.change.old_name, "successor": heir.name}
        if self.is_division:
            return _("%(grid)s was divided; %(successor)s continues this.") % said
        return _("%(grid)s went up in %(successor)s.") % said

    def count(self, model: type[Model], rows: int) -> None:
        """So many rows went along; the record of the reorganisation tells of them."""
        label = model._meta.label_lower
        self.change.counts[label] = self.change.counts.get(label, 0) + rows

    def carry(self, rows: QuerySet, heir: Grid | None = None) -> None:
        """Let placed rows stand on the grid that continues theirs; in a division the other parts read along."""
        heir = heir or self.heir
        values = {"grid": heir, "position": heir.lft}
        if self.is_division and issubclass(rows.model, Divided):
            values["divided_by"] = self.change
        self.count(rows.model, rows.update(**values))
