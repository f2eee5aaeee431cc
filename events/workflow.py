"""The workflow as one table, without the ORM: pages, API, admin and the clock all ask it what is open to whom."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.models import Role
from grids.tree import community_code


class Status(TextChoices):
    FILED = "filed", _("to be accepted")
    HANDLING = "handling", _("in handling")
    RESOLVED = "resolved", _("to be checked")
    CLOSED = "closed", _("case closed")
    SUSPENDED = "suspended", _("suspended")
    VOIDED = "voided", _("voided")
    MERGED = "merged", _("merged")


class Loop(TextChoices):
    """The four loops (四个闭环), lowest first."""

    GRID = "grid", _("grid loop")
    COMMUNITY = "community", _("community loop")
    STREET = "street", _("street loop")
    CITY = "city", _("city loop")


class Urgency(TextChoices):
    NORMAL = "normal", pgettext_lazy("urgency", "normal")
    URGENT = "urgent", pgettext_lazy("urgency", "urgent")


class Rating(TextChoices):
    SATISFIED = "satisfied", pgettext_lazy("rating", "satisfied")
    FAIR = "fair", pgettext_lazy("rating", "fair")
    UNSATISFIED = "unsatisfied", pgettext_lazy("rating", "unsatisfied")


# What else is asked of who rates, each to be left open if they like: the inputs of the action and the questions.
QUESTIONS = {"contacted": _("Did somebody contact you?"), "solved": _("Is the problem solved?")}


def answered(**answers: bool | None) -> dict[str, bool]:
    """What was not left open of the questions, as the details of the step hold it."""
    return {name: answer for name, answer in answers.items() if answer is not None}


class Outcome(TextChoices):
    """How a case was resolved, where it was not by putting things right."""

    UNFIXABLE = "unfixable", _("cannot be fixed")


class Request(TextChoices):
    """What the desk has asked the upper side for."""

    SUSPEND = "suspend", pgettext_lazy("request", "suspension")
    EXTEND = "extend", pgettext_lazy("request", "extension")


class Action(TextChoices):
    FILE = "file", pgettext_lazy("action", "file")
    ACCEPT = "accept", pgettext_lazy("action", "accept")
    ASSIGN = "assign", pgettext_lazy("action", "assign")
    RESOLVE = "resolve", pgettext_lazy("action", "resolve")
    SEND_BACK = "send_back", pgettext_lazy("action", "send back")
    ESCALATE = "escalate", pgettext_lazy("action", "escalate")
    PASS_CHECK = "pass_check", pgettext_lazy("action", "pass check")
    FAIL_CHECK = "fail_check", pgettext_lazy("action", "fail check")
    RATE = "rate", pgettext_lazy("action", "rate")
    REOPEN = "reopen", pgettext_lazy("action", "reopen")
    VOID = "void", pgettext_lazy("action", "void")
    ASK_SUSPEND = "ask_suspend", pgettext_lazy("action", "ask for suspension")
    ASK_EXTEND = "ask_extend", pgettext_lazy("action", "ask for extension")
    SUSPEND = "suspend", pgettext_lazy("action", "suspend")
    EXTEND = "extend", pgettext_lazy("action", "extend")
    DECLINE = "decline", pgettext_lazy("action", "decline")
    RESUME = "resume", pgettext_lazy("action", "resume")
    MERGE = "merge", pgettext_lazy("action", "merge")
    SEPARATE = "separate", pgettext_lazy("action", "handle on its own")
    URGE = "urge", pgettext_lazy("action", "urge")
    SUPERVISE = "supervise", pgettext_lazy("action", "supervise")
    REPLY = "reply", pgettext_lazy("action", "reply")
    ASK = "ask", pgettext_lazy("action", "ask")
    ANSWER = "answer", pgettext_lazy("action", "answer")
    COMMENT = "comment", pgettext_lazy("action", "comment")
    REMIND = "remind", pgettext_lazy("action", "remind")
    CLIMB_CHECK = "climb_check", pgettext_lazy("action", "move check up")
    REHOME = "rehome", pgettext_lazy("action", "move with the grid")
    ADJUST = "adjust", pgettext_lazy("action", "adjust time limit")
    ABSORB = "absorb", pgettext_lazy("action", "take in a merged case")
    RELEASE = "release", pgettext_lazy("action", "let go a merged case")
    INFORM = "inform", pgettext_lazy("action", "tell the result")
    JOIN = "join", pgettext_lazy("action", "handle together with the police")
    PART = "part", pgettext_lazy("action", "end handling together")


class Side(TextChoices):
    DESK = "desk", _("desk")
    HANDLER = "handler", _("handler")
    PARTNER = "partner", _("police officer who handles it together with them")
    ORIGIN = "origin", _("where it arose")
    UPPER = "upper", _("upper level")
    TAKER = "taker", _("desk of the case that goes on")
    POLICE = "police", _("police of the place")
    REPORTER = "reporter", _("reporter")
    VIEWER = "viewer", _("viewer")
    SYSTEM = "system", _("system")


LOOPS = tuple(Loop)
# Who took one of these steps in a case has judged it already, and never re-checks it.
CONCLUDING = frozenset({Action.RESOLVE, Action.PASS_CHECK})
# Where a resident stands who has shown that the case is theirs.
RESIDENT_SIDES = frozenset({Side.REPORTER, Side.VIEWER})
# Here a photo says enough: the note that they need may be left out when one comes along.
SAID_BY_PHOTO = frozenset({Action.ANSWER, Action.COMMENT})
OPEN = frozenset({Status.FILED, Status.HANDLING, Status.RESOLVED, Status.SUSPENDED})
DESK_ROLES = frozenset({Role.CHIEF, Role.OFFICIAL, Role.DISPATCHER})
UPPER_ROLES = frozenset({Role.CHIEF, Role.OFFICIAL})
LOOP_OF_DIGITS = {18: Loop.GRID, 16: Loop.GRID, 12: Loop.COMMUNITY, 9: Loop.STREET, 6: Loop.CITY, 4: Loop.CITY}
CITY_DIGITS = 4
MAX_SEND_BACKS = 2
MAX_REWORKS = 2
MAX_SUSPENSIONS = 1
MAX_EXTENSIONS = 2
SUSPENDED_WITHIN = timedelta(days=365)
RATED_WITHIN = timedelta(days=7)
_HANDLED = frozenset({Status.FILED, Status.HANDLING})


def is_late(status: str, due_at: datetime | None, at: datetime) -> bool:
    """Whether what happens to a case at that time comes after the limit of its handling; a check has its own limit."""
    return status in _HANDLED and due_at is not None and at >= due_at


def highest(*loops: str | None) -> Loop:
    """The highest of these loops; at least one of them is one."""
    return max((Loop(loop) for loop in loops if loop), key=LOOPS.index)


@dataclass(frozen=True)
class Office:
    """A post as the workflow sees it: a role on the grid with this code."""

    role: str
    code: str


@dataclass(frozen=True)
class Membership:
    """A joint organisation that somebody represents, as the workflow sees it: its key and the code of its grid."""

    organisation_id: int
    code: str


@dataclass(frozen=True)
class Case:
    """An event as the workflow sees it at the time `at`.

    Codes are grid codes; `checker_code` is set while a check is due, `goes_on_code` while it is merged: the holder of
    the case that it goes on in.
    """

    status: str
    loop: str
    start_loop: str
    grid_code: str
    holder_code: str
    checker_code: str = ""
    reporter_id: int | None = None
    handler_id: int | None = None
    organisation_id: int | None = None
    partner_id: int | None = None
    resolver_id: int | None = None
    send_backs: int = 0
    is_confidential: bool = False
    is_asked: bool = False
    is_rated: bool = False
    request: str = ""
    requested_until: date | None = None
    suspensions: int = 0
    extensions: int = 0
    is_reply_due: bool = False
    goes_on_code: str = ""
    due_at: datetime | None = None
    closed_at: datetime | None = None
    at: datetime | None = None
    # Whether who reported it can read a question. It is called where that matters, for lists would look it up in vain.
    is_followed: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Move:
    """A row of the table. `target` None leaves the status as it is; `needs` names the inputs that must be given.

    `hindrance` says why it is not possible in this case, where there is more than one reason, and nothing when it is.
    """

    action: Action
    sources: frozenset[Status]
    target: Status | None
    sides: frozenset[Side]
    needs: tuple[str, ...] = ()
    possible: Callable[[Case], bool] = lambda case: True
    otherwise: str | Promise = ""
    hindrance: Callable[[Case], str | Promise] = lambda case: ""


@dataclass(frozen=True)
class Refusal:
    """Why a move is not made: `forbidden` (not this person's) or `conflict` (not now)."""

    kind: str
    detail: str | Promise


def can_climb(case: Case) -> bool:
    return len(case.holder_code) > CITY_DIGITS


def can_go_down(case: Case) -> bool:
    return LOOPS.index(Loop(case.loop)) > LOOPS.index(Loop(case.start_loop))


def can_be_sent_back(case: Case) -> bool:
    """A third wish climbs instead, and where nothing is above, there is nothing left to do with it."""
    return can_go_down(case) and (case.send_backs < MAX_SEND_BACKS or can_climb(case))


def why_no_question(case: Case) -> str | Promise:
    if case.is_followed():
        return ""
    return _("Who called the hotline has no page here to answer on: call them, and note down what they say.")


def may_be_joined(case: Case) -> bool:
    return not case.is_confidential


def is_joined(case: Case) -> bool:
    return case.partner_id is not None


def can_be_answered(case: Case) -> bool:
    return case.is_asked


def can_be_rated(case: Case) -> bool:
    """Once for a case, within seven days of its closing."""
    if case.is_rated or case.closed_at is None or case.at is None:
        return False
    return case.at <= case.closed_at + RATED_WITHIN


def can_reply(case: Case) -> bool:
    return case.is_reply_due


def why_no_request(case: Case) -> str | Promise:
    """Why the desk can ask the upper side for nothing now."""
    if case.is_confidential:
        return _("Nobody above knows of a clue report, so nobody there can decide on it.")
    if not can_climb(case):
        return _("The city holds this case; there is no level above it that could decide.")
    return _("A request waits for its decision already.") if case.request else ""


def why_no_suspension_asked(case: Case) -> str | Promise:
    if case.suspensions >= MAX_SUSPENSIONS:
        return _("It was suspended before; that is possible once.")
    return why_no_request(case)


def why_no_extension_asked(case: Case) -> str | Promise:
    return _why_not_extended(case) or why_no_request(case)


def why_no_suspension(case: Case) -> str | Promise:
    if case.request != Request.SUSPEND:
        return _("Nobody has asked to suspend it.")
    if case.at and case.requested_until <= timezone.localdate(case.at):
        return _("The date that was asked for has come already. Decline it, so that the desk asks anew.")
    return ""


def why_no_extension(case: Case) -> str | Promise:
    if case.request != Request.EXTEND:
        return _("Nobody has asked to extend its time limit.")
    return _why_not_extended(case)


def _why_not_extended(case: Case) -> str | Promise:
    if case.extensions >= MAX_EXTENSIONS:
        return _("Its time limit was extended twice already.")
    if case.at and case.due_at and case.due_at < case.at:
        return _("Its time limit is over already, so it cannot be extended.")
    return ""


def is_requested(case: Case) -> bool:
    return bool(case.request)


def _move(action: Action, sources: str, target: Status | None, sides: str, needs: str = "", **rules) -> Move:
    return Move(
        action,
        frozenset(Status(source) for source in sources.split()) or OPEN,
        target,
        frozenset(Side(side) for side in sides.split()),
        tuple(needs.split()),
        **rules,
    )


TABLE: dict[Action, Move] = {
    move.action: move
    for move in (
        _move(Action.ACCEPT, "filed", Status.HANDLING, "desk"),
        _move(Action.ASSIGN, "handling", Status.HANDLING, "desk", "handler"),
        _move(Action.RESOLVE, "handling", Status.RESOLVED, "handler partner desk", "note"),
        _move(
            Action.SEND_BACK, "filed handling", Status.FILED, "desk", "reason",
            possible=can_be_sent_back,
            otherwise=_("It cannot be sent back: it is in the loop where it started, or was sent back twice already."),
        ),
        _move(
            Action.ESCALATE, "filed handling", Status.FILED, "desk system", "reason",
            possible=can_climb,
            otherwise=_("The city holds this case; there is no level above it."),
        ),
        _move(Action.PASS_CHECK, "resolved", Status.CLOSED, "origin"),
        _move(Action.FAIL_CHECK, "resolved", Status.HANDLING, "origin", "reason"),
        _move(
            Action.RATE, "closed", Status.CLOSED, "reporter", "rating",
            possible=can_be_rated,
            otherwise=_("The result is rated once, within seven days of closing."),
        ),
        _move(Action.REOPEN, "closed", Status.HANDLING, "upper", "reason"),
        _move(Action.VOID, "filed", Status.VOIDED, "desk", "reason"),
        _move(Action.ASK_SUSPEND, "handling", None, "desk", "reason until", hindrance=why_no_suspension_asked),
        _move(Action.ASK_EXTEND, "filed handling", None, "desk", "reason", hindrance=why_no_extension_asked),
        _move(Action.SUSPEND, "handling", Status.SUSPENDED, "upper", hindrance=why_no_suspension),
        _move(Action.EXTEND, "filed handling", None, "upper", hindrance=why_no_extension),
        _move(
            Action.DECLINE, "filed handling", None, "upper", "reason",
            possible=is_requested,
            otherwise=_("No request waits for a decision."),
        ),
        _move(Action.RESUME, "suspended", Status.HANDLING, "upper desk system"),
        _move(Action.MERGE, "filed handling", Status.MERGED, "desk system", "into"),
        _move(Action.SEPARATE, "merged", Status.FILED, "desk upper taker system", "reason"),
        _move(Action.URGE, "", None, "upper"),
        _move(Action.SUPERVISE, "", None, "upper system"),
        _move(
            Action.REPLY, "", None, "desk handler partner", "note",
            possible=can_reply,
            otherwise=_("Nobody waits for a reply."),
        ),
        _move(Action.ASK, "filed handling", None, "desk handler partner", "note", hindrance=why_no_question),
        _move(
            Action.ANSWER, "", None, "reporter", "note",
            possible=can_be_answered,
            otherwise=_("No question is waiting for an answer."),
        ),
        _move(Action.COMMENT, "", None, "viewer", "note"),
        _move(
            Action.JOIN, "filed handling", None, "desk police", "partner reason",
            possible=may_be_joined,
            otherwise=_("A clue report is the police's already; nobody is asked to it."),
        ),
        _move(
            Action.PART, "filed handling", None, "desk partner", "reason",
            possible=is_joined,
            otherwise=_("Nobody handles it together with you."),
        ),
        _move(Action.REMIND, "filed handling resolved", None, "system"),
        _move(Action.CLIMB_CHECK, "resolved", None, "system"),
        _move(Action.REHOME, "", None, "system"),
        _move(Action.ADJUST, "filed handling resolved", None, "system"),
        _move(Action.ABSORB, "", None, "system"),
        _move(Action.RELEASE, "", None, "system"),
        _move(Action.INFORM, "merged", None, "system"),
    )
}  # fmt: skip


def is_at_or_below(code: str, ancestor: str) -> bool:
    return code.startswith(ancestor)


def serves(code: str, holder_code: str) -> bool:
    """Whether an organisation on the grid `code` takes cases of this holder: it stands inside or above it."""
    return is_at_or_below(code, holder_code) or is_at_or_below(holder_code, code)


def origin_codes_floor(case: Case) -> int:
    """Digits of the highest grid whose posts may check: the origin's community, or higher once the check climbed."""
    community = len(community_code(case.grid_code) or case.grid_code)
    return min(community, len(case.checker_code)) if case.checker_code else community


def sides(
    case: Case, person_id: int, offices: Iterable[Office], memberships: Iterable[Membership] = ()
) -> frozenset[Side]:
    """The sides that somebody stands on, by their active posts and by the organisations that they represent.

    None for who may not see the case. A clue report (线索举报) is known to its reporter, the desk and the police alone,
    so nobody else gets a side in it.
    """
    offices = tuple(offices)
    found = set()
    if case.reporter_id == person_id:
        found.add(Side.REPORTER)
    if case.handler_id == person_id and any(is_at_or_below(office.code, case.holder_code) for office in offices):
        found.add(Side.HANDLER)
    if not case.is_confidential and any(_handles(case, membership) for membership in memberships):
        found.add(Side.HANDLER)
    if any(office.code == case.holder_code and office.role in DESK_ROLES for office in offices):
        found.add(Side.DESK)
    if any(_polices(case, office) for office in offices):
        found.add(Side.PARTNER if case.partner_id == person_id else Side.POLICE)
    if not case.is_confidential and any(
        office.role in UPPER_ROLES and office.code != case.holder_code and is_at_or_below(case.holder_code, office.code)
        for office in offices
    ):
        found.add(Side.UPPER)
    if any(_takes(case, office) for office in offices):
        found.add(Side.TAKER)
    if case.resolver_id != person_id and any(_is_origin(case, office) for office in offices):
        found.add(Side.ORIGIN)
    if found or any(_covers(case, office) for office in offices):
        found.add(Side.VIEWER)
    return frozenset(found)


def _handles(case: Case, membership: Membership) -> bool:
    return membership.organisation_id == case.organisation_id and serves(membership.code, case.holder_code)


def _takes(case: Case, office: Office) -> bool:
    """Whether it is the desk of the case that this one goes on in; one that does not cover the place sees nothing."""
    return (
        office.code == case.goes_on_code and office.role in DESK_ROLES and is_at_or_below(case.grid_code, office.code)
    )


def _covers(case: Case, office: Office) -> bool:
    return is_at_or_below(case.grid_code, office.code) and (not case.is_confidential or office.role == Role.POLICE)


def _polices(case: Case, office: Office) -> bool:
    """Of a clue report nobody is: the police has it anyway, and asks nobody to it."""
    covers = is_at_or_below(case.grid_code, office.code)
    return covers and office.role == Role.POLICE and not case.is_confidential


def _is_origin(case: Case, office: Office) -> bool:
    if case.is_confidential and office.role != Role.POLICE:
        return office.role in DESK_ROLES and office.code == case.holder_code == case.checker_code
    return is_at_or_below(case.grid_code, office.code) and len(office.code) >= origin_codes_floor(case)


def open_moves(case: Case, standing: frozenset[Side]) -> list[Move]:
    """The moves open to somebody who stands on these sides, in the order of the table."""
    return [move for move in TABLE.values() if refusal(case, move, standing) is None]


def refusal(case: Case, move: Move, standing: frozenset[Side]) -> Refusal | None:
    """Why the move may not be made from here by these sides, or None when it may."""
    if not move.sides & standing:
        if move.action in (Action.PASS_CHECK, Action.FAIL_CHECK):
            return Refusal("forbidden", _("Only a post where the case arose may check it, and never who resolved it."))
        return Refusal("forbidden", _("This step is not yours to take in this case."))
    if case.status not in move.sources:
        return Refusal("conflict", _("This step is not open in the present state."))
    if not move.possible(case):
        return Refusal("conflict", move.otherwise)
    if hindrance := move.hindrance(case):
        return Refusal("conflict", hindrance)
    return None
