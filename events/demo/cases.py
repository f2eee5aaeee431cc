"""Which cases there are: two months that lie behind everybody, and what lies on the desks of the accounts today."""

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from events.clock import STATUTORY, Unit, elapsed
from events.demo import stories
from events.demo.people import HOME, Staff
from events.demo.places import COMMUNITY, DISTRICT, STREET, is_village
from events.demo.rechecks import plan_rechecks
from events.demo.reports import POLICE_MINOR, Report, read_reports
from events.demo.simulation import Matter, Simulation, Story
from events.models import Category, Notice, ServiceLevel
from events.routing import loop_of
from events.services import deliver_notices, read_notices
from events.workflow import Rating, Urgency
from grids.models import Grid, Level, User
from grids.tree import community_code, parent_code

DAYS = 60
# The last minutes are not swept: what fell due in them climbs before the visitor's eyes.
UNSWEPT = timedelta(minutes=4)
MINUTE = timedelta(minutes=1)
PROPERTY_MINOR = "物业管理"
UNREAD = timedelta(hours=20)
HOT_MINOR = "占用消防通道"
HOT_HOURS = (3, 9, 15, 21, 25)  # working hours ago; within a week
JOINED_AGO = 0.7  # and before that, the first of them was reported a second time
HOT_POINT = (Decimal("40.818200"), Decimal("111.708600"))
SCOPES = {
    Level.CITY: "street",
    Level.DISTRICT: "street",
    Level.STREET: "street",
    Level.COMMUNITY: "community",
    Level.BUILDING: "building",
    Level.UNIT: "building",
}

PAST: tuple[tuple[int, Story], ...] = (
    (58, stories.settled),
    (14, stories.discussed),
    (22, stories.handed_up),
    (10, stories.handed_up_twice),
    (6, stories.handed_to_the_city),
    (16, stories.climbed(1)),
    (8, stories.climbed(2)),
    (5, stories.climbed(3)),
    (3, stories.climbed(4)),
    (8, stories.climbed_in_hand),
    (5, stories.supervised),
    (10, stories.sent_back),
    (3, stories.sent_back_too_often),
    (12, stories.redone),
    (4, stories.redone_too_often),
    (5, stories.reopened),
    (5, stories.asked),
    (5, stories.rated(Rating.SATISFIED, contacted=True, solved=True)),
    (1, stories.rated(Rating.SATISFIED, contacted=False, solved=True)),
    (2, stories.rated(Rating.SATISFIED)),
    (2, stories.rated(Rating.FAIR, contacted=True, solved=False)),
    (2, stories.rated(Rating.FAIR, solved=True)),
    (3, stories.unsatisfied),
    (12, stories.voided),
    (6, stories.checked_late(1)),
    (3, stories.checked_late(2)),
    (3, stories.never_settled),
)
CLUES = 5
JOINT = 6  # dealt with by the property company
AT_ONCE = 4  # resolved within minutes, which nobody believes
ELSEWHERE = 5  # reported by officials of other districts, where nobody below them is posted

# On the accounts' desks: the story so far, and how many working hours ago each case of it was reported.
TODAY: tuple[tuple[Story, tuple[float, ...]], ...] = (
    (stories.waits, (0.4, 1.5, 3, 4.5, 6.8)),
    (stories.lies_with_worker, (0.8, 2, 3.5, 5, 6, 7.2)),
    (stories.lies_unassigned, (1.2, 5.5)),
    (stories.chief_checks, (2.5, 4, 6, 9)),
    (stories.worker_checks, (3, 5.2, 8)),
    (stories.worker_mends, (6, 9)),
    (stories.came_back, (7,)),
    (stories.handed_to(COMMUNITY), (2, 4, 7.5)),
    (stories.handed_to(COMMUNITY, stories.lies_unassigned), (3.4, 6)),
    (stories.handed_to(COMMUNITY, stories.lies_with_worker), (5, 9)),
    (stories.handed_to(STREET), (4, 6.5, 9)),
    (stories.handed_to(STREET, stories.lies_unassigned), (5, 8)),
    (stories.handed_to(STREET, stories.lies_assigned), (10,)),
    (stories.handed_to(DISTRICT), (6, 9)),
    (stories.handed_to(DISTRICT, stories.lies_unassigned), (8,)),
    (stories.handed_to("1501"), (7, 11)),
    (stories.handed_to("1501", stories.lies_unassigned), (9,)),
    (stories.waits, (10, 14, 20, 30)),  # climbed by themselves
    (stories.lies_with_worker, (13,)),
    (stories.was_reopened, (24,)),
    (stories.voided, (5,)),
    (stories.settled, (16, 20, 22, 26)),
)

