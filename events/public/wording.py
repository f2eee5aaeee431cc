"""A case told to the resident who reported it: plain words, people by their post alone, nothing that is internal."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from events.drafts import Rule
from events.models import Attachment, Event, Step
from events.wording import answers, stations
from events.workflow import LOOPS, Action, Loop, Rating, Side, Status
from grids.masking import mask_phone

MOBILE = re.compile(r"(?:(?<!\d)|(?<=86))[1１][3-9３-９]\d(?:[\s-]*\d{4}){2}(?!\d)")

# What became of it, step by step. Reminders, urging and remarks among colleagues are not for the resident.
TOLD: dict[Action, str | Promise] = {
    Action.FILE: gettext_lazy("Your report has arrived"),
    Action.ACCEPT: gettext_lazy("Taken up"),
    Action.ASSIGN: gettext_lazy("Somebody was sent to it"),
    Action.RESOLVE: gettext_lazy("Handled"),
    Action.SEND_BACK: gettext_lazy("Passed on to who can handle it best"),
    Action.ESCALATE: gettext_lazy("Passed on to the level above"),
    Action.PASS_CHECK: gettext_lazy("Checked on the spot and closed"),
    Action.FAIL_CHECK: gettext_lazy("The check found that it is not good yet; it is handled further"),
    Action.RATE: gettext_lazy("You rated the result"),
    Action.REOPEN: gettext_lazy("Taken up again"),
    Action.VOID: gettext_lazy("Not taken up"),
    Action.SUSPEND: gettext_lazy("Put off, because it cannot be handled now"),
    Action.RESUME: gettext_lazy("Taken up again"),
    Action.MERGE: gettext_lazy("Others reported the same; handled together with their report"),
    Action.SEPARATE: gettext_lazy("Your report is handled on its own from now on"),
    Action.INFORM: gettext_lazy("The report that yours was joined to has come to its end"),
    Action.ASK: gettext_lazy("A question for you"),
    Action.ANSWER: gettext_lazy("Your answer"),
    Action.COMMENT: gettext_lazy("You added a word"),
}
# Whose words are shown with it.
WITH_NOTE = frozenset({Action.RESOLVE, Action.INFORM, Action.ASK, Action.ANSWER, Action.COMMENT, Action.RATE})
WITH_REASON = frozenset({Action.VOID, Action.RESOLVE, Action.INFORM, Action.RATE})


_RESULTS: dict[str, str | Promise] = {
    Status.CLOSED: gettext_lazy("Handled, checked and closed"),
    Status.VOIDED: gettext_lazy("Not taken up"),
}


# Residents know the levels, not the loops that we name after them.
LEVELS: dict[Loop, str | Promise] = {
    Loop.GRID: pgettext_lazy("to residents", "grid"),
    Loop.COMMUNITY: pgettext_lazy("to residents", "community"),
    Loop.STREET: pgettext_lazy("to residents", "street"),
    Loop.CITY: pgettext_lazy("to residents", "district and city"),
}


@dataclass(frozen=True)
class Line:
    """One line of the course: what, when, by which post, and the words and photos that belong to it."""

    action: str
    at: datetime
    title: str | Promise
    who: str
    words: str
    photos: list[Attachment] = field(default_factory=list)


def course(event: Event, steps: Iterable[Step]) -> list[Line]:
    """What happened, newest first; `steps` in any order."""
    steps = sorted(steps, key=attrgetter("at", "ordinal"), reverse=True)
    return [_line(step, event) for step in steps if _is_told(step)]


def _is_told(step: Step) -> bool:
    # A remark is the resident's own, or it stays among colleagues.
    return step.action in TOLD and (step.action != Action.COMMENT or step.is_of_resident)


def shows_photos(step: Step, event: Event) -> bool:
    """Whether the resident sees the photos of this step: their own, and those of the result, which they judge.

    Of a clue report, what was found stays between the desk and the police.
    """
    return step.is_of_resident or (step.action == Action.RESOLVE and not event.is_confidential)


def photos_of(step: Step, event: Event) -> list[Attachment]:
    """What the resident sees of what came with this step; files of the desk are no photos of the result."""
    if "attachments" not in step.details or not shows_photos(step, event):
        return []
    return [attachment for attachment in step.attachments.all() if attachment.is_image]


def _line(step: Step, event: Event) -> Line:
    outcome = step.details.get("outcome")
    has_reason = step.action in WITH_REASON and (step.action != Action.RESOLVE or outcome)
    words = [step.reason if has_reason else "", step.note if step.action in WITH_NOTE else ""]
    if rating := step.details.get("rating"):
        words[:0] = [Rating(rating).label, *answers(step.details)]
    if until := step.action == Action.SUSPEND and step.details.get("until"):
        words.insert(0, _("until %(date)s") % {"date": until})
    if result := step.details.get("result"):
        words.insert(0, _RESULTS[result["status"]])
    text = "\n".join(str(part) for part in words if part)
    title = _("It cannot be fixed") if outcome else TOLD[step.action]
    if step.rule == Rule.SAME_CASE:
        title = _("You said that it is the same as an earlier report; handled together with it")
    words = text if step.is_of_resident else _careful(text)
    # What came with the report stands with it, at the end of the page.
    photos = [] if step.action == Action.FILE else photos_of(step, event)
    return Line(step.action, step.at, title, _who(step), words, photos)


def _who(step: Step) -> str:
    if step.is_of_resident or step.rule == Rule.SAME_CASE:
        return ""
    if step.side == Side.SYSTEM:
        return (
            _("by the system, because the time limit ran out") if step.action == Action.ESCALATE else _("by the system")
        )
    return step.actor_post or _("staff of %(grid)s") % {"grid": step.holder_name}


def _careful(text: str) -> str:
    """Without the mobile numbers of staff, who may have typed them for each other."""
    return MOBILE.sub(lambda found: mask_phone(re.sub(r"\D", "", found[0])), text)


def standing(event: Event, steps: Sequence[Step]) -> str:
    """Where the case stands, in one sentence; `steps` in their order."""
    holder = {"holder": steps[-1].holder_name}
    match event.status:
        case Status.FILED:
            return _("It has arrived; %(holder)s will take it up.") % holder
        case Status.HANDLING:
            return _("%(holder)s is handling it.") % holder
        case Status.RESOLVED:
            return _("It has been handled; somebody else checks now whether it is really good.")
        case Status.CLOSED if event.outcome:
            return _("It was looked into, checked and closed; it cannot be fixed. The reason stands below.")
        case Status.CLOSED:
            return _("It has been handled, checked and closed.")
        case Status.SUSPENDED:
            return _("It cannot be handled at the moment; it rests until it can.")
        case Status.MERGED:
            return _how_merged(steps)
        case _other:
            return _("It was not taken up; the reason stands below.")


def _how_merged(steps: Sequence[Step]) -> str:
    """By its last merging; it may have been on its own again in between."""
    since = next(index for index in reversed(range(len(steps))) if steps[index].action == Action.MERGE)
    if any(step.action == Action.INFORM for step in steps[since:]):
        return _("Others reported the same; what became of it stands below.")
    if steps[since].rule == Rule.SAME_CASE:
        return _("It was joined with an earlier report of the same, as you said; both are handled together.")
    return _("Others reported the same; it is handled together with their report.")


def state_name(event: Event) -> str:
    """The state in a word or two."""
    return {
        Status.FILED: pgettext("to residents", "arrived"),
        Status.HANDLING: pgettext("to residents", "being handled"),
        Status.RESOLVED: pgettext("to residents", "being checked"),
        Status.CLOSED: pgettext("to residents", "closed"),
        Status.SUSPENDED: pgettext("to residents", "resting"),
        Status.MERGED: pgettext("to residents", "handled together"),
        Status.VOIDED: pgettext("to residents", "not taken up"),
    }[Status(event.status)]


def levels(event: Event, steps: list[Step]) -> list[dict]:
    """The way up from where the case began, by plain names."""
    way = zip(LOOPS, stations(event, steps), strict=True)
    return [station | {"label": LEVELS[loop]} for loop, station in way if not station["is_below"]]


def question(event: Event, steps: Iterable[Step]) -> str:
    """The question that waits for an answer, or empty."""
    if not event.asked_at or not event.is_open:
        return ""
    asked = [step for step in steps if step.action == Action.ASK]
    return _careful(max(asked, key=lambda step: step.ordinal).note) if asked else ""
