"""A sheet of the 12345 hotline on its way in: uploaded, read, its columns told, its rows checked and decided on.

What a person asks for is a state; a worker does it. Each task may run twice, and a worker may die at any moment: the
state is as before then, and the beat has it done again.
"""

import base64
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO

from celery import current_app
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from events.hotline import columns
from events.hotline.orders import Order, read_order
from events.hotline.places import Places
from events.hotline.words import Words
from events.models import HOTLINE, Category, HotlineImport, HotlineMapping, HotlineOrder, HotlineRow
from events.services.residents import catch_all_category
from events.workflow import DESK_ROLES
from grids.access import may_work_on
from grids.encryption import Secret, Unreadable
from grids.models import Grid, Level, Post, User
from grids.moments import aware_now
from grids.services.importing import too_large_text
from grids.sheets import progress, reading
from grids.sheets.cells import packed, unpacked
from grids.sheets.workbook import BadFile

logger = logging.getLogger(__name__)

Status, Outcome, About = HotlineImport.Status, HotlineRow.Outcome, HotlineMapping.About
LEFT_OUT = (Outcome.OPEN, Outcome.WRONG, Outcome.REFUSED)
CHUNK = 500  # rows in memory at a time
MOST_ATTEMPTS = 5  # a sheet that kills its worker must not do so for ever
MOST_WORDS = 300  # different ones; a column that has more is none of categories
TASKS = {Status.UPLOADED: "read_hotline", Status.CONFIRMED: "file_hotline"}
CHECKED = ("order", "word", "area", "category", "grid", "outcome", "problem", "remarks", "event")


class Refused(Exception):
    """The sheet cannot be read or filed; the message is for the person who uploaded it."""


def hotline_post(user: User) -> Post | None:
    """The post by which somebody may bring sheets in: the highest desk of a community or above; None without one."""
    posts = [post for post in user.active_posts if post.role in DESK_ROLES and post.grid.level <= Level.COMMUNITY]
    return min(posts, key=lambda post: (post.grid.level, post.grid.lft), default=None)


def hotline_imports(user: User) -> QuerySet[HotlineImport]:
    """The sheets that somebody brought in, while they may: a sheet is full of residents' affairs."""
    mine = HotlineImport.objects.defer("content").filter(uploaded_by=user)
    return mine if hotline_post(user) else mine.none()


# What a person asks for


def upload_hotline(*, actor: User, file_name: str, file: BinaryIO, at: datetime | None = None) -> HotlineImport:
    """Take a file in and have it read; ValidationError for what is seen at once to be no sheet."""
    post = hotline_post(actor)
    if post is None:
        raise PermissionDenied(_("Sheets of the hotline are for the desks of communities and above."))
    if file.seek(0, 2) > reading.LARGEST_UPLOAD:
        raise ValidationError(too_large_text())
    try:
        reading.check_file(file)
    except BadFile as error:
        raise ValidationError(str(error)) from error
    file.seek(0)
    name = "".join(char for char in PurePath(file_name).name if char.isprintable())
    with transaction.atomic():
        hotline_import = HotlineImport.objects.create(
            home=post.grid,
            file_name=name[-200:],
            content=Secret.of(base64.b64encode(file.read()).decode()),
            uploaded_by=actor,
            uploaded_at=aware_now(at),
        )
        queue_later(hotline_import)
    return hotline_import


@transaction.atomic
def tell_columns(
    *, actor: User, hotline_import: HotlineImport, meanings: Mapping[str, str], at: datetime | None = None
) -> HotlineImport:
    """Remember which column each heading is, empty for none, and have the rows read that way."""
    locked = locked_import(actor, hotline_import, Status.MAPPING, Status.CHECKED)
    headings = locked.layout["columns"]
    given = {heading: key for heading, key in meanings.items() if heading in headings and key in columns.BY_KEY}
    if lacking := columns.REQUIRED - set(given.values()):
        titles = "、".join(str(columns.BY_KEY[key].title) for key in columns.BY_KEY if key in lacking)
        raise ValidationError(_("Say which column has the %(columns)s.") % {"columns": titles})
    if len(set(given.values())) < len(given):
        raise ValidationError(_("Two columns cannot mean the same. Choose one of them."))
    for heading in headings:
        _remember(locked, actor, at, about=About.COLUMN, text=heading[:200], column=given.get(heading, ""))
    locked.status, locked.problem, locked.attempts = Status.UPLOADED, "", 0
    locked.save(update_fields=["status", "problem", "attempts"])
    queue_later(locked)
    return locked


