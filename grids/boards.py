"""What the signboard (公示牌) of a grid tells everybody; for a whole community in as many queries as for one grid.

Names of people in their posts and public office phones, and nothing else: neither cases nor anything private.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import segno
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from grids.figures import load_branches
from grids.models import Grid, Level, Organisation, OrganisationKind, Post, Role, load_ancestors
from grids.tree import ancestor_codes, level_of, parent_code

# Whose office phones are for everybody, in the order in which people look for them.
PUBLIC_KINDS = (
    OrganisationKind.GOVERNMENT_OFFICE,
    OrganisationKind.POLICE_ROOM,
    OrganisationKind.POLICE_STATION,
    OrganisationKind.PROPERTY_COMPANY,
)
NEIGHBOURLY_KINDS = (
    OrganisationKind.POLICE_ROOM,
    OrganisationKind.PROPERTY_COMPANY,
    OrganisationKind.OWNERS_COMMITTEE,
)
HEADS = {Level.COMMUNITY: _("Heads of buildings and units"), Level.BUILDING: _("Heads of units")}
PHONES = 6
MOST_ORGANISATIONS = 100


@dataclass
class Head:
    """A grid below and the name of its chief, empty where it has none; `below` are the heads one level deeper."""

    name: str
    chief: str = ""
    below: list["Head"] = field(default_factory=list)

    @property
    def below_names(self) -> str:
        """Those below that have a chief, in a line: 1单元 张三、2单元 李四."""
        return "、".join(f"{head.name} {head.chief}" for head in self.below if head.chief)


@dataclass
class Board:
    """One signboard. People are names; a grid without somebody has an empty name or list."""

    grid: Grid
    chief: str
    staff: list[str]
    police: list[str]
    police_room: Organisation | None
    phones: list[Organisation]
    heads: list[Head]
    branch: Any = None  # the Party branch that the grid is in; a model of the floor above

    @property
    def place(self) -> str:
        """The names above the grid, from the district down."""
        return " ".join(above.name for above in self.grid.ancestors if above.level >= Level.DISTRICT)

    @property
    def heads_title(self) -> str | Promise:
        """What people call the chiefs below: of a community's buildings, of a building's units."""
        return HEADS.get(self.grid.level, _("Chiefs of the grids below"))


def public_url(request: HttpRequest, grid: Grid) -> str:
    """The address of the grid's public page, complete, under the name by which the server was reached."""
    return request.build_absolute_uri(reverse("public_grid", args=[grid.code]))


def qr_code(url: str) -> segno.QRCode:
    """Readable with a seventh of it scratched off: a signboard hangs outdoors for years."""
    return segno.make_qr(url, error="m")


def inline_qr(url: str, css: str) -> SafeString:
    """The QR code as SVG in the page, as large as its place, which the class gives."""
    svg = qr_code(url).svg_inline(omitsize=True, svgclass=css, lineclass=None, title=str(_("QR code")))
    return mark_safe(svg)  # noqa: S308  drawn by segno from an address of our own


def boards_of(grids: Iterable[Grid], root: Grid) -> list[Board]:
    """The boards of some grids, all of them `root` or inside it, in five queries."""
    grids = list(grids)
    load_ancestors({grid.pk: grid for grid in [root, *grids]}.values())
    load_branches(grids)
    inside = _Inside(root)
    return [inside.board(grid) for grid in grids]


