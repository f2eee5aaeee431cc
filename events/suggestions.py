"""What forms offer first: places, categories and handlers that somebody most likely means, and searches for more."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Case, F, When

from events.models import Category, Event
from events.services import handler_candidates, organisation_candidates
from events.wording import place
from grids.access import may_work_on, workable_grids
from grids.models import Grid, Level, Organisation, Post, User, load_ancestors

CHIPS = 8
CHOICES = 30
LATEST = 40
KINDS = ("governance", "event", "component")  # our own first: they are what a grid meets most


def by_major(categories: Iterable[Category]) -> dict[str, list[Category]]:
    """Minors by their major."""
    majors: dict[str, list[Category]] = {}
    for category in sorted(categories, key=lambda category: KINDS.index(category.kind)):
        majors.setdefault(category.major, []).append(category)
    return majors


def familiar_categories(user: User, categories: list[Category]) -> list[Category]:
    """What this person files most of late, filled up with what is filed around them, then with our own minors."""
    mine = Event.objects.filter(reporter=user).order_by("-filed_at", "-pk")
    around = Event.objects.visible_to(user).order_by(F("filed_at").desc(), F("pk").desc())
    known = {category.pk: category for category in categories}
    ranked = _most_common(mine)
    if len(ranked) < CHIPS:
        ranked += _most_common(around)
    ranked += [category.pk for category in categories if category.kind == KINDS[0]]
    return [known[pk] for pk in dict.fromkeys(ranked) if pk in known][:CHIPS]


def _most_common(events) -> list[int]:
    return [pk for pk, _count in Counter(events.values_list("category", flat=True)[:LATEST]).most_common()]


def familiar_places(user: User, chosen: str = "") -> list[Grid]:
    """Where this person filed last, then the grids of their posts; the chosen one is always among them."""
    filed = Event.objects.filter(reporter=user).order_by("-filed_at", "-pk").select_related("grid")[:LATEST]
    last = [event.grid for event in filed if may_work_on(user, event.grid) and not event.grid.retired_at]
    last = list({grid.pk: grid for grid in last}.values())[:3]
    own = [post.grid for post in user.active_posts if not post.grid.retired_at]
    grids = list({grid.pk: grid for grid in [*last, *own]}.values())[:CHIPS]
    if chosen and chosen not in [grid.code for grid in grids]:
        grids = [*workable_grids(user).filter(code=chosen), *grids]
    return with_places(grids)


def found_places(user: User, words: str) -> list[Grid]:
    """The grids that the words find; without words what lies nearest."""
    grids = workable_grids(user)
    grids = grids.search(words) if words.strip() else grids.filter(level=_nearest_level(user))
    return with_places(grids.order_by("lft")[:CHOICES])


def _nearest_level(user: User) -> int:
    """The level that somebody would pick from first: the buildings of a community, the streets of a district."""
    return max((min(post.grid.level + 1, Level.BUILDING) for post in user.active_posts), default=Level.STREET)


def handlers(event: Event, words: str) -> list[Post]:
    """Posts of people to choose from, nearest to the case first; words look through all candidates."""
    posts = Post.objects.active().within(event.holder).filter(user__in=handler_candidates(event))
    if words:
        posts = posts.filter(user__name__icontains=words) | posts.filter(grid__name__icontains=words)
    posts = posts.select_related("user", "grid")
    near = posts.filter(grid__in=[event.grid, *event.grid.ancestors]).order_by("-grid__level", "pk")
    people: dict[int, Post] = {}
    for post in [*near[:CHOICES], *posts.order_by("position", "pk")[:CHOICES]]:
        people.setdefault(post.user_id, post)
    found = list(people.values())[:CHOICES]
    load_ancestors(post.grid for post in found)
    for post in found:
        post.place = place(post.grid)
    return found


def organisations(event: Event, words: str) -> list[Organisation]:
    """Organisations to choose from, nearest to the case first; words look through all candidates."""
    found = organisation_candidates(event)
    if words:
        found = found.search(words)
    # The grids of the way up come first, from the place on; then what lies beside it.
    way = [event.grid.pk, *(grid.pk for grid in reversed(event.grid.ancestors))]
    rank = Case(*(When(grid=pk, then=nearness) for nearness, pk in enumerate(way)), default=len(way))
    found = list(found.select_related("grid").order_by(rank, "position", "name")[:CHOICES])
    load_ancestors(organisation.grid for organisation in found)
    for organisation in found:
        organisation.place, organisation.key = place(organisation.grid), str(organisation.pk)
    return found


def with_places(grids: Iterable[Grid]) -> list[Grid]:
    """Give each grid its `place`, with one query for all."""
    grids = list(grids)
    load_ancestors(grids)
    for grid in grids:
        grid.place = place(grid)
    return grids


def common_part(grids: Iterable[Grid]) -> str:
    """The name of the community that all of these lie in, so that it need not be said with each; else empty."""
    parts = {grid.place.removesuffix(grid.name).strip() for grid in grids}
    return parts.pop() if len(parts) == 1 else ""
