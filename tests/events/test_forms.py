"""What the forms ask for, and what they hand to the services."""

import pytest

from events.filters import FilterForm
from events.forms import ActForm, FilingForm
from events.models import Event
from events.workflow import TABLE
from tests.factories import make_category, make_event


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.building, category=make_category("路灯", checklist="已拍照\n\n已告知居民"))


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("accept", []),
        ("assign", ["handler", "note"]),
        ("resolve", ["checklist", "note", "outcome", "reason"]),
        ("send_back", ["reason"]),
        ("escalate", ["reason"]),
        ("pass_check", ["note"]),
        ("fail_check", ["reason"]),
        ("reopen", ["reason"]),
        ("void", ["reason"]),
        ("urge", ["note"]),
        ("supervise", ["note"]),
        ("comment", ["note"]),
    ],
)
def test_an_action_asks_for_what_it_needs_and_no_more(event, action, fields):
    assert list(ActForm(TABLE[action], event).fields) == [*fields, "version", "attachments"]


def test_the_checklist_is_the_categorys(event):
    choices = ActForm(TABLE["resolve"], event).fields["checklist"].choices
    assert [label for _value, label in choices] == ["已拍照", "已告知居民"]


def test_what_was_typed_is_given_back(event):
    assert ActForm(TABLE["void"], event, {"reason": " 重复上报 "}).typed() == "重复上报"
    assert ActForm(TABLE["accept"], event, {}).typed() == ""


@pytest.fixture
def filing(cast):
    """A form as it was sent, with changes."""
    sent = {"category": make_category("暴露垃圾").pk, "grid": cast.tree.building.code, "title": " 灯坏了 "}
    return lambda **changes: FilingForm(cast.worker, sent | changes)


def test_a_filing_hands_over_what_the_service_takes(cast, filing):
    form = filing()
    assert form.is_valid()
    assert form.inputs()["grid"] == cast.tree.building
    assert form.inputs()["title"] == "灯坏了"
    assert form.inputs()["urgency"] == "normal"


def test_the_key_is_another_once_something_else_is_typed(filing):
    forms = [filing(idempotency_key="k", title=title) for title in ("灯坏了", "灯坏了", "水管漏水")]
    assert all(form.is_valid() for form in forms)
    first, again, other = (form.inputs()["idempotency_key"] for form in forms)
    assert first == again != other


def test_a_filter_asks_the_database_for_nothing_when_it_is_wrong(cast, django_assert_num_queries):
    form = FilterForm(cast.stranger, {"status": "exploded"})
    with django_assert_num_queries(0):
        assert not list(form.events(None))


def test_an_empty_filter_is_none(cast, event):
    form = FilterForm(cast.worker, {"search": "", "status": "", "sort": "due"})
    assert not form.is_narrowed()
    assert list(form.events(None)) == list(Event.objects.all())
