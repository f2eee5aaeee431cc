"""Open cases of who gives up a post: a successor handles them on, or the desk is asked again."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from events import services
from events.audit import problems
from events.explanations import explain
from events.models import Event
from events.services.acting import handler_candidates, is_candidate
from events.workflow import Action, Side
from grids.models import Post, Role
from grids.services import end_post, end_posts, leave, transfer_post
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def successor(cast):
    user = make_user("高娃")
    make_post(user, cast.tree.building)
    return user


def in_hand(cast, handler=None, **fields) -> Event:
    """A case of the first building that this person handles, by default its worker."""
    event = take(make_event(cast.worker, cast.tree.unit, **fields), "accept")
    return services.act(event=event, action="assign", actor=cast.chief, handler=handler or cast.worker)


def post_of(user, grid) -> Post:
    return user.posts.active().get(grid=grid)


def assert_sound() -> None:
    assert list(problems()) == []


def test_a_successor_handles_the_cases_on_and_is_told_why(cast, successor):
    event = in_hand(cast)
    end_post(actor=cast.admin, post=post_of(cast.worker, cast.tree.building), successor=successor)
    event.refresh_from_db()
    step = event.steps.last()
    assert (event.handler, event.status, step.action, step.side) == (successor, "handling", Action.ASSIGN, Side.SYSTEM)
    assert (step.actor, step.rule) == (cast.admin, "handed_over")
    assert "岗位交接" in explain(step)[0]
    assert "乌兰" in explain(step)[0]
    assert successor.notices.get().step == step
    assert event in Event.objects.waiting_for(successor)
    assert_sound()


def test_without_a_successor_the_desk_is_asked_to_assign_again(cast):
    event = in_hand(cast)
    end_posts(actor=None, posts=cast.worker.posts.all())
    event.refresh_from_db()
    assert (event.handler, event.step_count) == (cast.worker, 3)
    assert event in Event.objects.waiting_for(cast.chief)


def test_a_transfer_hands_over_what_lies_in_the_grid_that_is_left(cast, successor):
    event = in_hand(cast)
    elsewhere = take(make_event(cast.worker, cast.tree.second_building), "accept")
    elsewhere = services.act(event=elsewhere, action="assign", actor=cast.community, handler=cast.worker)
    post = post_of(cast.worker, cast.tree.building)
    transfer_post(actor=cast.admin, post=post, grid=cast.tree.other_building, successor=successor)
    assert Event.objects.get(pk=event.pk).handler == successor
    assert Event.objects.get(pk=elsewhere.pk).handler == cast.worker
    assert_sound()


def test_a_case_that_waits_for_its_check_comes_back_to_the_successor(cast, successor):
    event = in_hand(cast)
    event = services.act(event=event, action="resolve", actor=cast.worker, note="换了灯泡")
    end_post(actor=None, post=post_of(cast.worker, cast.tree.building), successor=successor)
    event.refresh_from_db()
    assert (event.status, event.handler, event.resolver) == ("resolved", successor, cast.worker)
    event = services.act(event=event, action="fail_check", actor=cast.chief, reason="又不亮了")
    assert event in Event.objects.waiting_for(successor)
    assert_sound()


def test_closed_cases_keep_the_name_of_who_handled_them(cast, successor):
    event = take(in_hand(cast), "resolve", "pass_check")
    end_post(actor=None, post=post_of(cast.worker, cast.tree.building), successor=successor)
    assert Event.objects.get(pk=event.pk).handler == cast.worker


def test_who_may_not_handle_a_case_cannot_take_it_over_and_nothing_changes(cast):
    event, post = in_hand(cast), post_of(cast.worker, cast.tree.building)
    for somebody in (cast.stranger, cast.neighbour):
        with pytest.raises(ValidationError) as refused:
            end_post(actor=None, post=post, successor=somebody)
        assert list(refused.value.message_dict) == ["successor"]
        assert event.number in refused.value.messages[0]
    event.refresh_from_db()
    assert (Post.objects.get(pk=post.pk).is_active, event.handler, event.step_count) == (True, cast.worker, 3)


def test_nobody_succeeds_themselves_and_nobody_who_has_left(cast, successor):
    post = post_of(cast.worker, cast.tree.building)
    successor.is_active = False
    for somebody in (cast.worker, successor):
        with pytest.raises(ValidationError) as refused:
            end_post(actor=None, post=post, successor=somebody)
        assert list(refused.value.message_dict) == ["successor"]


def test_a_clue_report_goes_to_the_police_or_the_desk_alone(cast, successor):
    clue = make_category("线索举报", is_confidential=True)
    event = take(make_event(cast.worker, cast.tree.community, category=clue), "accept")
    event = services.act(event=event, action="assign", actor=cast.community, handler=cast.police)
    with pytest.raises(ValidationError):
        end_post(actor=None, post=cast.police.posts.get(), successor=successor)
    make_post(successor, cast.tree.community, Role.POLICE)
    end_post(actor=None, post=cast.police.posts.get(), successor=successor)
    assert Event.objects.get(pk=event.pk).handler == successor


@pytest.mark.parametrize("confidential", [False, True])
def test_asking_of_one_person_is_asking_of_all_candidates(cast, successor, confidential):
    make_post(cast.stranger, cast.tree.community, Role.CHIEF)
    category = make_category("某事", is_confidential=confidential)
    event = make_event(cast.worker, cast.tree.community, category=category)
    candidates = set(handler_candidates(event))
    for person in (cast.worker, cast.chief, cast.community, cast.police, cast.neighbour, cast.stranger, successor):
        posts = Post.objects.active().filter(user=person)
        assert is_candidate(event, posts) == (person in candidates), person


@pytest.mark.parametrize("count", [1, 7])
def test_leaving_takes_the_same_queries_however_much_is_handed_over(
    cast, successor, django_assert_max_num_queries, count
):
    make_post(successor, cast.tree.second_building)
    for _case in range(count):
        in_hand(cast)
    with django_assert_max_num_queries(28):
        leave(actor=None, user=cast.worker, successor=successor)
    assert Event.objects.filter(handler=successor).count() == count
    assert_sound()


# Rights end at once, in pages that are open too


def test_an_open_page_of_a_case_takes_no_action_once_the_post_has_ended(cast, client):
    event = make_event(cast.neighbour, cast.tree.other_building)
    make_post(cast.stranger, cast.tree.other_community, Role.DISPATCHER)
    client.force_login(cast.stranger)
    assert client.get(f"/events/{event.number}/").status_code == 200
    end_post(actor=None, post=cast.stranger.posts.get())
    answer = client.post(f"/events/{event.number}/accept/", {"version": 1})
    assert answer.status_code == 404
    assert "页面不存在" in answer.content.decode()
    assert Event.objects.get(pk=event.pk).step_count == 1


def test_who_still_sees_their_own_report_may_no_longer_act_on_it(cast, client):
    event = make_event(cast.chief, cast.tree.building)
    client.force_login(cast.chief)
    assert "受理" in client.get(f"/events/{event.number}/").content.decode()
    end_post(actor=None, post=cast.chief.posts.get())
    answer = client.post(f"/events/{event.number}/accept/", {"version": 1})
    assert answer.status_code == 403
    assert "此操作不由您办理" in answer.content.decode()
    assert Event.objects.get(pk=event.pk).status == "filed"


def test_an_open_filing_page_files_nothing_once_the_post_has_ended(cast, client):
    category = make_category()
    client.force_login(cast.neighbour)
    assert client.get("/events/file/").status_code == 200
    end_post(actor=None, post=cast.neighbour.posts.get())
    form = {"grid": cast.tree.other_building.code, "category": category.pk, "title": "楼道灯坏了", "urgency": "normal"}
    answer = client.post("/events/file/", form)
    assert answer.status_code in (400, 403)
    assert not Event.objects.exists()


def test_an_open_admin_page_changes_nothing_once_the_post_has_ended(cast, client):
    manager = make_user("高主任")
    post = make_post(manager, cast.tree.street, Role.OFFICIAL, is_manager=True)
    client.force_login(manager)
    chief = cast.chief.posts.get()
    address = f"/admin/grids/post/{chief.pk}/end/"
    assert client.get(address).status_code == 200
    end_post(actor=None, post=post)
    assert client.post(address, {"confirmed": "yes"}).status_code in (302, 403, 404)
    assert Post.objects.get(pk=chief.pk).is_active
    with pytest.raises(PermissionDenied):
        end_post(actor=manager, post=chief)
