"""The lists of branches as sheets: what a row of each shows."""

from django.utils.translation import gettext_lazy

from grids.exporting import Column

BRANCHES = [
    Column(gettext_lazy("branch"), 28, lambda branch, at: branch.name),
    Column(gettext_lazy("seat"), 30, lambda branch, at: branch.grid.full_name),
    Column(gettext_lazy("kind"), 10, lambda branch, at: branch.get_kind_display()),
    Column(gettext_lazy("covered grids"), 40, lambda branch, at: "、".join(grid.name for grid in branch.grids)),
    Column(gettext_lazy("households"), 10, lambda branch, at: branch.households),
    Column(gettext_lazy("kind of site"), 16, lambda branch, at: branch.get_site_kind_display()),
    Column(gettext_lazy("address of the site"), 28, lambda branch, at: branch.site_address),
    Column(gettext_lazy("secretary"), 12, lambda branch, at: str(branch.secretary or "")),
    Column(gettext_lazy("which of the five chiefs"), 18, lambda branch, at: str(branch.chief_title or "")),
    Column(gettext_lazy("deputy secretary"), 12, lambda branch, at: str(branch.deputy or "")),
    Column(gettext_lazy("members"), 10, lambda branch, at: branch.member_count),
    Column(gettext_lazy("founded on"), 14, lambda branch, at: branch.founded_on),
    Column(gettext_lazy("dissolved on"), 14, lambda branch, at: branch.dissolved_on),
]
UNCOVERED = [
    Column(gettext_lazy("code"), 20, lambda grid, at: grid.code),
    Column(gettext_lazy("Grid"), 36, lambda grid, at: grid.full_name),
    Column(gettext_lazy("households"), 10, lambda grid, at: grid.households),
]
# Lines of `proposals.survey_all`.
PLANS = [
    Column(gettext_lazy("code"), 16, lambda line, at: line.community.code),
    Column(gettext_lazy("Grid"), 30, lambda line, at: line.community.full_name),
    Column(gettext_lazy("buildings without a branch of their own"), 12, lambda line, at: line.buildings),
    Column(gettext_lazy("households"), 10, lambda line, at: line.households),
    Column(gettext_lazy("proposed sets"), 10, lambda line, at: line.figures.sets),
    Column(gettext_lazy("300 to 500 households"), 12, lambda line, at: line.figures.within),
    Column(gettext_lazy("too small"), 10, lambda line, at: line.figures.too_small),
    Column(gettext_lazy("too large"), 10, lambda line, at: line.figures.too_large),
]
