"""What pages show of a topic: its options with their votes, its ballots by name, what became of it, and its slips."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from branches.cases import VOIDED
from branches.deliberation.ballots import ABSTAINED
from branches.models import Ballot, Topic
from branches.services import Slip, votes_of
from grids.boards import inline_qr
from grids.models import load_ancestors
from grids.readable import grouped


@dataclass(frozen=True)
class Counted:
    """An option as it is shown; `votes` is None until the vote is closed."""

    number: int
    text: str
    votes: int | None
    percent: int
    is_chosen: bool


def counted_options(topic: Topic) -> list[Counted]:
    """The options in order, and those who abstained once it is counted; how a vote stands meanwhile nobody learns."""
    options, votes = list(topic.options.all()), votes_of(topic) if topic.is_counted else None
    shown = [(option.ordinal, option.text, option.pk == topic.chosen_id) for option in options]
    if votes is not None:
        shown.append((ABSTAINED, _("Abstained"), False))
    return [
        Counted(number, text, None if votes is None else votes[number], _percent(votes, number), is_chosen)
        for number, text, is_chosen in shown
    ]


def _percent(votes, number: int) -> int:
    return round(100 * votes[number] / votes.total()) if votes else 0


def named_votes(topic: Topic) -> list[Ballot]:
    """The ballots of an open vote with who cast them, once it is closed; for people with an account alone."""
    if topic.is_secret or not topic.is_counted:
        return []
    ballots = topic.ballots.select_related("option", "voter__user", "voter__grid")
    return list(ballots.order_by("option__ordinal", "voter"))


def show_topics(topics: Iterable[Topic]) -> list[Topic]:
    """Topics of a list with full names of their grids and, in `case`, what became of each; three queries in all."""
    topics = list(topics.prefetch_related(_occasions()))
    load_ancestors(topic.grid for topic in topics)
    for topic in topics:
        topic.case = _told(topic.occasions.all())
    return topics


def case_of(topic: Topic):
    """The case that a decision became, as far as anybody may know of it."""
    return _told(topic.occasions.select_related("event").order_by("pk"))


def _occasions() -> Prefetch:
    """Cases stand on the floor above, so they are known here by the reverse relation alone."""
    occasions = Topic._meta.get_field("occasions").related_model
    return Prefetch("occasions", occasions.objects.select_related("event").order_by("pk"))


def _told(occasions):
    """The last case that counts; a clue report is told of nowhere."""
    events = [occasion.event for occasion in occasions]
    told = [event for event in events if not event.is_confidential and event.status != VOIDED]
    return told[-1] if told else None


@dataclass(frozen=True)
class SlipSheet:
    """A slip as it is printed."""

    number: int
    place: str
    code: str
    url: str
    qr: SafeString


def slip_sheets(request: HttpRequest, topic: Topic, slips: list[Slip]) -> list[SlipSheet]:
    page = request.build_absolute_uri(reverse("public_topic_vote", args=[topic.grid.code, topic.pk]))
    load_ancestors(slip.grid for slip in slips)
    return [
        SlipSheet(
            slip.number,
            slip.grid.full_name,
            grouped(slip.code, 5),
            page,
            inline_qr(f"{page}?slip={slip.code}", "slip-qr"),
        )
        for slip in slips
    ]
