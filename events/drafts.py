"""A step in the making, with the limits in force and who stands where."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import TextChoices

from events import calendars
from events.figures.tallies import keys_of
from events.history import handling_details, seal
from events.models import Event, ServiceLevel, Step
from events.routing import Staffing
from events.running import OF_CATEGORY, OF_STAGE, RunningClock
from events.workflow import (
    Action,
    Case,
    Side,
    highest,
    is_late,
)
from grids.models import Organisation, User

STAGE_CHECK = ServiceLevel.Stage.CHECK
STAGE_REPLY = ServiceLevel.Stage.REPLY
# The sweep runs every minute; being later than two is worth telling.
PUNCTUAL = timedelta(minutes=2)


class Rule(TextChoices):
    """Why a case went where it went; `explanations` turns it into a sentence."""

    PLACE = "place"
    CATEGORY = "category"
    DECISION = "decision"
    OVERDUE = "overdue"
    REMINDER = "reminder"
    THIRD_SEND_BACK = "third_send_back"
    THIRD_REWORK = "third_rework"
    CHECK = "check"
    CHECK_OVERDUE = "check_overdue"
    TOP_OVERDUE = "top_overdue"
    REORGANISED = "reorganised"
    HANDED_OVER = "handed_over"
    DATE_CAME = "date_came"
    NO_REPLY = "no_reply"
    SAME_CASE = "same_case"
    TARGET_VOIDED = "target_voided"


class Limits:
    """The service levels and the calendar in force, read once for a request or a batch, in one query."""

    def __init__(self):
        levels = list(ServiceLevel.objects.annotate(edition=calendars.in_force()))
        self.levels = {(level.stage, level.urgency): level.time_limit() for level in levels}
        self.calendar = calendars.of(levels[0].edition if levels else None)
        self.clocks: dict[tuple, RunningClock] = {}  # a batch starts its clocks at one moment, with few limits

    def clock(self, event: Event, stage: str, start: datetime) -> RunningClock:
        """The shorter of the stage's default and the category's limit; a check has its own limit alone."""
        limits = {OF_STAGE: self.levels[stage, event.urgency]}
        if stage != STAGE_CHECK and (own := event.category.time_limit()):
            limits[OF_CATEGORY] = own
        key = (start, *limits.items())
        if key not in self.clocks:
            self.clocks[key] = RunningClock(start, limits, self.calendar)
        return self.clocks[key]


@dataclass
class Draft:
    """One step in the making: the event is changed in memory, the step is written from before and after."""

    event: Event
    action: Action
    at: datetime
    staffing: Staffing
    limits: Limits
    actor: User | None = None
    side: Side = Side.SYSTEM
    actor_post: str = ""
    reason: str = ""
    note: str = ""
    handler: User | None = None
    organisation: Organisation | None = None
    partner: User | None = None
    until: date | None = None
    into: Event | None = None
    rule: str = ""
    clock: RunningClock | None = None  # what an adjusted, extended or resumed case goes on with
    details: dict[str, Any] = field(default_factory=dict)
    recipients: set[int | None] = field(default_factory=set)
    followed_by: "Draft | None" = None

    def __post_init__(self):
        self.note_before()
        # Where the tallies have it until this is stored; what is being filed they do not have yet.
        self.counted = keys_of(self.event) if self.event.step_count else []

    def note_before(self) -> None:
        """The state, loop and due time that the step leads away from; of what is being filed there are none."""
        event = self.event
        self.before = (event.status, event.loop, event.due_at) if event.step_count else ("", "", None)

    @property
    def case(self) -> Case:
        return self.event.case()

    def desk(self) -> list[int]:
        return self.staffing.desk(self.event.holder.code)

    def handlers(self) -> set[int]:
        """The person who handles it, or those whom the organisation sends that does; nobody once they have left it."""
        event, organisation = self.event, self.event.organisation
        if event.handler_id:
            return {event.handler_id}
        if not organisation or organisation.dissolved_at or not organisation.is_joint:
            return set()
        return {person.pk for person in organisation.representatives.all() if person.is_active}

    def workers(self) -> set[int | None]:
        """Who must act on it now: who handles it and the desk behind them, or who has to check it."""
        if self.event.checker:
            return set(self.staffing.checkers(self.case, self.event.checker.code))
        return {*self.handlers(), *self.desk(), self.event.partner_id}

    def is_staffed(self, code: str) -> bool:
        return self.staffing.is_staffed(code)

    def start_clock(self, stage: str) -> None:
        clock = self.limits.clock(self.event, stage, self.at)
        found = clock.deadline
        self.event.clock_started_at = self.at
        self.event.remind_at = self.event.wake_at = found.remind_at
        self.event.due_at = found.due_at
        self.details |= clock.details(found)

    def change_clock(self, clock: RunningClock) -> None:
        """Go on with a clock that began before: adjusted, extended or resumed.

        A reminder that came already comes again only if it lies ahead now. What is over at once is over from now on,
        so that the system is not called late for it (`note_lateness`).
        """
        found, event = clock.deadline, self.event
        was_reminded = event.due_at is not None and event.wake_at in (event.due_at, None)
        self.details |= clock.details_later(found)
        event.clock_started_at, event.due_at = clock.start, found.due_at
        event.remind_at = max(found.remind_at, self.at)
        is_reminder_over = was_reminded and found.remind_at <= self.at
        event.wake_at = event.due_at if is_reminder_over or found.due_at <= self.at else event.remind_at

    def stop_clock(self) -> None:
        self.event.clock_started_at = self.event.remind_at = self.event.due_at = self.event.wake_at = None

    def system_follows(self, action: Action, rule: Rule) -> None:
        self.followed_by = Draft(self.event, action, self.at, self.staffing, self.limits, rule=rule)

    def note_lateness(self) -> None:
        """An outage delays the system; the step tells by how many seconds."""
        event = self.event
        # A limit that was shortened below what had run is over since it was shortened, which is its reminder's time.
        self.note_late(max(event.due_at, event.remind_at) if self.at >= event.due_at else event.remind_at)

    def note_late(self, due: datetime) -> None:
        if (late := self.at - due) > PUNCTUAL:
            self.details["late"] = round(late.total_seconds())

    def to_step(self) -> Step:
        """Seal what happened as the next step of the event's chain."""
        event, (from_status, from_loop, was_due) = self.event, self.before
        if event.late_at is None and is_late(from_status, was_due, self.at):
            event.late_at = was_due
        event.top_loop = highest(event.top_loop, event.loop)
        if (name := self.staffing.name(event.grid.code)) != event.place_name:
            event.place_name = self.details["place_name"] = name
        step = Step(
            event=event,
            at=self.at,
            action=self.action,
            side=self.side,
            actor=self.actor,
            actor_name=str(self.actor or ""),
            actor_post=self.actor_post,
            from_status=from_status,
            to_status=event.status,
            from_loop=from_loop,
            to_loop=event.loop,
            holder_id=event.holder_id,
            holder_name=self.staffing.name(event.holder.code),
            handler_id=event.handler_id,
            handler_name=str(event.handler or ""),
            checker_id=event.checker_id,
            checker_name=self.staffing.name(event.checker.code) if event.checker else "",
            round=event.round,
            reason=self.reason,
            note=self.note,
            rule=self.rule,
            details=self.details | handling_details(event),
            due_at=event.due_at,
        )
        seal(step, event)
        return step