@transaction.atomic
def tell_words(
    *, actor: User, hotline_import: HotlineImport, meanings: Mapping[str, Category], at: datetime | None = None
) -> HotlineImport:
    """Remember which category each word of the hotline is, for this sheet and the next ones."""
    locked = locked_import(actor, hotline_import, Status.CHECKED, Status.DONE)
    for word, category in meanings.items():
        if not category.is_active:
            raise ValidationError(_("This category is no longer in use. Choose another."))
        _remember(locked, actor, at, about=About.CATEGORY, text=word, category=category)
        undecided(locked).filter(word=word).update(category=category)
    return _decided(locked)


@transaction.atomic
def tell_places(
    *, actor: User, hotline_import: HotlineImport, places: Mapping[int, Grid], at: datetime | None = None
) -> HotlineImport:
    """Set where rows, by primary key, arose; what is said of an area holds for all its rows and the next sheets."""
    locked = locked_import(actor, hotline_import, Status.CHECKED, Status.DONE)
    for row in undecided(locked).filter(pk__in=places):
        grid = places[row.pk]
        if grid.retired_at or not may_work_on(actor, grid):
            raise ValidationError(_("This grid is outside your area."))
        same = undecided(locked).filter(pk=row.pk)
        if row.area:
            _remember(locked, actor, at, about=About.AREA, text=row.area, grid=grid)
            same |= undecided(locked).filter(area=row.area, grid=None)
        same.update(grid=grid)
    return _decided(locked)


@transaction.atomic
def cancel_hotline(*, actor: User, hotline_import: HotlineImport) -> HotlineImport:
    """Give a sheet up before any of it was filed; its rows are forgotten at once."""
    locked = locked_import(actor, hotline_import, Status.UPLOADED, Status.MAPPING, Status.CHECKED, Status.FAILED)
    if locked.rows.filter(outcome=Outcome.FILED).exists():
        raise ValidationError(_("Some of it has been filed already; what is left is removed by itself."))
    locked.rows.all().delete()
    locked.status, locked.content = Status.CANCELLED, None
    locked.save(update_fields=["status", "content"])
    return locked


def _remember(hotline_import: HotlineImport, actor: User, at: datetime | None, *, about: str, text: str, **meaning):
    HotlineMapping.objects.update_or_create(
        home_id=hotline_import.home_id,
        about=about,
        text=text,
        defaults={"chosen_by": actor, "chosen_at": aware_now(at), **meaning},
    )


def undecided(hotline_import: HotlineImport) -> QuerySet[HotlineRow]:
    """The rows of which a person may still say what they are."""
    return hotline_import.rows.filter(outcome__in=(Outcome.OPEN, Outcome.READY))


def _decided(hotline_import: HotlineImport) -> HotlineImport:
    complete = hotline_import.rows.filter(outcome=Outcome.OPEN, category__isnull=False, grid__isnull=False)
    complete.update(outcome=Outcome.READY)
    hotline_import.counts = hotline_import.count()
    hotline_import.save(update_fields=["counts"])
    return hotline_import


def locked_import(actor: User, hotline_import: HotlineImport, *allowed: str) -> HotlineImport:
    """The import as it is now; PermissionDenied or ValidationError where the actor or its state forbids."""
    locked = HotlineImport.objects.select_for_update(of=("self",)).defer("content").get(pk=hotline_import.pk)
    if locked.uploaded_by_id != actor.pk or not hotline_post(actor):
        raise PermissionDenied(_("This is somebody else's import."))
    if locked.status not in allowed or locked.cleaned_at:
        raise ValidationError(
            _("This is not possible any more: the import is %(state)s.") % {"state": locked.get_status_display()}
        )
    return locked


# What a worker does


def queue_later(hotline_import: HotlineImport) -> None:
    transaction.on_commit(lambda: queue(hotline_import), robust=True)


def queue(hotline_import: HotlineImport) -> bool:
    try:
        current_app.send_task(f"events.tasks.{TASKS[hotline_import.status]}", [hotline_import.pk], retry=False)
    except BrokerError as error:  # the beat asks again once the broker is back
        logger.warning("The broker is away, hotline import %s waits: %s", hotline_import.pk, error)
        return False
    return True


