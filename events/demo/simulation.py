"""Two months of cases, played forward hour by hour: every step is taken by the services at its time."""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from django.db.models import Min

from events import services
from events.clock import STATUTORY, Limit, Unit, add, elapsed
from events.demo.people import Staff
from events.demo.reports import SAYINGS, Report
from events.models import Event
from events.workflow import TABLE, Action, Urgency, refusal
from grids.models import Grid, Role, User
from grids.tree import ancestor_codes

Story = Callable[["Matter"], Iterator[datetime]]

WORKING_HOUR = Limit(1, Unit.WORKING_HOUR)
MINUTE = timedelta(minutes=1)


class Simulation:
    """The clock that runs from the first report to `end`, and who is there to act."""

    def __init__(self, rng: random.Random, staff: Staff, end: datetime):
        self.rng = rng
        self.staff = staff
        self.end = end
        self.now = end
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, moment: datetime, do: Callable[[], None]) -> None:
        """Put something on the agenda; what lies beyond the end does not come to pass."""
        if moment <= self.end:
            heapq.heappush(self._agenda, (moment, next(self._order), do))

    def run(self, sweep_until: datetime) -> None:
        """Play the agenda in the order of time, the sweep in between whenever something is due, as the beat does it."""
        while self._agenda:
            moment, _order, do = heapq.heappop(self._agenda)
            self._sweep(min(moment, sweep_until))
            self.now = moment
            do()
        self._sweep(sweep_until)

    def _sweep(self, until: datetime) -> None:
        while (due := self._next_sweep()) and due <= until:
            services.sweep(at=due)

    def _next_sweep(self) -> datetime | None:
        """The first full minute after the next event's time has come."""
        found = Event.objects.aggregate(stage=Min("wake_at"), reply=Min("reply_wake_at"))
        due = [time for time in found.values() if time]
        return min(due).replace(second=0, microsecond=0) + MINUTE if due else None

    def report(self, moment: datetime, matter: "Matter", story: Story) -> None:
        """Have the matter reported at that time, and go on as the story tells."""

        def begin() -> None:
            matter.file()
            self._go_on(matter, story(matter))

        self.at(moment, begin)

    def _go_on(self, matter: "Matter", telling: Iterator[datetime]) -> None:
        matter.look()
        if (moment := next(telling, None)) is not None:
            self.at(max(moment, self.now), lambda: self._go_on(matter, telling))


@dataclass
class Matter:
    """One case and the people around it, for a story to tell what they do."""

    simulation: Simulation
    report: Report
    grid: Grid
    texts: dict[str, str]
    reporter: User
    urgency: str = Urgency.NORMAL
    point: tuple[Decimal | None, Decimal | None] = (None, None)
    event: Event | None = None

    @property
    def rng(self) -> random.Random:
        return self.simulation.rng

    @property
    def now(self) -> datetime:
        return self.simulation.now

    def file(self, into: Event | None = None) -> None:
        latitude, longitude = self.point
        self.event = services.file_event(
            actor=self.reporter,
            category=self.report.category,
            grid=self.grid,
            latitude=latitude,
            longitude=longitude,
            urgency=self.urgency,
            into=into,
            at=self.now,
            **self.texts,
        )

    def join(self, first: "Matter") -> None:
        """Report what was reported before, and say so."""
        self.file(into=first.event)

    def look(self) -> None:
        """See what the clock has done to the case meanwhile."""
        self.event = Event.objects.with_related().get(pk=self.event.pk)

    def take(self, action: str, by: User | None = None, **inputs) -> None:
        """Take the action now: by `by`, or by somebody around who may."""
        actor = by or self.somebody(action)
        services.read_notices(user=actor, event=self.event, at=self.now)
        said = "reason" if "reason" in TABLE[action].needs else "note"
        inputs = {said: self.rng.choice(SAYINGS.get(action, ("",)))} | inputs
        self.event = services.act(event=self.event, action=action, actor=actor, at=self.now, **inputs)

    def somebody(self, action: str) -> User:
        """Who may take this action: of those posted nearest to where the case is, one at random."""
        case = self.event.case(self.now)
        for code in self._places(action):
            people = [
                person
                for person in self.simulation.staff.at(code)
                if refusal(case, TABLE[action], self.event.sides_of(person)) is None
            ]
            if people:
                return self.rng.choice(people)
        raise LookupError(f"Nobody may {action} {self.event}, {case}.")

    def _places(self, action: str) -> Iterator[str]:
        """The grids to look for people in, nearest first."""
        if action in (Action.PASS_CHECK, Action.FAIL_CHECK):
            yield self.event.checker.code
        yield self.event.holder.code
        yield self.grid.code
        yield from ancestor_codes(self.grid.code)

    def accept(self) -> None:
        desk = self.somebody(Action.ACCEPT)
        self.take(Action.ACCEPT, by=desk, **({"note": ""} if desk == self.reporter else {}))

    def assign(self, handler: User | None = None) -> None:
        self.take(Action.ASSIGN, handler=handler or self._handler())

    def assign_organisation(self) -> None:
        """To the one nearest to where it happened."""
        candidates = services.organisation_candidates(self.event).filter(position__lte=self.grid.lft)
        self.take(Action.ASSIGN, organisation=candidates.order_by("-grid__level", "pk").first())

    def _handler(self) -> User:
        """Whom the desk may choose: staff, or police for what is theirs, nearest to where it happened."""
        candidates = set(services.handler_candidates(self.event))
        near = [
            person
            for code in (self.grid.code, *ancestor_codes(self.grid.code))
            for person in self.simulation.staff.at(code)
            if person in candidates
        ]
        role = Role.POLICE if self.report.is_for_police else Role.STAFF
        suited = [person for person in near if any(post.role == role for post in person.active_posts)]
        return (suited or near)[0]

    def resolve(self) -> None:
        """By the handler or somebody of the organisation, or without either by the desk."""
        ticked, by = self.report.category.checklist_items(), self.event.handler
        if self.event.organisation:
            by = self.rng.choice(list(self.event.organisation.representatives.order_by("pk")))
        self.take(Action.RESOLVE, by=by, note=self.report.resolution, checklist=ticked)

    def fail(self) -> None:
        self.take(Action.FAIL_CHECK, reason=self.report.complaint)

    # When

    def in_time(self, low: float, high: float) -> datetime:
        """When so much of the time left has passed; of working time, unless the clock runs through the night."""
        share = self.rng.uniform(low, high)
        if self.event.due_at <= self.now:  # nothing climbs from the city; they still work on it
            return self.later(self.rng.uniform(1, 8))
        left = elapsed(self.now, self.event.due_at, Unit.WORKING_HOUR)
        if self.urgency == Urgency.NORMAL and left > MINUTE:
            return self.later(share * left / timedelta(hours=1))
        return (self.now + share * (self.event.due_at - self.now)).replace(microsecond=0)

    def later(self, hours: float) -> datetime:
        """So many working hours from now; for an urgent case, hours of the wall clock."""
        if self.urgency == Urgency.URGENT:
            return self.now + timedelta(hours=hours)
        return add(self.now, WORKING_HOUR, STATUTORY, hours).replace(microsecond=0)

    def overdue(self) -> datetime:
        """Some minutes after the present limit has run out and the sweep has seen it."""
        return self.event.due_at + timedelta(seconds=self.rng.randint(130, 900))
