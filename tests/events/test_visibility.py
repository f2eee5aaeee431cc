"""Who sees which case, and whom it waits for."""

import pytest

from events import services
from events.models import Event, offices
from events.workflow import Side, sides
from grids.models import Role
from grids.services import end_post
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

EVERYBODY = ["worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin"]


def seen_by(cast, event: Event) -> set[str]:
    return {name for name in EVERYBODY if Event.objects.visible_to(getattr(cast, name)).filter(pk=event.pk).exists()}


def awaited_by(cast, event: Event) -> set[str]:
    return {name for name in EVERYBODY if Event.objects.waiting_for(getattr(cast, name)).filter(pk=event.pk).exists()}


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.unit)


# What one may see


def test_a_case_is_seen_from_every_post_above_its_place(cast, event):
    expected = {"worker", "chief", "community", "street", "district", "city", "police", "admin"}
    assert seen_by(cast, event) == expected


def test_nothing_is_seen_from_beside_or_below(cast):
    event = make_event(cast.community, cast.tree.community)
    assert seen_by(cast, event) == {"community", "street", "district", "city", "police", "admin"}
    assert seen_by(cast, make_event(cast.neighbour, cast.tree.other_building)) == {
        "neighbour", "street", "district", "city", "admin"
    }  # fmt: skip


def test_who_handles_it_sees_it_as_long_as_they_hold_a_post(cast, event):
    event = take(event, "escalate", "escalate", "accept", "assign", handler=cast.neighbour)
    assert "neighbour" in seen_by(cast, event)
    end_post(actor=None, post=cast.neighbour.active_posts[0])
    assert "neighbour" not in seen_by(cast, event)


def test_who_filed_it_sees_it_even_after_their_posts_ended(cast, event):
    for post in cast.worker.active_posts:
        end_post(actor=None, post=post)
    assert "worker" in seen_by(cast, event)


def test_an_ended_post_shows_nothing_any_more(cast, event):
    end_post(actor=None, post=cast.police.active_posts[0])
    assert "police" not in seen_by(cast, event)


# Clue reports


@pytest.fixture
def clue(cast):
    """Reported by the worker of the building, held by its chief."""
    return make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))


def test_a_clue_report_is_seen_by_reporter_desk_and_police_alone(cast, clue):
    assert seen_by(cast, clue) == {"worker", "chief", "police"}


def test_with_the_holder_the_sight_of_a_clue_report_moves_on(cast, clue):
    assert seen_by(cast, take(clue, "escalate")) == {"worker", "community", "police"}


def test_an_administrator_may_remark_on_what_they_see_and_do_nothing_else(cast, event):
    assert sides(event.case(), cast.admin.pk, offices(cast.admin)) == {Side.VIEWER}
    event = services.act(event=event, action="comment", actor=cast.admin, note="系统已修复")
    assert (event.steps.last().side, event.steps.last().actor_post) == ("viewer", "")


def test_police_elsewhere_see_nothing_of_a_clue_report(cast, clue):
    elsewhere = make_user("外区民警")
    make_post(elsewhere, cast.tree.other_community, Role.POLICE)
    assert not Event.objects.visible_to(elsewhere).exists()


def test_staff_beside_the_desk_see_nothing_of_a_clue_report(cast, clue):
    colleague = make_user("同楼网格员")
    make_post(colleague, cast.tree.building, Role.STAFF)
    assert not Event.objects.visible_to(colleague).exists()


def test_who_may_not_see_a_clue_report_cannot_act_on_it_either(cast, clue):
    for person in (cast.community, cast.street, cast.city, cast.admin):
        with pytest.raises(services.acting.ActionForbidden):
            services.act(event=clue, action="supervise", actor=person)


@pytest.mark.parametrize("name", EVERYBODY)
def test_nobody_can_do_anything_to_what_they_cannot_see(cast, event, clue, name):
    person = getattr(cast, name)
    for one in (event, clue):
        if name not in seen_by(cast, one):
            with pytest.raises(services.acting.ActionForbidden):
                services.act(event=one, action="comment", actor=person, note="看不到也能说话？")


