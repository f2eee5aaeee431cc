"""Reports of residents without an account, and what they do with their own case later."""

import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.attachments import RESIDENTS
from events.models import Attachment, Category, Event, Kind, ResidentContact
from events.services.acting import act
from events.services.attaching import discard_uploads, receive_uploads
from events.services.filing import file_under_free_number, filed_before
from events.text import long_text, plain_text, says_nothing
from events.workflow import QUESTIONS, RESIDENT_SIDES, TABLE, Action, Side, answered, refusal
from grids.encryption import Secret
from grids.models import Grid, Level, User
from grids.moments import aware_now
from grids.phones import plain_phone, validate_phone
from grids.readable import code_of, plain_code
from grids.services import PublicLimit, limits
from grids.tree import community_code

CODE_LENGTH = 6
NAME_LENGTH = 32
LONGEST_TITLE = 40
CATCH_ALL = {"kind": Kind.GOVERNANCE, "major": "社会治理", "minor": "其他诉求"}
_MANY_PHOTOS = gettext_lazy("Very many photos have come in a short time. Send it without them, or with them later.")
# What is told when the limit of this kind is reached.
REACHED: dict[str, str | Promise] = {
    "spam": gettext_lazy("Reports from your network were marked as nuisance, so this page takes none for a while."),
    "report": gettext_lazy("Very many reports have come from your network within an hour."),
    "report_in_grid": gettext_lazy("Very many reports have come from this neighbourhood within an hour."),
    "word": gettext_lazy("You have written very often within an hour. Try again later."),
    "photo": _MANY_PHOTOS,
    "photo_in_grid": _MANY_PHOTOS,
    "photo_anywhere": _MANY_PHOTOS,
}


@dataclass(frozen=True)
class Receipt:
    """A filed report, and the code that opens it; the code is kept nowhere and shown once."""

    event: Event
    code: str


def file_resident_report(
    *,
    grid: Grid,
    text: str,
    category: Category | None = None,
    address: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    name: str = "",
    phone: str = "",
    attachments: Sequence[Attachment] = (),
    idempotency_key: str = "",
    source: str = "",
    into: Event | None = None,
    at: datetime | None = None,
) -> Receipt:
    """File what a resident tells; the same key again returns the same receipt, and stores nothing twice.

    Without a category it is filed as 其他诉求, for the desk to decide. Said to be the same as the open case `into`, it
    is merged into that one at once, and needs no text. `source` is `source_of` the sender's address, `attachments` come
    from `receive_photos`, and wait on when it is refused. Raises ValidationError by field, PublicLimit when too many
    came.
    """
    at = aware_now(at)
    text, name, phone = text.strip(), name.strip(), plain_phone(phone)
    if into and category:
        text = text or category.public_name or category.minor
    _check_report(grid, text, name, phone)
    key = idempotency_key or secrets.token_hex(16)
    code = code_of("events.access_code", key, CODE_LENGTH)
    code_hash = make_password(code)  # slow by design, so before anything is locked
    with transaction.atomic():
        category = category or catch_all_category()
        title = title_of(text)
        event = Event(
            category=category,
            grid=grid,
            title=title,
            description="" if title == text else text,
            address=address.strip(),
            latitude=latitude,
            longitude=longitude,
            is_confidential=category.is_confidential,
            idempotency_key=key,
            filed_at=at,
        )
        if first := filed_before(event, attachments):
            return Receipt(first, code)
        _spend_report(grid, source, at)
        event = file_under_free_number(event, at, attachments, into=into)
        # A request beside this one may have been first.
        contact = {"name": Secret.of_any(name), "phone": Secret.of_any(phone), "code_hash": code_hash}
        contact |= {"source": source, "created_at": at}
        ResidentContact.objects.get_or_create(event=event, defaults=contact)
    return Receipt(event, code)


def _check_report(grid: Grid, text: str, name: str, phone: str) -> None:
    errors = {}
    if grid.level < Level.STREET:
        errors["grid"] = [_("Choose your street or community.")]
    if says_nothing(text):
        errors["text"] = [_("Tell us in a few words what happened.")]
    elif problems := _problems(text, long_text):
        errors["text"] = problems
    if len(name) > NAME_LENGTH:
        errors["name"] = [_("A name has at most %(length)d characters.") % {"length": NAME_LENGTH}]
    elif problems := _problems(name, plain_text):
        errors["name"] = problems
    if problems := _problems(phone, [validate_phone]):
        errors["phone"] = problems
    if errors:
        raise ValidationError(errors)


def _problems(text: str, validators: list) -> list[str]:
    problems = []
    for validate in validators:
        try:
            validate(text)
        except ValidationError as error:
            problems += error.messages
    return problems


def was_reported(*, idempotency_key: str) -> bool:
    """Whether a report of this key has arrived, so that the same once more need not bring its photos again."""
    return Event.objects.filter(reporter=None, idempotency_key=idempotency_key).exists()


def _spend_report(grid: Grid, source: str, at: datetime) -> None:
    _expect("spam", source, at)
    _spend("report", source, at)
    _spend("report_in_grid", _neighbourhood(grid), at)


def may_look(*, source: str, at: datetime | None = None) -> bool:
    """Count one look at what is open; False for a source that has looked very often, whose report goes on all the same.

    Else whoever sends no report could read all the open cases, place by place.
    """
    return limits.spend("look", source, aware_now(at))


