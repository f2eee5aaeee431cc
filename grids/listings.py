"""The lists of the grids' pages as sheets: what a row of each shows."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grids.exporting import Column
from grids.models import Post

GRID = [
    Column(gettext_lazy("code"), 20, lambda grid, at: grid.code),
    Column(gettext_lazy("name"), 18, lambda grid, at: grid.name),
    Column(gettext_lazy("Grid"), 36, lambda grid, at: grid.full_name),
    Column(gettext_lazy("level"), 10, lambda grid, at: grid.get_level_display()),
]
GRIDS = [
    *GRID,
    Column(gettext_lazy("grid chief"), 14, lambda grid, at: grid.chief_name or ""),
    Column(gettext_lazy("grid staff"), 24, lambda grid, at: "、".join(grid.staff_names)),
    Column(gettext_lazy("Party branch"), 24, lambda grid, at: str(grid.branch or "")),
    Column(gettext_lazy("Grids below"), 10, lambda grid, at: grid.children_count),
    Column(gettext_lazy("households"), 10, lambda grid, at: grid.household_count),
    Column(gettext_lazy("Open cases"), 10, lambda grid, at: grid.open_count),
    Column(gettext_lazy("retired at"), 17, lambda grid, at: grid.retired_at),
]
COVERED = [*GRID, Column(gettext_lazy("grid chief"), 14, lambda grid, at: grid.chief_name or "")]
# Rows of a grid with its figures.
COVERAGE = [
    Column(gettext_lazy("code"), 20, lambda row, at: row[0].code),
    Column(gettext_lazy("name"), 24, lambda row, at: row[0].name),
    Column(gettext_lazy("Grids in use"), 12, lambda row, at: row[1].in_use),
    Column(gettext_lazy("with a chief"), 12, lambda row, at: row[1].chief),
    Column(gettext_lazy("with a chief, %"), 12, lambda row, at: row[1].chief_percent),
    Column(gettext_lazy("with staff"), 12, lambda row, at: row[1].staff),
    Column(gettext_lazy("with staff, %"), 12, lambda row, at: row[1].staff_percent),
    Column(gettext_lazy("vacant"), 10, lambda row, at: row[1].vacant),
]
POSTS = [
    Column(gettext_lazy("person"), 14, lambda post, at: str(post.user)),
    Column(gettext_lazy("role"), 14, lambda post, at: post.get_role_display()),
    Column(gettext_lazy("source of staff"), 14, lambda post, at: post.get_source_display() if post.source else ""),
    Column(gettext_lazy("started at"), 17, lambda post, at: post.started_at),
    Column(gettext_lazy("ended at"), 17, lambda post, at: post.ended_at),
    Column(gettext_lazy("appointed by"), 14, lambda post, at: str(post.appointed_by or "")),
    Column(gettext_lazy("ended by"), 14, lambda post, at: str(post.ended_by or "")),
]
POSTS_TO_MEND = [
    Column(gettext_lazy("person"), 14, lambda post, at: str(post.user)),
    Column(gettext_lazy("role"), 14, lambda post, at: post.get_role_display()),
    Column(gettext_lazy("code"), 20, lambda post, at: post.grid.code),
    Column(gettext_lazy("Grid"), 36, lambda post, at: post.grid.full_name),
    Column(gettext_lazy("remarks"), 18, lambda post, at: "、".join(_remarks(post))),
]
PEOPLE_TO_MEND = [
    Column(gettext_lazy("person"), 14, lambda user, at: str(user)),
    Column(gettext_lazy("username"), 20, lambda user, at: user.username),
    Column(gettext_lazy("last login"), 17, lambda user, at: user.last_login),
]


def _remarks(post: Post) -> list[str]:
    return [_("retired")] * bool(post.grid.retired_at) + [_("account closed")] * (not post.user.is_active)
