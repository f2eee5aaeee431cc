"""Which cases there are: two months that lie behind everybody, and what lies on the desks of the accounts today."""

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.utils import timezone

from events.clock import STATUTORY, Limit, Unit, elapsed
from events.demo import stories
from events.demo.people import HOME, Staff
from events.demo.places import COMMUNITY, DISTRICT, STREET
from events.demo.reports import Report, read_reports
from events.demo.simulation import Matter, Simulation, Story
from events.models import Category, ServiceLevel
from events.routing import loop_of
from events.services import deliver_notices, read_notices
from events.workflow import Urgency
from grids.models import Grid, Level
from grids.tree import community_code

DAYS = 60
# The last minutes are not swept: what fell due in them climbs before the visitor's eyes.
UNSWEPT = timedelta(minutes=4)
MINUTE = timedelta(minutes=1)

PAST: tuple[tuple[int, Story], ...] = (
    (96, stories.settled),
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
    (12, stories.voided),
    (6, stories.checked_late(1)),
    (3, stories.checked_late(2)),
    (3, stories.never_settled),
)
CLUES = 5
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
    plan_post(town)
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
        self.grids = {grid.code: grid for grid in Grid.objects.filter(level__lt=Level.UNIT).order_by("code")}
        self.buildings: dict[str, list[Grid]] = {}
        for grid in self.grids.values():
            if grid.level == Level.BUILDING:
                self.buildings.setdefault(community_code(grid.code), []).append(grid)

    def report(self, is_of_building: bool, suits: Callable[[Category], bool] = lambda category: True) -> Report:
        return self.rng.choice(
            [
                report
                for report in self.reports
                if report.is_of_building == is_of_building and suits(report.category)
            ]
        )

    def matter(self, grid: Grid, report: Report, reporter: str = "", urgency: str = Urgency.NORMAL) -> Matter:
        units = 3 if grid.level == Level.BUILDING else 0
        people = self.staff.at(grid.code) or self.staff.at(community_code(grid.code) or grid.code)
        return Matter(
            simulation=self.simulation,
            report=report,
            grid=grid,
            texts=report.told_of(grid, units, self.rng),
            reporter=self.staff.users[reporter] if reporter else self.rng.choice(people),
            urgency=urgency,
        )


def is_public(category: Category) -> bool:
    return not category.is_confidential


def is_unhurried(category: Category) -> bool:
    """At least a working day: short limits would have sent it up before it lies where the table wants it."""
    return is_public(category) and (category.limit is None or category.unit == Unit.WORKING_DAY)


def plan_past(town: Town) -> None:
    rng = town.rng
    for times, story in PAST:
        for _time in range(times):
            grid = _grid(town)
            report = town.report(grid.level == Level.BUILDING, is_public)
            urgency = Urgency.URGENT if rng.random() < 0.07 else Urgency.NORMAL
            town.simulation.report(_past_moment(town), town.matter(grid, report, urgency=urgency), story)
    for _clue in range(CLUES):
        grid = town.grids[rng.choice(HOME)]
        clue = town.report(True, lambda category: category.is_confidential)
        town.simulation.report(_past_moment(town), town.matter(grid, clue), stories.settled)
    elsewhere = [grid for grid in town.grids.values() if grid.level == Level.COMMUNITY and grid.code[:6] != DISTRICT]
    for _case in range(ELSEWHERE):
        grid = rng.choice(elsewhere)
        report = town.report(False, is_public)
        matter = town.matter(grid, report, reporter=f"{grid.code[:6]} official")
        town.simulation.report(_past_moment(town), matter, stories.settled)


def _grid(town: Town) -> Grid:
    """Most cases arise in the complete street, many of them in the accounts' community, the rest all over Saihan."""
    chance = town.rng.random()
    if chance < 0.3:
        community = COMMUNITY
    else:
        among = STREET if chance < 0.65 else DISTRICT
        community = town.rng.choice([code for code in town.buildings if code.startswith(among)])
    if town.rng.random() < 0.3:
        return town.grids[community]
    return town.rng.choice(town.buildings[community])


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
            report = town.report(True, is_unhurried)
            matter = town.matter(town.grids[town.rng.choice(HOME)], report, reporter="worker")
            town.simulation.report(_working_hours_before(town.end, ago), matter, story)
    for ago, is_clue in ((1, True), (6, True), (2, False), (5, False)):
        report = town.report(True, lambda category, is_clue=is_clue: category.minor == ("线索举报" if is_clue else "治安隐患"))
        matter = town.matter(town.grids[town.rng.choice(HOME)], report, reporter="worker")
        town.simulation.report(_working_hours_before(town.end, ago), matter, stories.police_work)


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
    limits = {level.stage: level for level in ServiceLevel.objects.filter(urgency=Urgency.URGENT)}
    for code, story, minutes in URGENT:
        grid = town.grids[code]
        report = town.report(grid.level == Level.BUILDING, lambda category: is_public(category) and not category.limit)
        limit = limits[loop_of(code)].time_limit()
        begun = town.end + minutes * MINUTE - limit.running(STATUTORY)
        town.simulation.report(begun, town.matter(grid, report, urgency=Urgency.URGENT), story)


def plan_post(town: Town) -> None:
    """Notices are delivered and read day by day; those of the last day are still unread."""

    def read(moment: datetime) -> None:
        deliver_notices(at=moment)
        for user in town.staff.users.values():
            if user.pk in town.simulation.told:
                read_notices(user=user, at=moment)

    for days in range(1, DAYS + 1):
        evening = datetime.combine(timezone.localdate(town.end) - timedelta(days=days), time(17, 40), STATUTORY.tz)
        town.simulation.at(evening, lambda evening=evening: read(evening))