# Urgent, on a clock that never rests: the grid they arose in, the story so far, minutes until they are due.
URGENT: tuple[tuple[str, Story, float], ...] = (
    (HOME[0], stories.waits, -2),
    (HOME[1], stories.lies_with_worker, -1),
    (HOME[1], stories.waits, 3),
    (HOME[2], stories.lies_with_worker, 6),
    (HOME[0], stories.lies_with_worker, 28),
    (COMMUNITY, stories.waits, 4.5),
    (COMMUNITY, stories.lies_unassigned, 40),
    (STREET, stories.waits, 9),
    (DISTRICT, stories.waits, 14),
)


def play(rng: random.Random, staff: Staff, end: datetime) -> None:
    """Play everything up to `end` through the services."""
    town = Town(rng, staff, end)
    simulation = town.simulation
    plan_past(town)
    plan_today(town)
    plan_urgent(town)
    plan_hot_spot(town)
    plan_post(town)
    plan_rechecks(simulation, town.grids[DISTRICT])
    simulation.run(sweep_until=end - UNSWEPT)
    deliver_notices(at=end)


class Town:
    """What reports can be about, and where and by whom they are made."""

    def __init__(self, rng: random.Random, staff: Staff, end: datetime):
        self.rng = rng
        self.staff = staff
        self.end = end
        self.simulation = Simulation(rng, staff, end)
        self.reports = read_reports()
        self.grids = {grid.code: grid for grid in Grid.objects.order_by("code")}
        self.below: dict[str, list[Grid]] = {}
        for grid in self.grids.values():
            self.below.setdefault(parent_code(grid.code) or "", []).append(grid)

    def report(self, grid: Grid, suits: Callable[[Category], bool]) -> Report:
        """One that may be made of such a place."""
        scope = "village" if is_village(grid) else SCOPES[grid.level]
        return self.rng.choice([report for report in self.reports if report.scope == scope and suits(report.category)])

    def matter(self, grid: Grid, report: Report, reporter: str = "", urgency: str = Urgency.NORMAL) -> Matter:
        return Matter(
            simulation=self.simulation,
            report=report,
            grid=grid,
            texts=report.told_of(self._unit(grid), self.rng.randint(2, 6)),
            reporter=self.staff.users[reporter] if reporter else self.rng.choice(self._people(grid)),
            urgency=urgency,
        )

    def _unit(self, grid: Grid) -> int:
        """The number of the unit that the texts speak of."""
        units = [grid] if grid.level == Level.UNIT else self.below.get(grid.code)
        return int(self.rng.choice(units).code[-2:]) if units else 1

    def _people(self, grid: Grid) -> list[User]:
        """The people who report what they see there: those of the building, or of the community."""
        near = self.staff.at(grid.code[:16]) if self.rng.random() < 0.75 else []
        return near or self.staff.at(community_code(grid.code) or grid.code)


def is_public(category: Category) -> bool:
    return not category.is_confidential


def is_unhurried(category: Category) -> bool:
    """At least a working day: short limits would have sent it up before it lies where the table wants it."""
    return is_public(category) and (category.limit is None or category.unit == Unit.WORKING_DAY)


def is_for_property(category: Category) -> bool:
    return category.minor == PROPERTY_MINOR


def is_confidential(category: Category) -> bool:
    return category.is_confidential


def plan_past(town: Town) -> None:
    rng = town.rng
    for times, story in PAST:
        for _time in range(times):
            grid = _grid(town)
            urgency = Urgency.URGENT if rng.random() < 0.07 else Urgency.NORMAL
            matter = town.matter(grid, town.report(grid, is_public), urgency=urgency)
            town.simulation.report(_past_moment(town), matter, story)
    for _clue in range(CLUES):
        grid = town.grids[rng.choice(HOME)]
        matter = town.matter(grid, town.report(grid, is_confidential))
        town.simulation.report(_past_moment(town), matter, stories.clue_settled)
    for _case in range(JOINT):
        grid = town.grids[rng.choice(HOME)]
        matter = town.matter(grid, town.report(grid, is_for_property))
        town.simulation.report(_past_moment(town), matter, stories.settled_by_organisation)
    for _case in range(AT_ONCE):
        grid = town.grids[rng.choice(HOME)]
        matter = town.matter(grid, town.report(grid, is_for_property))
        town.simulation.report(_past_moment(town), matter, stories.settled_at_once)
    elsewhere = [grid for grid in town.grids.values() if grid.level == Level.COMMUNITY and grid.code[:6] != DISTRICT]
    for _case in range(ELSEWHERE):
        grid = rng.choice(elsewhere)
        matter = town.matter(grid, town.report(grid, is_public), reporter=f"{grid.code[:6]} official")
        town.simulation.report(_past_moment(town), matter, stories.settled)