def work(pk: int, status: str, do: Callable[[HotlineImport], None]) -> None:
    """Do one step of an import, unless another worker is at it or has done it. Logs hold no words of the sheet."""
    if not progress.begin(progress_key(pk)):
        return
    try:
        if hotline_import := _claim(pk, status):
            do(hotline_import)
    except (BadFile, Refused) as error:
        _fail(pk, status, str(error))
    except Unreadable:
        _fail(pk, status, _("The sheet cannot be read any more: its key is missing. Upload it again."))
    except DatabaseError as error:  # a deadlock, a restart, a lock that was not to be had: the beat tries again
        logger.warning("Hotline import %s has to wait: %s", pk, type(error).__name__)
    except Exception as error:
        # Neither message nor traceback: either may hold what a resident said.
        logger.error("Hotline import %s failed: %s", pk, type(error).__name__)
        _fail(pk, status, _("The system has failed at this sheet. Please tell its operators."))
    finally:
        progress.end(progress_key(pk))


def progress_key(pk: int) -> str:
    return f"hotline-{pk}"


def _claim(pk: int, status: str) -> HotlineImport | None:
    with transaction.atomic():
        hotline_import = free(pk, status)
        if hotline_import is None:
            return None
        hotline_import.attempts += 1
        if hotline_import.attempts > MOST_ATTEMPTS:
            raise Refused(_("The worker was interrupted at this sheet again and again."))
        hotline_import.save(update_fields=["attempts"])
    return hotline_import


def free(pk: int, status: str) -> HotlineImport | None:
    """The import, locked, if it is in this state and no other worker holds it."""
    found = HotlineImport.objects.select_for_update(of=("self",), skip_locked=True).defer("content")
    return found.select_related("home", "uploaded_by").filter(pk=pk, status=status).first()


def _fail(pk: int, status: str, problem: str) -> None:
    changes = {"status": Status.FAILED, "problem": problem, "attempts": 0, "content": None}
    HotlineImport.objects.filter(pk=pk, status=status).update(**changes)


def read_hotline(*, pk: int, at: datetime | None = None) -> None:
    """Read an uploaded sheet, and check its rows once nothing is left to ask about its columns."""
    work(pk, Status.UPLOADED, _read)


def _read(hotline_import: HotlineImport) -> None:
    if not hotline_import.layout:
        _take_rows(hotline_import)
    found = columns.told(hotline_import.layout["columns"], remembered_columns(hotline_import.home))
    if found.is_settled:
        return _check(hotline_import, found.columns)
    changes = {"status": Status.MAPPING, "attempts": 0}
    HotlineImport.objects.filter(pk=hotline_import.pk, status=Status.UPLOADED).update(**changes)
    return None


def _take_rows(hotline_import: HotlineImport) -> None:
    """From the file to encrypted rows, all or none; the file is forgotten."""
    content = HotlineImport.objects.only("content").get(pk=hotline_import.pk).content
    known = columns.KNOWN | remembered_columns(hotline_import.home).keys()
    file = BytesIO(base64.b64decode(content.reveal()))
    table = reading.read_any_table(file, known, set(columns.NAMES[columns.NUMBER]))
    with transaction.atomic():
        hotline_import.rows.all().delete()
        done = 0
        for chunk in _chunks(table.rows):
            HotlineRow.objects.bulk_create(_taken(hotline_import, *row) for row in chunk)
            done += len(chunk)
            progress.report(progress_key(hotline_import.pk), "reading", done)
        if not done:
            raise Refused(_("The table has a header but no rows."))
        hotline_import.layout = asdict(table.layout) | {"above": []}  # notes there may name people
        hotline_import.content = None
        hotline_import.save(update_fields=["layout", "content"])


def _taken(hotline_import: HotlineImport, number: int, cells: list, ignored: str) -> HotlineRow:
    return HotlineRow(
        hotline_import=hotline_import,
        number=number,
        cells=None if ignored else Secret.of(packed(cells)),
        outcome=Outcome.IGNORED if ignored else Outcome.OPEN,
        remarks=[ignored] if ignored else [],
    )


def _chunks(items: Iterable) -> Iterator[list]:
    items = iter(items)
    while chunk := list(islice(items, CHUNK)):
        yield chunk


# What is remembered


def _remembered(home: Grid, about: str) -> QuerySet[HotlineMapping]:
    """What this office or one above it has said, the nearest last."""
    offices = [home, *home.ancestors]
    return HotlineMapping.objects.filter(home__in=offices, about=about).order_by("home__level")


