"""Bad input is input: every page and form of the figures answers it, and what is refused changes nothing."""

import logging
from collections.abc import Iterator
from itertools import cycle, product
from types import SimpleNamespace

import pytest
from django.urls import reverse

from events import services
from events.clock import Limit, Unit
from events.models import MonthlyReport
from events.services import make_monthly_reports
from events.what_if.replay import Scenario
from events.workflow import Action, Loop, Urgency
from tests.bad_input import ASKED, BAD, HUGE, Sweep, send
from tests.branches.world import Sent, forms_of
from tests.events.conftest import moment
from tests.factories import make_event, take

pytestmark = pytest.mark.django_db

PARAMETERS = (
    "period", "since", "until", "category", "grain", "by", "sort", "page", "grid", "month",
    "figure", "stood_on", "closed_since", "closed_until", "started_in", "peak_loop", "direct", "organisation",
)  # fmt: skip
FORMS = {"what_if", "report_make"}


@pytest.fixture
def world(cast) -> Iterator[SimpleNamespace]:
    """A month with a closed and an open case, its report, and a what-if of it."""
    day = moment("2025-10-13 09:00")
    take(make_event(cast.worker, cast.tree.building, at=day), Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK, at=day)
    make_event(cast.worker, cast.tree.second_building, at=day)
    make_monthly_reports(at=moment("2025-11-03 00:25"))
    asked = services.ask_what_if(
        actor=cast.street,
        grid=cast.tree.street,
        since=day.date(),
        until=day.date(),
        scenario=Scenario({(Loop.GRID, Urgency.NORMAL): Limit(2, Unit.WORKING_DAY)}),
    )
    logging.disable(logging.ERROR)  # each refusal is a warning
    yield SimpleNamespace(cast=cast, asked=asked)
    logging.disable(logging.NOTSET)


def addresses(world: SimpleNamespace) -> dict[str, list]:
    """What stands in the addresses of every page of figures, by its URL name."""
    code = [world.cast.tree.street.code]
    report = [MonthlyReport.objects.get(grid=world.cast.tree.street).pk]
    grid_pages = ("dashboard", "dashboard_year", "dashboard_coverage", "dashboard_screen", "indicator_list")
    report_pages = ("report_detail", "report_export")
    bare = ("dashboard_list", "report_list", "what_if", "event_list")
    return (
        dict.fromkeys(grid_pages, code)
        | dict.fromkeys(report_pages, report)
        | {name: [] for name in bare}
        | {"what_if_detail": [world.asked.pk]}
    )


def forms(world: SimpleNamespace, sweep: Sweep) -> list[Sent]:
    """What-if and the report by hand, each of a person who has it on the page."""
    found = []
    for name, who in (("what_if", world.cast.street), ("report_list", world.cast.city)):
        address = reverse(name)
        found += forms_of(who, address, sweep.ask(who, address).content.decode())
    return [sent for sent in found if sent.view in FORMS]


def test_every_page_answers_whatever_its_address_asks(world):
    sweep, turn = Sweep("events"), cycle(ASKED)
    for name, args in addresses(world).items():
        address = reverse(name, args=args)
        for value in ("\x00", HUGE, next(turn)):
            sweep.ask(world.cast.street, address, dict.fromkeys(PARAMETERS, value))
        if args:  # and what is not there
            sweep.ask(world.cast.street, reverse(name, args=[HUGE if isinstance(args[0], int) else "9" * 60]))
    assert not sweep.problems, "\n".join(sweep.problems)


def test_every_filter_alone_is_answered_whatever_it_says(world):
    sweep = Sweep("events")
    for name in ("dashboard", "indicator_list", "event_list"):
        address = reverse(name, args=addresses(world)[name])
        for parameter, value in product(PARAMETERS, ("\x00", "0001-01-01", "9999-12-31", HUGE)):
            sweep.ask(world.cast.street, address, {parameter: value})
    assert not sweep.problems, "\n".join(sweep.problems)


def test_every_form_refuses_bad_input_and_loses_nothing_of_the_rest(world):
    sweep = Sweep("events")
    sent = forms(world, sweep)
    for form in sent:
        sweep.ask(form.who, form.address, {}, is_post=True)
        for field, kind in form.kinds.items():
            for value in BAD.get(kind, ()):
                send(sweep, form, field, value)
    assert {form.view for form in sent} == FORMS
    assert not sweep.problems, "\n".join(sweep.problems)
