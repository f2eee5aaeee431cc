"""What lists show beside each grid: its people, what lies below it and the open cases; for a whole list at once."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Func, OuterRef, QuerySet, Subquery

from grids.models import Grid, Post, Role, User

COUNTS = ("children_count", "household_count", "open_count")
NONE = dict.fromkeys(COUNTS, 0)


def load_figures(grids: Iterable[Grid], user: User) -> None:
    """Give each grid of a list its figures, with three queries whatever its length.

    `branch`, its own Party branch or that of the nearest grid above; `chief_name` (None where vacant), `staff_names`,
    `children_count`, `household_count`, and `open_count`, the open cases anywhere in it that the user may see.
    """
    grids = list(grids)
    keys = [grid.pk for grid in grids]
    counted = _with_open_count(Grid.objects.filter(pk__in=keys), user).with_children_count().with_household_count()
    counts = {row.pop("pk"): row for row in counted.values("pk", *COUNTS)}
    names = _names(keys)
    load_branches(grids)
    for grid in grids:
        grid.__dict__.update(counts.get(grid.pk, NONE))  # it may have been deleted since the list was read
        grid.chief_name = next(iter(names[grid.pk, Role.CHIEF]), None)
        grid.staff_names = names[grid.pk, Role.STAFF]


def load_branches(grids: Iterable[Grid]) -> None:
    """Branches stand a floor above, so they are known here by the reverse relation alone. One query."""
    Grid._meta.get_field("branchgrids").related_model.objects.load_effective(grids)


def _names(keys: list[int]) -> dict[tuple[int, str], list[str]]:
    """Who is chief and staff, those first who have been there longest."""
    posts = Post.objects.working().filter(grid__in=keys, role__in=[Role.CHIEF, Role.STAFF])
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    for post in posts.select_related("user").order_by("started_at", "pk"):
        names[post.grid_id, post.role].append(str(post.user))
    return names


def _with_open_count(grids: QuerySet[Grid], user: User) -> QuerySet[Grid]:
    """Cases stand a floor above, so they are known here by the reverse relation alone."""
    cases = Grid._meta.get_field("events").related_model.objects
    inside = cases.visible_to(user).open().filter(position__range=(OuterRef("lft"), OuterRef("rght")))
    counted = inside.annotate(count=Func("pk", function="COUNT")).values("count")  # one number, without a GROUP BY
    return grids.annotate(open_count=Subquery(counted))
