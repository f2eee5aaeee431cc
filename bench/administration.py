"""Django admin on the whole tree with 100,000 events: server time (Django's test client, no network) and queries."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from bench.cases import fill
from bench.city import BATCH, build_city
from bench.pages import BUILDING, COMMUNITY, EVENTS, QUICK_EVENTS, STREET, browse, holder, measure
from bench.report import Figure
from events.models import Event
from grids.models import Grid, GridChange, Level, Organisation, OrganisationKind, Post, Role, User

CITY, DISTRICT = "1501", "150105"
MOST_MILLISECONDS, MOST_QUERIES = 300, 20
FORMER_POSTS, CHANGES = 20_000, 5_000
WORDS = {
    "a name that many have": "1号楼",
    "a name that few have": "人民路",
    "a name that none has": "没有这个",
    "initials": "rmlj",
    "initials with a digit": "3hl",
    "the way down the tree": "健康 3号楼",
    "a code": COMMUNITY,
    "the beginning of all codes": "15",
}

Page = tuple[str, User, str]  # what it is, who opens it, and where


def figures(quick: bool) -> Iterator[Figure]:
    """Every page by a superuser, and what the official who manages a district sees."""
    fill(build_city(quick), QUICK_EVENTS if quick else EVENTS)
    add_history()
    superuser, manager = make_managers()
    hungriest = 0
    for what, user, path in [*grid_pages(superuser), *other_pages(superuser), *manager_pages(manager)]:
        cost = measure(browse(user, path))
        hungriest = max(hungriest, cost.queries)
        yield cost.figure(f"p95 {what}", MOST_MILLISECONDS)
    yield Figure("queries of the page that makes most", hungriest, "queries", MOST_QUERIES)


def add_history() -> None:
    """Posts that have ended, organisations, and reorganisations."""
    now = timezone.now()
    posts = list(Post.objects.order_by("pk")[:FORMER_POSTS])
    for number, post in enumerate(posts):
        post.pk, post.ended_at = None, now - timedelta(days=number % 900)
    Post.objects.bulk_create(posts, batch_size=BATCH)
    grids = list(Grid.objects.filter(level__in=[Level.STREET, Level.COMMUNITY]).order_by("lft"))
    Organisation.objects.bulk_create(
        [
            Organisation(grid=grid, position=grid.lft, name=f"{grid.name}{kind.label}", kind=kind)
            for grid in grids
            for kind in OrganisationKind
        ],
        batch_size=BATCH,
    )
    GridChange.objects.bulk_create(
        [
            GridChange(
                grid=grid, position=grid.lft, kind=GridChange.Kind.RENAME, at=now, reason="按文件更名",
                old_name=f"原{grid.name}", new_name=grid.name, old_code=grid.code, new_code=grid.code,
            )
            for grid in Grid.objects.filter(level=Level.BUILDING).order_by("lft")[:CHANGES]
        ],
        batch_size=BATCH,
    )  # fmt: skip


def make_managers() -> tuple[User, User]:
    """A superuser, and the official of a district who manages it."""
    manager = holder(DISTRICT, Role.OFFICIAL)
    manager.posts.filter(grid__code=DISTRICT).update(is_manager=True)
    return User.objects.create_superuser("bench", name="管理员"), manager


def grid_pages(user: User) -> Iterator[Page]:
    yield "grids, the top", user, changelist(Grid)
    for level, code in (("city", CITY), ("district", DISTRICT), ("street", STREET), ("community", COMMUNITY)):
        yield f"grids below a {level}", user, changelist(Grid, parent=code)
    for what, words in WORDS.items():
        yield f"grids by {what}", user, changelist(Grid, q=words)
    yield "grids by a name that many have, page 2", user, changelist(Grid, q="1号楼", p=2)
    yield "grids by a name that many have, page 40", user, changelist(Grid, q="1号楼", p=40)
    for what, words in {"nothing": "", **WORDS}.items():
        asked = {"app_label": "grids", "model_name": "post", "field_name": "grid", "term": words}
        yield f"choices of grids by {what}", user, f"{reverse('admin:autocomplete')}?{urlencode(asked)}"
    for level, code in (("city", CITY), ("street", STREET), ("building", BUILDING)):
        yield f"one {level}", user, change(Grid.objects.get(code=code))
    yield "adding a grid", user, reverse("admin:grids_grid_add")
    below = urlencode({"_changelist_filters": f"parent={COMMUNITY}"})
    yield "adding a grid below a community", user, f"{reverse('admin:grids_grid_add')}?{below}"


def other_pages(user: User) -> Iterator[Page]:
    post = Post.objects.active().get(grid__code=STREET, role=Role.CHIEF)
    yield "front page", user, reverse("admin:index")
    yield "posts", user, changelist(Post)
    yield "posts, page 50", user, changelist(Post, p=50)
    yield "posts in office", user, changelist(Post, state="active")
    yield "posts of the police", user, changelist(Post, role__exact=Role.POLICE)
    for what, words in (("a person", "人员77"), ("a grid", "1号楼"), ("a code", STREET), ("nothing known", "没有这个")):
        yield f"posts by {what}", user, changelist(Post, q=words)
    yield "one post", user, change(post)
    yield "adding a post", user, reverse("admin:grids_post_add")
    yield "people", user, changelist(User)
    yield "people by name", user, changelist(User, q="人员77")
    yield "people by a name that none has", user, changelist(User, q="没有这个")
    yield "one person", user, change(Post.objects.active().filter(grid__code=BUILDING)[0].user)
    asked = {"app_label": "grids", "model_name": "post", "field_name": "user", "term": "人员77"}
    yield "choices of people by name", user, f"{reverse('admin:autocomplete')}?{urlencode(asked)}"
    for model, words in ((Organisation, "物业"), (GridChange, "1号楼")):
        if admin.site.is_registered(model):
            yield f"{model._meta.verbose_name_raw}s", user, changelist(model)
            yield f"{model._meta.verbose_name_raw}s by name", user, changelist(model, q=words)
            yield f"one {model._meta.verbose_name_raw}", user, change(model.objects.all()[100])
    yield "events", user, changelist(Event)
    yield "events that are open", user, changelist(Event, status__exact="handling")
    yield "events by a word that many have", user, changelist(Event, q="请派人")
    yield "events by a word that none has", user, changelist(Event, q="没有这个词")
    yield "one event", user, change(Event.objects.open().latest("filed_at"))


def manager_pages(user: User) -> Iterator[Page]:
    yield "front page, manager", user, reverse("admin:index")
    yield "grids, the manager's own", user, changelist(Grid)
    yield "grids below a street, manager", user, changelist(Grid, parent=STREET)
    for what, words in WORDS.items():
        yield f"grids by {what}, manager", user, changelist(Grid, q=words)
    yield "posts, manager", user, changelist(Post)
    yield "posts by a grid, manager", user, changelist(Post, q="1号楼")


def changelist(model: type[Model], **query) -> str:
    return f"{_address(model, 'changelist')}?{urlencode(query)}"


def change(thing: Model) -> str:
    return _address(thing, "change", thing.pk)


def _address(model: Model | type[Model], page: str, *args: int) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