def receive_photos(
    *,
    files: Iterable[File],
    grid: Grid,
    source: str,
    keys: Iterable[str] = (),
    contact: ResidentContact | None = None,
    action: str = Action.COMMENT,
    at: datetime | None = None,
) -> tuple[list[Attachment], list[str]]:
    """Check and store a resident's photos, as `receive_uploads` does; for a report, or for an action of `contact`.

    Not even looked at, but PublicLimit, from who may not report or write now, or where very many came from.
    """
    at, files = aware_now(at), list(files)
    if files:
        if contact:
            _expect_words(contact, action, at)
        else:
            _expect_report(grid, source, at)
        _spend_photos(min(len(files), RESIDENTS.total), grid, source, at)
    return receive_uploads(files=files, keys=keys, uploader=None, allowance=RESIDENTS, at=at)


def _expect_report(grid: Grid, source: str, at: datetime) -> None:
    for kind, of in (("spam", source), ("report", source), ("report_in_grid", _neighbourhood(grid))):
        _expect(kind, of, at)


def _expect_words(contact: ResidentContact, action: str, at: datetime) -> None:
    """Photos of a step that will be refused cost a word at once, or they would come without end and cost none."""
    will_be_refused = refusal(contact.event.case(at), TABLE[Action(action)], RESIDENT_SIDES)
    (_spend if will_be_refused else _expect)("word", str(contact.pk), at)


def _spend_photos(count: int, grid: Grid, source: str, at: datetime) -> None:
    for kind, of in (("photo", source), ("photo_in_grid", _neighbourhood(grid)), ("photo_anywhere", "")):
        _spend(kind, of, at, count)


def _neighbourhood(grid: Grid) -> str:
    return community_code(grid.code) or grid.code


def _expect(kind: str, source: str, at: datetime) -> None:
    if limits.is_exhausted(kind, source, at):
        raise PublicLimit(REACHED[kind])


def _spend(kind: str, source: str, at: datetime, uses: int = 1) -> None:
    if not limits.spend(kind, source, at, uses):
        raise PublicLimit(REACHED[kind])


def title_of(text: str) -> str:
    """The first sentence or line, cut where it is long."""
    first = re.split(r"[\n。！？!?；;]", text, maxsplit=1)[0].strip() or text.split("\n", 1)[0].strip()
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1]}…"


def catch_all_category() -> Category:
    """What reports are filed under when nobody can say yet what they are about."""
    return Category.objects.get_or_create(**CATCH_ALL)[0]


def open_case(*, number: str, code: str, source: str, at: datetime | None = None) -> ResidentContact | None:
    """The contact of the case of this number when the code is right, else None. Raises PublicLimit after many tries."""
    at = aware_now(at)
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", number))
    code = plain_code(code)
    # Counted before it is compared, so that many tries at once count as many.
    if not (limits.spend("code", source, at) and limits.spend("code_of_case", number, at)):
        raise PublicLimit(_("There were too many wrong codes. Try again later."))
    contact = ResidentContact.objects.filter(event__number=number, erased_at=None).first() if number.isascii() else None
    if contact is None:
        make_password(code)  # takes as long as comparing, so that nobody learns which numbers exist
        return None
    if not check_password(code, contact.code_hash):
        return None
    limits.give_back("code", source, at)
    limits.give_back("code_of_case", number, at)
    return contact


@transaction.atomic
def act_as_resident(
    *,
    contact: ResidentContact,
    action: str,
    note: str = "",
    reason: str = "",
    rating: str = "",
    contacted: bool | None = None,
    solved: bool | None = None,
    attachments: Sequence[Attachment] = (),
    seen: int | None = None,
    at: datetime | None = None,
) -> Event:
    """Add a word, answer or rate in one's own case. Raises as `act` does, and PublicLimit.

    `attachments` come from `receive_photos`. `seen` is the number of steps when the page was opened: the same sent
    twice from one page counts and stands once.
    """
    at = aware_now(at)
    said = {"note": note.strip(), "reason": reason.strip()}
    judged = {"rating": rating} | answered(contacted=contacted, solved=solved)
    # Spending also has a request that is sent twice wait for its first.
    is_heard = limits.spend("word", str(contact.pk), at)
    if seen and _was_said(contact, action, said, judged, attachments, seen):
        if is_heard:
            limits.give_back("word", str(contact.pk), at)
        discard_uploads(attachments=attachments)
        return Event.objects.with_related().get(pk=contact.event_id)
    if not is_heard:
        raise PublicLimit(REACHED["word"])
    return act(
        event=contact.event,
        action=action,
        resident=contact,
        attachments=attachments,
        at=at,
        **said,
        **judged,
    )


def _was_said(
    contact: ResidentContact,
    action: str,
    said: dict[str, str],
    judged: dict[str, str | bool],
    attachments: Sequence[Attachment],
    seen: int,
) -> bool:
    """Whether these very words, with this judgement and these photos, came from this page already."""
    steps = contact.event.steps.filter(ordinal__gt=seen, side=Side.REPORTER, actor=None, action=action, **said)
    sent = [each.sha256 for each in attachments]
    return any(
        {"rating": ""} | {name: step.details[name] for name in ("rating", *QUESTIONS) if name in step.details} == judged
        and [each["sha256"] for each in step.details.get("attachments", ())] == sent
        for step in steps
    )


@transaction.atomic
def mark_spam(*, event: Event, actor: User, version: int | None = None, at: datetime | None = None) -> Event:
    """Void a resident's report as a nuisance; where it came from is listened to less for a while.

    Raises as `act`, and ValidationError of a case that no resident reported.
    """
    at = aware_now(at)
    contact = ResidentContact.objects.filter(event=event).first()
    if contact is None:
        raise ValidationError(_("No resident reported this case through the public page."))
    event = act(event=event, action=Action.VOID, actor=actor, reason=_("Marked as nuisance."), version=version, at=at)
    if contact.source:
        limits.note("spam", contact.source, at)
    return event
