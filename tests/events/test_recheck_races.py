"""Two who draw, re-check or look at once, on PostgreSQL: each number and each result once, and who is late is told."""

import pytest

from events.exceptions import ActionConflict, ActionRefused, AlreadyRecorded
from events.models import Event, QuickClosing, Sample, SampleItem
from events.services import act, draw_sample, list_quick_closings, look_again, recheck
from events.workflow import Status
from tests.events.test_races import at_once
from tests.events.test_sampling import DECEMBER, NOVEMBER, closed, drawn
from tests.events.test_second_looks import MINUTE, NIGHT, closed_in

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]


def draw(cast, actor, **inputs):
    return lambda: draw_sample(
        actor=actor, grid=cast.tree.district, size=2, at=DECEMBER, **NOVEMBER, **inputs
    )  # fmt: skip


def test_two_who_draw_the_same_get_two_numbers(cast, pool):
    for _case in range(3):
        closed(cast)
    for turn in range(4):
        found = at_once(pool, draw(cast, cast.district), draw(cast, cast.city))
        assert sorted(sample.ordinal for sample in found) == [2 * turn + 1, 2 * turn + 2]
    assert SampleItem.objects.count() == 16


def test_one_form_that_is_sent_twice_at_once_draws_once(cast, pool):
    closed(cast)
    found = at_once(pool, *[draw(cast, cast.district, idempotency_key="a")] * 4)
    assert len({sample.pk for sample in found}) == 1 == Sample.objects.count()


def test_two_who_recheck_one_case_do_not_overwrite_each_other(cast, pool):
    closed(cast)
    item = drawn(cast).items.get()
    found = at_once(
        pool,
        lambda: recheck(item=item, actor=cast.district, finding="holds"),
        lambda: recheck(item=item, actor=cast.city, finding="fails", note="仍不亮"),
    )
    (late,) = [one for one in found if isinstance(one, AlreadyRecorded)]
    (first,) = [one for one in found if one is not late]
    assert first.checked_by_name in late.detail
    assert SampleItem.objects.get().finding == first.finding


def test_two_nightly_looks_at_once_list_each_closing_once(cast, pool):
    for _case in range(3):
        closed_in(cast, MINUTE)
    found = at_once(pool, *[lambda: list_quick_closings(at=NIGHT)] * 4)
    assert sorted(found) == [0, 0, 0, 3]
    assert QuickClosing.objects.count() == 3


def test_a_case_is_called_in_order_or_reopened_whichever_is_first(cast, pool):
    closed_in(cast, MINUTE)
    list_quick_closings(at=NIGHT)
    closing = QuickClosing.objects.select_related("event__grid", "event__holder").get()
    look, again = at_once(
        pool,
        lambda: look_again(closing=closing, actor=cast.district, note="已核实"),
        lambda: act(event=closing.event, action="reopen", actor=cast.city, reason="现场未处理"),
    )
    assert not isinstance(again, ActionRefused | ActionConflict)
    assert Event.objects.get().status == Status.HANDLING
    seen = QuickClosing.objects.get()
    assert seen.looked_at is None if isinstance(look, AlreadyRecorded) else seen.looked_by == cast.district
