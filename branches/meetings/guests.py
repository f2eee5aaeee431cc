"""Whom a meeting can ask, and whom its convener most likely means."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from branches.meetings.agenda import area_of
from branches.models import Branch, Meeting
from grids import tree
from grids.access import within
from grids.models import Grid, Level, Organisation, Post, Role, User

NAMED = 30  # on the form; a search finds more
FOUND = 20
LEADING = (Role.CHIEF, Role.OFFICIAL, Role.DISPATCHER)


def grid_of(convener: Branch | Grid) -> Grid:
    return convener.grid if isinstance(convener, Branch) else convener


def _district(grid: Grid) -> Q:
    """The district around, or the city of a grid above districts: whoever is asked works there or above."""
    return Q(position__range=tree.interval(grid.code[: tree.DIGITS[Level.DISTRICT]]))


def people_to_invite(convener: Branch | Grid) -> QuerySet[User]:
    """Who holds a post in the district or leads a branch there."""
    inside = _district(grid_of(convener))
    posts = Post.objects.active().filter(inside, user=OuterRef("pk"))
    led = Branch.objects.active().filter(inside)
    leads = Q(pk__in=led.values("secretary")) | Q(pk__in=led.values("deputy"))
    return User.objects.filter(Exists(posts) | leads, is_active=True)


def organisations_to_invite(convener: Branch | Grid) -> QuerySet[Organisation]:
    """Those of the district."""
    return Organisation.objects.active().filter(_district(grid_of(convener)))


def likely_people(convener: Branch | Grid) -> list[User]:
    """Who leads the branch and who is posted where it works; of a whole grid, who leads what lies directly below."""
    grid = grid_of(convener)
    if isinstance(convener, Branch):
        here = within(area_of(convener)) | Q(grid__code=grid.code[: tree.DIGITS[Level.COMMUNITY]])
        led = Branch.objects.filter(pk=convener.pk)
    else:
        here = Q(grid=grid) | Q(grid__parent=grid, role__in=LEADING)
        led = Branch.objects.active().within(grid)
    posts = Post.objects.active().filter(here).values("user")
    leads = Q(pk__in=led.values("secretary")) | Q(pk__in=led.values("deputy"))
    return list(people_to_invite(convener).filter(Q(pk__in=posts) | leads).order_by("name", "pk")[:NAMED])


def likely_organisations(convener: Branch | Grid) -> list[Organisation]:
    """The partners of the branch, and what serves its grid; of a whole grid, those that stand on it."""
    grid, found = grid_of(convener), organisations_to_invite(convener)
    if isinstance(convener, Branch):
        around = Q(partnerships__branch=convener) | Q(pk__in=found.serving(grid.lft, grid.rght).values("pk"))
    else:
        around = Q(grid=grid) | Q(partnerships__branch__in=Branch.objects.active().within(grid))
    return list(found.filter(around).distinct().order_by("position", "name")[:NAMED])


def found_guests(meeting: Meeting, words: str) -> tuple[list[User], list[Organisation]]:
    """People and organisations of this name that are not asked yet."""
    words = words.strip()
    if not words or "\0" in words:
        return [], []
    people = people_to_invite(meeting.convener).filter(name__icontains=words)
    people = people.exclude(invitations__meeting=meeting).order_by("name", "pk")
    organisations = organisations_to_invite(meeting.convener).search(words)
    organisations = organisations.exclude(invitations__meeting=meeting).order_by("position", "name")
    return list(people[:FOUND]), list(organisations[:FOUND])