def _grid(town: Town) -> Grid:
    """Most cases arise in the complete street, many of them in the accounts' community, the rest all over Saihan."""
    chance = town.rng.random()
    if chance < 0.3:
        community = town.grids[COMMUNITY]
    elif chance < 0.65:
        community = town.rng.choice(town.below[STREET])
    else:
        community = town.rng.choice(town.below[town.rng.choice(town.below[DISTRICT]).code])
    if is_village(community) or town.rng.random() < 0.3:
        return community
    building = town.rng.choice(town.below[community.code])
    return building if town.rng.random() < 0.85 else town.rng.choice(town.below[building.code])


def _past_moment(town: Town) -> datetime:
    """Between seven and ten by day, more often on working days than on others."""
    while True:
        day = timezone.localdate(town.end) - timedelta(days=town.rng.randint(2, DAYS))
        if STATUTORY.is_working_day(day) or town.rng.random() < 0.3:
            break
    seconds = round(town.rng.triangular(7 * 3600, 22 * 3600, 10 * 3600))
    return datetime.combine(day, time(), STATUTORY.tz) + timedelta(seconds=seconds)


def plan_today(town: Town) -> None:
    for story, hours in TODAY:
        for ago in hours:
            _report_at_home(town, ago, story, is_unhurried)
    for ago in (1.6, 5.8):
        _report_at_home(town, ago, stories.lies_with_organisation, is_for_property)
    for ago in (1, 6):
        _report_at_home(town, ago, stories.police_work, is_confidential)
    for ago in (2, 5):
        _report_at_home(town, ago, stories.police_work, lambda category: category.minor == POLICE_MINOR)


def _report_at_home(town: Town, ago: float, story: Story, suits: Callable[[Category], bool]) -> None:
    """The worker reports something in one of their buildings, so many working hours ago."""
    grid = town.grids[town.rng.choice(HOME)]
    matter = town.matter(grid, town.report(grid, suits), reporter="worker")
    town.simulation.report(_working_hours_before(town.end, ago), matter, story)


def _working_hours_before(end: datetime, hours: float) -> datetime:
    """The latest moment, to the minute, from which so many working hours run until `end`."""
    wanted = timedelta(hours=hours)
    early, late = 0, 60 * 24 * 40
    while early < late:
        middle = (early + late) // 2
        if elapsed(end - middle * MINUTE, end, Unit.WORKING_HOUR) >= wanted:
            late = middle
        else:
            early = middle + 1
    return end - early * MINUTE


def plan_urgent(town: Town) -> None:
    limits = {level.stage: level.time_limit() for level in ServiceLevel.objects.filter(urgency=Urgency.URGENT)}
    for code, story, minutes in URGENT:
        grid = town.grids[code]
        report = town.report(grid, lambda category: is_public(category) and not category.limit)
        begun = town.end + minutes * MINUTE - limits[loop_of(code)].running(STATUTORY)
        town.simulation.report(begun, town.matter(grid, report, urgency=Urgency.URGENT), story)


def plan_hot_spot(town: Town) -> None:
    """The same trouble all over one community within a week; the latest report is made twice, and joined."""
    homes = [town.grids[code] for code in HOME]
    grids = [*homes, *(grid for grid in town.below[COMMUNITY] if grid not in homes)]
    for grid, ago in zip(grids, HOT_HOURS, strict=False):
        report = town.report(grid, lambda category: category.minor == HOT_MINOR)
        matter = town.matter(grid, report)
        if ago == min(HOT_HOURS):
            matter.point, again = HOT_POINT, town.matter(grid, report)
            moment = _working_hours_before(town.end, JOINED_AGO)
            town.simulation.at(moment, lambda again=again, first=matter: again.join(first))
        town.simulation.report(_working_hours_before(town.end, ago), matter, stories.lies_assigned)


def plan_post(town: Town) -> None:
    """Notices are delivered and read every evening; those of the last day are still unread."""
    for days in range(1, DAYS + 1):
        evening = datetime.combine(timezone.localdate(town.end) - timedelta(days=days), time(17, 40), STATUTORY.tz)
        if town.end - evening > UNREAD:
            town.simulation.at(evening, lambda evening=evening: _read(evening))


def _read(evening: datetime) -> None:
    deliver_notices(at=evening)
    for user in User.objects.filter(pk__in=Notice.objects.unread().values("recipient")):
        read_notices(user=user, at=evening)
