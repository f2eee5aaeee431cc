"""Who tells of a place in public, and who reviews what is told."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from branches.access import may_run_for
from branches.disclosure.workflow import Action, Side, State
from branches.models import Branch, Publication, Story, StoryStep
from grids.access import overseen_ranges, visible_grids, within
from grids.models import Grid, Level, User
from grids.tree import DIGITS, community_code, interval

LEVELS = (Level.STREET, Level.COMMUNITY)  # whose pages everybody may open
WRITING = (StoryStep.WRITE, StoryStep.EDIT, Action.SUBMIT)


def is_told_of(grid: Grid) -> bool:
    """Whether the grid has a page of its own for everybody."""
    return grid.level in LEVELS and not grid.retired_at


def tellable_grids(user: User) -> QuerySet[Grid]:
    """The streets and communities that the user tells of: where they answer, or lead a branch over it."""
    return _places(within(overseen_ranges(user), "lft") | within(Branch.objects.ranges_led_by(user), "lft"))


def storied_grids(user: User) -> QuerySet[Grid]:
    """Those that the user writes stories of: where they tell, and where a branch that they lead covers something."""
    led = Branch.objects.grids_led_by(user)
    told = within(overseen_ranges(user), "lft") | within([(grid.lft, grid.rght) for grid in led], "lft")
    return _places(told | Q(code__in=_communities_of(led)))


def _places(own: Q) -> QuerySet[Grid]:
    return Grid.objects.active().filter(own, level__in=LEVELS).order_by("lft")


def _communities_of(grids: Iterable[Grid]) -> set[str]:
    """The codes of the communities that hold these buildings and units."""
    return {community_code(grid.code) for grid in grids if grid.level > Level.COMMUNITY}


def find_place(places: QuerySet[Grid], code: str) -> Grid | None:
    """The one of this code."""
    return places.filter(code=code).first() if code.isascii() and code.isdigit() else None


def may_tell(user: User, grid: Grid) -> bool:
    return is_told_of(grid) and may_run_for(user, grid)


def may_write(user: User, grid: Grid, happened_on: Grid | None = None) -> bool:
    """Whether the user may write a story of the place, told of something that happened on a grid of it.

    Who leads a branch there writes of what happened on its grids, or of no case; the street reviews it as any story.
    """
    if may_tell(user, grid):
        return True
    is_own = happened_on is None or may_run_for(user, happened_on)
    return is_own and is_told_of(grid) and grid.code in _communities_of(Branch.objects.grids_led_by(user))


def writes(user: User, story: Story) -> bool:
    """Whether the user works on the story: who tells of its place, and of their own who may write of it."""
    if may_tell(user, story.grid):
        return True
    return story.written_by_id == user.pk and may_write(user, story.grid)


def check_may_tell(actor: User | None, grid: Grid) -> None:
    """PermissionDenied unless the actor tells of this place; a command, actor None, always may."""
    if actor is not None and not may_tell(actor, grid):
        raise PermissionDenied(_("You do not publish for %(grid)s.") % {"grid": grid})


def check_may_write(actor: User | None, grid: Grid, happened_on: Grid | None = None) -> None:
    """PermissionDenied unless the actor may write of this; a command, actor None, always may."""
    if actor is None or may_write(actor, grid, happened_on):
        return
    if happened_on and may_write(actor, grid):
        raise PermissionDenied(_("%(grid)s is not covered by a branch that you lead.") % {"grid": happened_on})
    raise PermissionDenied(_("You do not publish for %(grid)s.") % {"grid": grid})


def check_writes(actor: User | None, story: Story) -> None:
    """PermissionDenied unless the actor works on the story; a command, actor None, always may."""
    if actor is not None and not writes(actor, story):
        raise PermissionDenied(_("You do not publish for %(grid)s.") % {"grid": story.grid})


def visible_publications(user: User) -> QuerySet[Publication]:
    """What the places that the user sees have published, the withdrawn ones too."""
    return Publication.objects.filter(grid__in=visible_grids(user))


def get_publication(user: User, pk: int) -> Publication:
    """The publication; 404 where the user may not see it."""
    return get_object_or_404(visible_publications(user).select_related("grid"), pk=pk)


def visible_stories(user: User) -> QuerySet[Story]:
    """Published ones of the places that the user sees; all others where they write or review, and their own."""
    if not user.is_active:
        return Story.objects.none()
    led = within(Branch.objects.ranges_led_by(user))
    working = within(overseen_ranges(user)) | led | Q(written_by=user)
    return Story.objects.filter(working | Q(state=State.PUBLISHED, grid__in=visible_grids(user)))


def get_story(user: User, pk: int) -> Story:
    """The story; 404 where the user may not see it."""
    return get_object_or_404(visible_stories(user).select_related("grid", "written_by"), pk=pk)


def reviewed_by(user: User) -> QuerySet[Story]:
    """The stories for review that wait for this user: of their street or below, and none that they had a hand in."""
    answered = [(lft, rght) for lft, rght in overseen_ranges(user) if _is_street_or_above(lft)]
    mine = StoryStep.objects.filter(actor=user, action__in=WRITING)
    return Story.objects.filter(within(answered), state=State.REVIEW).exclude(pk__in=mine.values("story"))


def _is_street_or_above(lft: int) -> bool:
    return lft == 0 or lft % 12 <= Level.STREET  # the whole tree, or by the level that a place ends with


def sides_of(user: User, story: Story) -> frozenset[Side]:
    """Where the user stands in this story."""
    sides = set()
    if writes(user, story):
        sides.add(Side.WRITER)
    street, _rght = interval(story.grid.code[: DIGITS[Level.STREET]])
    if any(lft <= street <= rght for lft, rght in overseen_ranges(user)):
        sides.add(Side.REVIEWER)
    if Side.REVIEWER in sides and story.steps.filter(actor=user, action__in=WRITING).exists():
        sides.remove(Side.REVIEWER)
    return frozenset(sides)