# What waits for whom


def test_a_new_case_waits_for_its_desk(cast, event):
    assert awaited_by(cast, event) == {"chief"}


def test_an_accepted_case_waits_for_the_desk_until_it_is_assigned(cast, event):
    event = take(event, "accept")
    assert awaited_by(cast, event) == {"chief"}
    assert awaited_by(cast, take(event, "assign", handler=cast.worker)) == {"worker"}


def test_a_case_whose_handler_left_waits_for_the_desk_again(cast, event):
    event = take(event, "accept", "assign", handler=cast.worker)
    for post in cast.worker.active_posts:
        end_post(actor=None, post=post)
    assert awaited_by(cast, event) == {"chief"}


def test_a_case_whose_handler_works_elsewhere_now_waits_for_the_desk_again(cast, event):
    event = take(event, "accept", "assign", handler=cast.worker)
    for post in cast.worker.active_posts:
        end_post(actor=None, post=post)
    make_post(cast.worker, cast.tree.far_community)
    assert awaited_by(cast, event) == {"chief"}


def test_a_case_whose_handler_has_no_account_any_more_waits_for_the_desk_again(cast, event):
    event = take(event, "accept", "assign", handler=cast.worker)
    cast.worker.is_active = False
    cast.worker.save()
    assert awaited_by(cast, event) == {"chief"}


def test_a_resolved_case_waits_for_its_checkers_but_not_for_who_resolved_it(cast, event):
    assert awaited_by(cast, take(event, "accept", "resolve")) == {"worker"}


def test_a_check_that_climbed_waits_for_the_community(cast, event):
    event = take(event, "accept", "resolve")
    services.sweep(at=event.due_at)
    assert awaited_by(cast, event) == {"community", "police"}


def test_a_closed_case_waits_for_nobody(cast, event):
    assert awaited_by(cast, take(event, "accept", "resolve", "pass_check")) == set()


def test_the_check_of_a_clue_report_waits_for_the_police_alone(cast, clue):
    assert awaited_by(cast, take(clue, "accept", "resolve")) == {"police"}


# Asking


@pytest.mark.parametrize("question", ["visible_to", "waiting_for"])
def test_a_list_is_one_query_besides_the_posts(cast, event, question, django_assert_num_queries):
    for _turn in range(5):
        make_event(cast.worker, cast.tree.unit)
    cast.chief.active_posts  # noqa: B018 - each request reads them once
    with django_assert_num_queries(1):
        found = list(getattr(Event.objects, question)(cast.chief).with_related())
    assert len(found) == 6
    with django_assert_num_queries(0):
        for one in found:
            one.case()


def test_open_and_overdue_ask_for_the_state_and_the_clock(cast, event):
    closed = take(make_event(cast.worker, cast.tree.unit), "accept", "resolve", "pass_check")
    assert list(Event.objects.open()) == [event]
    assert not Event.objects.overdue(at=event.due_at)
    late = event.due_at.replace(year=event.due_at.year + 1)
    assert list(Event.objects.overdue(at=late)) == [event]
    assert (event.is_overdue(at=late), closed.is_overdue(at=late)) == (True, False)


def test_inside_takes_the_whole_subtree_and_nothing_beside_it(cast, event):
    make_event(cast.neighbour, cast.tree.other_building)
    assert list(Event.objects.inside(cast.tree.community)) == [event]
    assert Event.objects.inside(cast.tree.street).count() == 2
    assert not Event.objects.inside(cast.tree.second_unit).exists()


def test_searching_finds_number_title_and_place(cast):
    event = make_event(cast.worker, cast.tree.unit, title="电梯困人", address="东侧 Lift 3")
    for words in (event.number, event.number[:8], "困人", "lift", "  电梯 "):
        assert list(Event.objects.search(words)) == [event], words
    assert not Event.objects.search("水管")


@pytest.mark.parametrize("words", ["\x00", "灯\x00坏", "%", "_", "'; --", "\\"])
def test_searching_for_odd_characters_finds_nothing_and_breaks_nothing(event, words):
    assert not Event.objects.search(words)
