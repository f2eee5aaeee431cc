"""The admin pages of posts: for many grids at once, transfer, end, who held one on a day, and duties."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from events.models import Event
from events.services import act
from grids import services
from grids.models import Duty, Post, Role
from tests.factories import make_event, make_post, make_user, take
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(cast):
    user = make_user("高主任", "manager")
    make_post(user, cast.tree.street, Role.OFFICIAL, is_manager=True)
    return user


@pytest.fixture
def browser(client, manager):
    client.force_login(manager)
    return client


def address(name: str, *args) -> str:
    return reverse(f"admin:grids_{name}", args=args)


def at(moment) -> dict:
    moment = timezone.localtime(moment)
    return {"at_0": moment.strftime("%Y-%m-%d"), "at_1": moment.strftime("%H:%M:%S")}


# Many grids


def test_choosing_a_place_shows_its_grids_with_their_chiefs_and_keeps_what_was_typed(browser, cast):
    form = {"user": cast.stranger.pk, "role": "chief", "place": cast.tree.community.pk, "duties": "走访", "show": "1"}
    text = page(browser.post(address("post_appoint"), form))
    assert "2号楼" in text
    assert "现任网格长：王建国" in text
    assert "走访" in text
    assert "周敏" in text
    assert "errorlist" not in text
    assert not cast.stranger.posts.exists()


def test_ticked_and_pasted_grids_are_given_at_once(browser, cast, manager):
    form = {
        "user": cast.stranger.pk, "role": "staff", "source": "hired", "place": cast.tree.community.pk,
        "grids": [cast.tree.building.pk, cast.tree.second_building.pk],
        "codes": f"{cast.tree.unit.code}，{cast.tree.building.code}\n", "appoint": "1",
    }  # fmt: skip
    assert browser.post(address("post_appoint"), form).status_code == 302
    posts = cast.stranger.posts.order_by("position")
    assert [post.grid for post in posts] == [cast.tree.building, cast.tree.unit, cast.tree.second_building]
    assert {(post.appointed_by, post.source) for post in posts} == {(manager, "hired")}
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"codes": "150105001001 99"}, "99"),
        ({"codes": "１５０１"}, "１５０１"),
        ({"codes": "150105002001"}, "不在您的管理范围"),
        ({"codes": "1501050010010001", "role": "chief"}, "王建国"),
        ({"codes": ""}, "至少选择一个网格"),
        ({"codes": "1501050010010001", "started_at_0": "2199-01-01", "started_at_1": "08:00"}, "不能晚于"),
        ({"codes": "1501050010010001", "user": ""}, "errorlist"),
        ({"codes": "x" * 20, "role": "king"}, "errorlist"),
        ({"place": "9" * 30, "codes": "1501050010010001"}, "errorlist"),
        ({"place": "x", "codes": "1501050010010001"}, "errorlist"),
        ({"user": "9" * 30, "codes": "1501050010010001"}, "errorlist"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_appointed(browser, cast, wrong, said):
    form = {"user": cast.stranger.pk, "role": "staff", "appoint": "1"} | wrong
    answer = browser.post(address("post_appoint"), form)
    assert answer.status_code == 400
    assert said in page(answer)
    assert not cast.stranger.posts.exists()


def test_grids_outside_are_not_offered(browser, cast):
    form = {"place": cast.tree.other_street.pk, "show": "1"}
    assert "桥靠社区" not in page(browser.post(address("post_appoint"), form))


# Transfer and end


def test_transferring_on_its_page(browser, cast, manager):
    post = cast.chief.posts.get()
    assert "1号楼" in page(browser.get(address("post_transfer", post.pk)))
    form = {"grid": cast.tree.second_building.pk, "role": "chief"}
    assert browser.post(address("post_transfer", post.pk), form).status_code == 302
    (new,) = cast.chief.posts.active()
    assert (new.grid, new.appointed_by) == (cast.tree.second_building, manager)


def test_a_transfer_that_is_refused_says_why(browser, cast):
    post = cast.chief.posts.get()
    outside = {"grid": cast.tree.far_community.pk, "role": "chief"}
    answer = browser.post(address("post_transfer", post.pk), outside)
    assert (answer.status_code, post.is_active) == (400, True)
    assert "不在您的管理范围" in page(answer)
    same = {"grid": cast.tree.building.pk, "role": "chief"}
    assert "担任的就是这个岗位" in page(browser.post(address("post_transfer", post.pk), same))
    assert cast.chief.posts.active().get() == post


def test_ending_with_a_successor(browser, cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    event = act(event=event, action="assign", actor=cast.chief, handler=cast.worker)
    post, other = cast.worker.posts.get(grid=cast.tree.building), make_user("高娃")
    make_post(other, cast.tree.building)
    assert "<strong>1</strong> 件未结事件" in page(browser.get(address("post_end", post.pk)))
    refused = browser.post(address("post_end", post.pk), {"confirmed": "1", "successor": cast.neighbour.pk})
    assert refused.status_code == 400
    assert "请另选接任人" in page(refused)
    browser.post(address("post_end", post.pk), {"confirmed": "1", "successor": other.pk})
    assert Event.objects.get(pk=event.pk).handler == other
    assert not Post.objects.get(pk=post.pk).is_active


def test_ending_at_a_time_that_cannot_be(browser, cast):
    post = cast.chief.posts.get()
    for when in (timezone.now() + timedelta(days=2), post.started_at - timedelta(days=2)):
        answer = browser.post(address("post_end", post.pk), {"confirmed": "1"} | at(when))
        assert answer.status_code == 400
        assert "errorlist" in page(answer)
    assert cast.chief.posts.active().exists()


def test_what_has_ended_already_is_only_said(browser, cast):
    post = services.end_post(actor=None, post=cast.chief.posts.get())
    assert browser.get(address("post_end", post.pk)).status_code == 403
    chosen = {"action": "end", "_selected_action": [post.pk]}
    assert "均已离任" in page(browser.post(address("post_changelist"), chosen, follow=True))


@pytest.mark.parametrize("name", ["post_transfer", "post_end", "post_change"])
def test_posts_outside_are_not_there(browser, cast, name):
    post = cast.district.posts.get()
    assert browser.get(address(name, post.pk)).status_code in (302, 403, 404)
    assert browser.post(address(name, post.pk), {"confirmed": "1"}).status_code in (302, 403, 404)
    assert cast.district.posts.active().exists()


@pytest.mark.parametrize("who", ["worker", "chief", "community", "district", "stranger"])
def test_who_manages_nothing_gets_none_of_it(client, cast, who):
    client.force_login(getattr(cast, who))
    post = cast.chief.posts.get()
    for target in (address("post_appoint"), address("post_transfer", post.pk), address("post_end", post.pk)):
        assert client.get(target).status_code in (302, 403)


# The list, the page of one, duties


def test_held_on_a_day(browser, cast):
    now = timezone.now()
    old = make_post(make_user("先任"), cast.tree.second_building, Role.CHIEF, at=now - timedelta(days=9))
    services.end_post(actor=None, post=old, at=now - timedelta(days=5))
    day = timezone.localdate() - timedelta(days=7)
    answer = browser.get(address("post_changelist"), {"held_on": day.isoformat(), "role": "chief"})
    assert list(answer.context["cl"].result_list) == [old]
    answer = browser.get(address("post_changelist"), {"held_on": "nonsense"})
    assert list(answer.context["cl"].result_list) == []
    assert "年-月-日" in page(answer)


def test_managing_is_given_to_officials_alone(browser, cast):
    official = make_post(cast.stranger, cast.tree.community, Role.OFFICIAL)
    browser.post(address("post_change", official.pk), {"duties": "", "source": "", "is_manager": "on"})
    assert Post.objects.get(pk=official.pk).is_manager
    chief = cast.chief.posts.get()
    answer = browser.post(address("post_change", chief.pk), {"duties": "", "source": "", "is_manager": "on"})
    assert "errorlist" in page(answer)
    assert not Post.objects.get(pk=chief.pk).is_manager


def test_the_usual_duties_are_the_placeholder(browser, cast):
    Duty.objects.create(role=Role.CHIEF, ordinal=1, text="统筹本网格工作")
    assert "统筹本网格工作" in page(browser.get(address("post_change", cast.chief.posts.get().pk)))
    assert "走访居民" in page(browser.get(address("post_add")))


def test_duties_are_kept_by_superusers(client, browser, cast):
    assert browser.get(address("duty_changelist")).status_code in (302, 403)
    client.force_login(cast.admin)
    assert "走访居民" in page(client.get(address("duty_changelist")))
    client.post(address("duty_add"), {"role": "chief", "ordinal": "1", "text": "统筹本网格工作"})
    duty = Duty.objects.get(role="chief")
    client.post(address("duty_change", duty.pk), {"role": "chief", "ordinal": "2", "text": "统筹网格工作"})
    duty.refresh_from_db()
    assert (duty.ordinal, duty.text) == (2, "统筹网格工作")
    client.post(address("duty_delete", duty.pk), {"post": "yes"})
    client.post(address("duty_changelist"), {"action": "delete_selected", "_selected_action": [1], "post": "yes"})
    assert Duty.objects.count() == 10


def test_a_key_that_is_none_is_an_error_at_its_field(browser, cast):
    form = {"user": "x", "role": "staff", "grid": "9" * 30, "started_at_0": "2026-01-05", "started_at_1": "09:00"}
    answer = browser.post(address("post_add"), form)
    assert set(answer.context["adminform"].form.errors) == {"user", "grid"}


def test_people_whom_a_manager_may_not_look_up_cannot_be_chosen_either(browser, cast):
    form = {"user": cast.city.pk, "role": "staff", "grid": cast.tree.unit.pk, "started_at_0": "2026-01-05"}
    answer = browser.post(address("post_add"), form | {"started_at_1": "09:00"})
    assert "user" in answer.context["adminform"].form.errors
    many = {"user": cast.city.pk, "role": "staff", "codes": cast.tree.unit.code, "appoint": "1"}
    assert browser.post(address("post_appoint"), many).status_code == 400
    assert cast.city.posts.count() == 1


def test_ending_many_posts_of_many_people_asks_for_their_cases_once(browser, cast, django_assert_max_num_queries):
    posts = [make_post(make_user(), cast.tree.unit) for _number in range(20)]
    with django_assert_max_num_queries(11):
        browser.post(address("post_changelist"), {"action": "end", "_selected_action": [post.pk for post in posts]})