def remembered_columns(home: Grid) -> dict[str, str]:
    return dict(_remembered(home, About.COLUMN).values_list("text", "column"))


def remembered_words(home: Grid) -> dict[str, Category]:
    found = _remembered(home, About.CATEGORY).filter(category__is_active=True).select_related("category")
    return {mapping.text: mapping.category for mapping in found}


def remembered_areas(user: User, home: Grid) -> dict[str, Grid]:
    """Where the grids are still in use and the person may file for them."""
    found = _remembered(home, About.AREA).filter(grid__retired_at=None).select_related("grid")
    return {mapping.text: mapping.grid for mapping in found if may_work_on(user, mapping.grid)}


# Checking rows


def order_of(row: HotlineRow, hotline_import: HotlineImport) -> Order:
    """What a row that still has its cells says; raises Unreadable."""
    headings = hotline_import.layout["columns"]
    places = {key: headings[heading] for key, heading in hotline_import.columns.items()}
    return read_order(unpacked(row.cells.reveal()), places)


def _check(hotline_import: HotlineImport, found: dict[str, str]) -> None:
    hotline_import.columns = found
    user, home = hotline_import.uploaded_by, hotline_import.home
    places = Places(user, home, remembered_areas(user, home))
    words = Words(remembered_words(home), catch_all_category())
    rows = hotline_import.rows.exclude(outcome=Outcome.IGNORED).order_by("number")
    seen: dict[str, int] = {}
    total, done, last = rows.count(), 0, 0
    while chunk := list(rows.filter(number__gt=last)[:CHUNK]):
        _check_rows(chunk, hotline_import, places, words, seen)
        done, last = done + len(chunk), chunk[-1].number
        progress.report(progress_key(hotline_import.pk), "checking", done, total)
    _checked(hotline_import)


@transaction.atomic
def _checked(hotline_import: HotlineImport) -> None:
    locked = free(hotline_import.pk, Status.UPLOADED)
    if locked is None:
        if HotlineImport.objects.filter(pk=hotline_import.pk, status=Status.CANCELLED).exists():
            hotline_import.rows.all().delete()  # given up while this was writing them
        return
    locked.status, locked.columns, locked.counts = Status.CHECKED, hotline_import.columns, locked.count()
    locked.problem, locked.attempts = "", 0
    if open_words(locked).count() > MOST_WORDS:
        locked.status = Status.MAPPING
        locked.problem = _("The column chosen for the category has too many different values. Choose another one.")
    locked.save(update_fields=["status", "columns", "counts", "problem", "attempts"])


def open_words(hotline_import: HotlineImport) -> QuerySet:
    """The words of the hotline that nobody has said a category of yet."""
    rows = hotline_import.rows.filter(outcome=Outcome.OPEN, category=None).exclude(word="")
    return rows.order_by("word").values_list("word", flat=True).distinct()


def _check_rows(
    rows: list[HotlineRow], hotline_import: HotlineImport, places: Places, words: Words, seen: dict[str, int]
) -> None:
    """Say of each row what it would do; the database is asked for all of them at once."""
    orders = [order_of(row, hotline_import) for row in rows]
    numbers = {order.number for order in orders}
    known = dict(HotlineOrder.objects.filter(source=HOTLINE, number__in=numbers).values_list("number", "event"))
    for row, order, grid in zip(rows, orders, places.find(orders), strict=True):
        row.order, row.word, row.area = order.number, order.word, order.area
        row.category, row.grid, row.event_id = words.find(order.word), grid, known.get(order.number)
        row.problem, row.remarks = " ".join(order.problems), order.remarks
        row.outcome = _outcome(row, seen, is_elsewhere=grid is None and places.is_elsewhere(order))
    HotlineRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["hotline_import", "number"], update_fields=CHECKED
    )


def _outcome(row: HotlineRow, seen: dict[str, int], *, is_elsewhere: bool) -> str:
    if row.problem:
        return Outcome.WRONG
    if row.event_id:
        return Outcome.KNOWN
    if (first := seen.setdefault(row.order, row.number)) != row.number:
        row.problem = _("Row %(number)d has the same order number.") % {"number": first}
        return Outcome.WRONG
    if is_elsewhere:
        return Outcome.ELSEWHERE
    return Outcome.READY if row.category and row.grid else Outcome.OPEN
