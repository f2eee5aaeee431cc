"""Two months of cases, played forward hour by hour: every step is taken by the services at its time."""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from django.db.models import Min
from django.utils import timezone

from events import services
from events.clock import STATUTORY, Limit, Unit, add, elapsed
from events.demo.people import Staff
from events.demo.reports import SAYINGS, Report
from events.models import Event, offices
from events.workflow import TABLE, Action, Status, Urgency, refusal, sides
from grids.models import Grid, User
from grids.tree import ancestor_codes, parent_code

Story = Callable[["Matter"], Iterator[datetime]]

WORKING_HOUR = Limit(1, Unit.WORKING_HOUR)
MINUTE = timedelta(minutes=1)
MORNING, EVENING = 9, 17


class Simulation:
    """The clock that runs from the first report to `end`, and who is there to act."""

    def __init__(self, rng: random.Random, staff: Staff, end: datetime):
        self.rng = rng
        self.staff = staff
        self.end = end
        self.now = end
        self.told: set[int] = set()  # who may have got notices
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
        wake_at = Event.objects.filter(wake_at__isnull=False).aggregate(first=Min("wake_at"))["first"]
        return wake_at and wake_at.replace(second=0, microsecond=0) + MINUTE

    def report(self, moment: datetime, matter: "Matter", story: Story) -> None:
        """Have the matter reported at that time, and go on as the story tells."""

        def begin() -> None:
            matter.file()
            self._go_on(story(matter))

        self.at(moment, begin)

    def _go_on(self, telling: Iterator[datetime]) -> None:
        if (moment := next(telling, None)) is not None:
            self.at(max(moment, self.now), lambda: self._go_on(telling))


@dataclass
class Matter:
    """One case and the people around it, for a story to tell what they do."""

    simulation: Simulation
    report: Report
    grid: Grid
    texts: dict[str, str]
    reporter: User
    urgency: str = Urgency.NORMAL
    event: Event | None = None
    done: list[str] = field(default_factory=list)

    @property
    def rng(self) -> random.Random:
        return self.simulation.rng

    @property
    def now(self) -> datetime:
        return self.simulation.now

    def file(self) -> None:
        self.event = services.file_event(
            actor=self.reporter,
            category=self.report.category,
            grid=self.grid,
            urgency=self.urgency,
            at=self.now,
            **self.texts,
        )

    def take(self, action: str, by: User | None = None, **inputs) -> None:
        """Take the action now: by `by`, or by somebody around who may."""
        self.event = Event.objects.with_related().get(pk=self.event.pk)
        actor = by or self.somebody(action)
        self.simulation.told.add(actor.pk)
        services.read_notices(user=actor, event=self.event, at=self.now)
        said = "reason" if "reason" in TABLE[action].needs else "note"
        inputs = {said: self.rng.choice(SAYINGS.get(action, ("",)))} | inputs
        self.event = services.act(event=self.event, action=action, actor=actor, at=self.now, **inputs)

    def somebody(self, action: str) -> User:
        """Who may take this action: of those posted nearest to where the case is, one at random."""
        case = self.event.case()
        for code in [*self._places(action)]:
            people = [
                person
                for person in self.simulation.staff.at(code)
                if refusal(case, TABLE[action], sides(case, person.pk, offices(person))) is None
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

    def accept(self, by: User | None = None) -> None:
        self.take(Action.ACCEPT, by=by)

    def assign(self, handler: User | None = None) -> None:
        self.take(Action.ASSIGN, handler=handler or self._handler())

    def _handler(self) -> User:
        """Somebody near to where it happened whom the desk may choose, rather a worker than the desk."""
        candidates = set(services.handler_candidates(self.event))
        for code in (self.grid.code, *ancestor_codes(self.grid.code)):
            people = [person for person in self.simulation.staff.at(code) if person in candidates]
            if people:
                workers = [person for person in people if not self.is_desk(person)]
                return self.rng.choice(workers or people)
        return self.somebody(Action.ASSIGN)

    def is_desk(self, person: User) -> bool:
        case = self.event.case()
        return refusal(case, TABLE[Action.ASSIGN], sides(case, person.pk, offices(person))) is None

    def resolve(self, by: User | None = None) -> None:
        """By the handler, or without one by the desk."""
        self.event = Event.objects.with_related().get(pk=self.event.pk)
        by = by or self.event.handler
        self.take(Action.RESOLVE, by=by, note=self.report.resolution, checklist=self.report.category.checklist_items())

    def fail(self) -> None:
        self.take(Action.FAIL_CHECK, reason=self.report.complaint)

    # When

    def in_time(self, low: float, high: float) -> datetime:
        """When so much of the time left has passed; of working time, unless the clock runs through the night."""
        share = self.rng.uniform(low, high)
        self.event.refresh_from_db(fields=["due_at"])
        if self.event.due_at <= self.now:  # nothing climbs from the city; they still work on it
            return self.later(self.rng.uniform(1, 8))
        left = elapsed(self.now, self.event.due_at, Unit.WORKING_HOUR)
        if self.urgency == Urgency.NORMAL and left > MINUTE:
            return self.later(share * left / timedelta(hours=1))
        return self.now + share * (self.event.due_at - self.now)

    def later(self, hours: float) -> datetime:
        """So many working hours from now; for an urgent case, hours of the wall clock."""
        if self.urgency == Urgency.URGENT:
            return self.now + timedelta(hours=hours)
        return add(self.now, WORKING_HOUR, STATUTORY, hours).replace(microsecond=0)

    def overdue(self) -> datetime:
        """Some minutes after the present limit has run out and the sweep has seen it."""
        self.event.refresh_from_db(fields=["due_at"])
        return self.event.due_at + timedelta(seconds=self.rng.randint(130, 900))
