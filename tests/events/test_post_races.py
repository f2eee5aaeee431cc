"""Posts that end while somebody acts, files or is appointed, on PostgreSQL: rights end at once, nobody deadlocks."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError

from events import services
from events.exceptions import ActionForbidden
from events.models import Event
from grids.models import Grid, Post, Role, User
from grids.services import appoint, appoint_many, end_post, leave, move_grid, transfer_post
from tests.events.test_races import assert_sound, at_once, first
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]


def as_request(user: User) -> User:
    """The user as a request has read them: with the posts of that moment."""
    user = User.objects.get(pk=user.pk)
    user.active_posts  # noqa: B018 - read now, once for the request
    return user


def no_database_error(results: list) -> None:
    assert [result for result in results if isinstance(result, DatabaseError)] == []


def test_an_action_that_waited_while_the_post_ended_is_refused(cast, pool):
    event, chief = make_event(cast.worker, cast.tree.unit), as_request(cast.chief)
    with first(pool, services.act, event=event, action="accept", actor=chief) as waiting:
        end_post(actor=None, post=cast.chief.posts.get())
    assert isinstance(waiting[0].exception(20), ActionForbidden)
    assert Event.objects.get(pk=event.pk).step_count == 1


def test_filing_that_waited_while_the_post_ended_is_refused(cast, pool):
    category, neighbour = make_category(), as_request(cast.neighbour)
    inputs = {"reporter": neighbour, "grid": cast.tree.other_building, "category": category}
    with first(pool, make_event, **inputs) as waiting:
        end_post(actor=None, post=cast.neighbour.posts.get())
    refused = waiting[0].exception(20)
    assert isinstance(refused, ValidationError)
    assert refused.messages == ["Only somebody who holds a post can file a case."]
    assert not Event.objects.exists()


def test_a_post_ends_after_the_action_that_is_being_taken(cast, pool):
    event, post = make_event(cast.worker, cast.tree.unit), cast.chief.posts.get()
    with first(pool, end_post, actor=None, post=post) as waiting:
        services.act(event=event, action="accept", actor=as_request(cast.chief))
        assert Post.objects.get(pk=post.pk).is_active
    assert waiting[0].result(20).ended_at
    assert_sound(event)


def test_two_who_hand_over_to_each_other_do_not_deadlock(cast, pool):
    other = make_user("高娃")
    posts = [cast.worker.posts.get(grid=cast.tree.building), make_post(other, cast.tree.building)]
    for handler in (cast.worker, other):
        event = take(make_event(cast.worker, cast.tree.unit), "accept")
        services.act(event=event, action="assign", actor=cast.chief, handler=handler)
    results = at_once(
        pool,
        lambda: end_post(actor=None, post=posts[0], successor=other),
        lambda: end_post(actor=None, post=posts[1], successor=cast.worker),
    )
    no_database_error(results)
    assert_sound(*Event.objects.all())


def test_who_leaves_while_being_appointed_holds_nothing_in_the_end(cast, pool):
    for turn in range(5):
        user = make_user(f"人员{turn}")
        make_post(user, cast.tree.unit)
        results = at_once(
            pool,
            lambda user=user: leave(actor=None, user=user),
            lambda user=user: appoint(actor=None, user=user, role=Role.STAFF, grid=cast.tree.far_community),
            lambda user=user: appoint_many(actor=None, user=user, role=Role.STAFF, grids=[cast.tree.other_building]),
        )
        no_database_error(results)
        user = User.objects.get(pk=user.pk)
        # Either they have left, or the appointment came in between and leaving was refused.
        assert user.is_active == user.posts.active().exists()


def test_one_chair_for_four_who_want_it_at_once(cast, pool):
    rivals = [make_post(make_user(), cast.tree.other_building) for _number in range(2)]
    chair = cast.tree.second_building
    results = at_once(
        pool,
        lambda: appoint(actor=None, user=cast.stranger, role=Role.CHIEF, grid=chair),
        lambda: appoint_many(actor=None, user=cast.police, role=Role.CHIEF, grids=[chair, cast.tree.unit]),
        *(lambda post=post: transfer_post(actor=None, post=post, grid=chair, role=Role.CHIEF) for post in rivals),
    )
    no_database_error(results)
    assert sum(isinstance(result, ValidationError) for result in results) == 3
    assert Post.objects.active().filter(grid=chair, role=Role.CHIEF).count() == 1
    assert Post.objects.active().filter(pk__in=[post.pk for post in rivals]).count() >= 1


def test_handing_over_beside_acting_moving_and_sweeping_neither_deadlocks_nor_loses_anything(cast, pool):
    other = make_user("高娃")
    make_post(other, cast.tree.building)
    events = []
    for _turn in range(6):
        event = take(make_event(cast.worker, cast.tree.unit), "accept")
        events.append(services.act(event=event, action="assign", actor=cast.chief, handler=cast.worker))
    here, there = cast.tree.community, cast.tree.other_community

    def to_and_fro():
        for parent in (there, here, there):
            move_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), new_parent=parent)

    def hand_to_and_fro():
        for user, successor in ((cast.worker, other), (other, cast.worker), (cast.worker, other)):
            post = Post.objects.active().get(user=user, grid=cast.tree.building)
            end_post(actor=None, post=post, successor=successor)
            appoint(actor=None, user=user, role=Role.STAFF, grid=post.grid)

    def talk(event):
        for _turn in range(5):
            services.act(
                event=Event.objects.get(pk=event.pk), action="comment", actor=as_request(cast.street), note="看"
            )

    results = at_once(pool, to_and_fro, hand_to_and_fro, *[lambda event=event: talk(event) for event in events[:4]])
    no_database_error(results)
    assert [result for result in results if result is not None] == []
    assert_sound(*events)
    assert {event.handler for event in Event.objects.select_related("handler")} == {other}