class _Inside:
    """Grids, posts and organisations in and above `root`, as far as boards show them."""

    def __init__(self, root: Grid):
        deepest = _deepest_head(root)
        below = Grid.objects.active().within(root).filter(level__lte=deepest, level__gt=root.level)
        self.children = defaultdict(list)
        for grid in below.order_by("lft"):
            self.children[parent_code(grid.code)].append(grid)
        self.people = self._read_people(root, deepest)
        self.organisations = self._read_organisations(root)

    @staticmethod
    def _read_people(root: Grid, deepest: int) -> dict[tuple[str, str], list[str]]:
        """Names by grid code and role."""
        posts = Post.objects.active().filter(user__is_active=True, role__in=[Role.CHIEF, Role.STAFF, Role.POLICE])
        posts = posts.filter(Q(grid__code__in=ancestor_codes(root.code)) | Q(position__range=(root.lft, root.rght)))
        people = defaultdict(list)
        # Somebody without a name would stand there with the name of their account.
        found = posts.filter(grid__level__lte=deepest).exclude(user__name="").order_by("started_at", "pk")
        for code, role, name in found.values_list("grid__code", "role", "user__name"):
            people[code, role].append(name)
        return people

    @staticmethod
    def _read_organisations(root: Grid) -> dict[str, list[Organisation]]:
        """By grid code; of a grid above the communities only its own."""
        deepest = Level.UNIT if root.level >= Level.COMMUNITY else root.level
        found = Organisation.objects.active().filter(kind__in=PUBLIC_KINDS, grid__level__lte=deepest)
        found = found.filter(
            Q(grid__code__in=_way_up(root, Level.COMMUNITY)) | Q(position__range=(root.lft, root.rght))
        )
        organisations = defaultdict(list)
        for organisation in sorted(found, key=lambda one: (PUBLIC_KINDS.index(one.kind), one.name)):
            organisations[organisation.grid_code].append(organisation)
        return organisations

    def board(self, grid: Grid) -> Board:
        around = [one for code in _way_up(grid, Level.COMMUNITY) for one in self.organisations[code]]
        with_phone = [one for one in around if one.public_phone]
        with_phone.sort(key=lambda one: PUBLIC_KINDS.index(one.kind))
        return Board(
            grid=grid,
            chief=next(iter(self.people[grid.code, Role.CHIEF]), ""),
            staff=self.people[grid.code, Role.STAFF],
            police=self._nearest_police(grid),
            police_room=next((one for one in around if one.kind == OrganisationKind.POLICE_ROOM), None),
            branch=grid.branch,
            phones=with_phone[:PHONES],
            heads=self._heads(grid, _deepest_head(grid)),
        )

    def _nearest_police(self, grid: Grid) -> list[str]:
        return next((found for code in _way_up(grid, Level.STREET) if (found := self.people[code, Role.POLICE])), [])

    def _heads(self, grid: Grid, deepest: int) -> list[Head]:
        heads = [
            Head(child.name, next(iter(self.people[child.code, Role.CHIEF]), ""), self._heads(child, deepest))
            for child in self.children[grid.code]
            if child.level <= deepest
        ]
        # Where nobody heads anything, as in most units, a list of vacancies would tell nobody whom to turn to.
        return heads if any(head.chief or head.below for head in heads) else []


def _deepest_head(grid: Grid) -> int:
    """Two levels below a community or building; above them the second level would be hundreds of people."""
    return grid.level + (2 if grid.level >= Level.COMMUNITY else 1)


def police_of(grid: Grid) -> list[Post]:
    """The posts of the police officers of the grid itself or of the nearest one above it, up to its street."""
    way = _way_up(grid, Level.STREET)
    posts = Post.objects.active().filter(role=Role.POLICE, grid__code__in=way).select_related("user", "grid")
    found = sorted(posts, key=lambda post: (way.index(post.grid.code), post.pk))
    return [post for post in found if post.grid_id == found[0].grid_id]


def organisations_of(grid: Grid) -> list[Organisation]:
    """The organisations in use on the grid; of a building or unit also those of its community that look after it."""
    above = Q(grid__code__in=_way_up(grid, Level.COMMUNITY), kind__in=NEIGHBOURLY_KINDS)
    found = Organisation.objects.active().filter(Q(grid=grid) | above)[:MOST_ORGANISATIONS]
    return sorted(found, key=lambda one: (-len(one.grid_code), list(OrganisationKind).index(one.kind), one.name))


def _way_up(grid: Grid, highest: int) -> list[str]:
    """The codes from the grid up to that level, nearest first; of a grid above it its own alone."""
    return [grid.code, *(code for code in ancestor_codes(grid.code) if level_of(code) >= highest)]
