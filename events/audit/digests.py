"""Proof that what a daily digest sealed is still there and unchanged, and so are the digests."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Count, Max, Model, Q
from django.utils.translation import gettext as _

from events.audit.reading import UNREADABLE, guarded, pass_over, subject_of
from events.audit.sealing import Copy, HeadsHash, hash_of_sentences, sha256, signed_text
from events.audit.sentences import Problem, sentence
from events.audit.signing import UnknownKey, is_signed, known_keys
from events.models import (
    Attachment,
    AuditDigest,
    CalendarEdition,
    ContactReveal,
    Delivery,
    HotlineOrder,
    Notice,
    QuickClosing,
    ResidentContact,
    Sample,
    SampleItem,
    TimeChange,
)

# Tables whose rows are never removed, and which of them.
KEPT: dict[type[Model], Q] = {
    Attachment: Q(step__isnull=False),
    CalendarEdition: Q(),
    ContactReveal: Q(),
    Delivery: Q(),
    HotlineOrder: Q(),
    Notice: Q(),
    QuickClosing: Q(),
    ResidentContact: Q(),
    Sample: Q(),
    SampleItem: Q(),
    TimeChange: ~Q(status=TimeChange.Status.DRAFT),
}
CHUNK = 5000
COUNTED_AGAIN = 31  # digests: older ones are proved by their heads; to count so often takes its time


class Head(NamedTuple):
    """How far the history of a case has grown."""

    event_id: int
    number: str
    step_count: int
    head_hash: str


def head_problems(steps: list[NamedTuple], heads: Iterable[tuple[int, int, str]]) -> Iterator[tuple[str, Any, Any]]:
    """Steps only grow: at the number that a digest names there is still the step of then."""
    for digest, step_count, head_hash in heads:
        found = steps[step_count - 1].hash if 0 < step_count <= len(steps) else None
        if found != head_hash and (found or step_count):
            told = {"ordinal": step_count, "digest": digest}
            yield _("step %(ordinal)d as digest no. %(digest)d sealed it") % told, head_hash, found


def digest_problems() -> Iterator[Problem]:
    """Their chain, their signatures, and what each of them says of itself."""
    previous = None
    # By key, as a row that cannot be read must not end the others.
    for pk in list(AuditDigest.objects.order_by("number").values_list("pk", flat=True)):
        try:
            digest = AuditDigest.objects.get(pk=pk)
        except UNREADABLE as error:
            yield subject_of(AuditDigest, pk), _("digest"), _("something that can be read"), pass_over(error)
            continue
        yield from guarded(str(digest), _("digest"), _named(digest, _digest_problems(digest, previous)))
        previous = digest
    yield from _key_problems()
    yield from guarded(_("Daily digests"), _("rows that are never removed"), _kept_problems())


def _named(digest: AuditDigest, problems: Iterator[tuple[str, Any, Any]]) -> Iterator[Problem]:
    for problem in problems:
        yield str(digest), *problem


def _digest_problems(digest: AuditDigest, previous: AuditDigest | None) -> Iterator[tuple[str, Any, Any]]:
    if digest.number != (number := previous.number + 1 if previous else 1):
        yield _("number of the digest"), number, digest.number
    if digest.previous_hash != (expected := previous.hash if previous else ""):
        yield _("hash of the digest before"), expected, digest.previous_hash
    text = signed_text(digest)
    if digest.hash != (expected := sha256(text)):
        yield _("hash of the digest"), expected, digest.hash
    if digest.key in known_keys():  # of unknown ones each is told once
        yield from _signature_problems(text, digest.key, digest.signature)
    heads = digest.heads.order_by("event").values_list("number", "step_count", "head_hash")
    found = HeadsHash(heads.iterator(chunk_size=CHUNK)).told()
    if (expected := digest.content.get("heads")) != found:
        yield _("sealed heads"), expected, found
    found = hash_of_sentences(digest.sentences)
    if (expected := digest.content.get("problems", {}).get("hash")) != found:
        yield _("sentences about problems"), expected, found


def _key_problems() -> Iterator[Problem]:
    """One for each key that is not known, however many digests it signed, and for each return to an older key."""
    ranks = {key: rank for rank, key in enumerate(known_keys())}
    signed = AuditDigest.objects.order_by("number").values_list("key", "number")
    runs = [(key, [number for _key, number in rows]) for key, rows in groupby(signed.iterator(), lambda row: row[0])]
    unknown: dict[str, int] = {}
    newest = None
    for key, numbers in runs:
        if key not in ranks:
            unknown.setdefault(key, numbers[0])
            continue
        if newest is not None and ranks[key] > ranks[newest]:
            subject = _("Digests from no. %(number)d on") % {"number": numbers[0]}
            yield subject, _("key"), newest, _("the older key %(key)s") % {"key": key}
        else:
            newest = key
    for key, first in unknown.items():
        found = _("the unknown key %(key)s") % {"key": key}
        yield _("Digests from no. %(number)d on") % {"number": first}, _("signature"), _("a key of AUDIT_KEYS"), found


def _signature_problems(text: str, key: str, signature: str) -> Iterator[tuple[str, Any, Any]]:
    try:
        if not is_signed(text, key, signature):
            yield _("signature"), _("one of the key %(key)s") % {"key": key}, _("another one")
    except UnknownKey:
        yield _("signature"), _("a key of AUDIT_KEYS"), _("the unknown key %(key)s") % {"key": key}


def kept_rows() -> dict[str, list[int]]:
    """Of each table whose rows stay: how many there are, and up to which primary key."""
    found = {}
    for model, which in KEPT.items():
        counted = model.objects.filter(which).aggregate(count=Count("pk"), last=Max("pk"))
        found[model._meta.label_lower] = [counted["count"], counted["last"] or 0]
    return found


def _kept_problems() -> Iterator[Problem]:
    """None of the rows that a digest counted is gone. What was committed late may have come between them."""
    recent = list(AuditDigest.objects.order_by("-number")[:COUNTED_AGAIN])
    for model, which in KEPT.items():
        counted = {digest.number: _counted(digest, model) for digest in recent}
        filters = {f"upto_{number}": Count("pk", filter=Q(pk__lte=last)) for number, (_n, last) in counted.items()}
        now = model.objects.filter(which).aggregate(**filters) if filters else {}
        for digest in reversed(recent):
            expected, found = counted[digest.number][0], now[f"upto_{digest.number}"]
            if found < expected:
                yield str(digest), str(model._meta.verbose_name_plural), expected, found


def _counted(digest: AuditDigest, model: type[Model]) -> tuple[int, int]:
    """How many rows a digest counted, up to which key; where its row was spoiled that is told by its signature."""
    kept = digest.content.get("kept") if isinstance(digest.content, dict) else None
    match kept.get(model._meta.label_lower) if isinstance(kept, dict) else None:
        case [int(count), int(last)]:
            return count, last
    return 0, 0


def copy_problems(copies: Iterable[Copy]) -> Iterator[str]:
    """What is wrong with copies kept outside, or, where these are genuine, with the digests in the database."""
    kept = dict(AuditDigest.objects.values_list("number", "hash"))
    for copy in copies:
        subject = _("Copy of digest no. %(number)d") % {"number": copy.number}
        for problem in _signature_problems(copy.text, copy.key, copy.signature):
            yield sentence(subject, *problem)
        if (found := kept.get(copy.number)) != copy.hash:
            yield sentence(subject, _("the same digest in the database"), copy.hash, found)
