"""Appointing, ending, transferring: who may, what is refused, and what the history answers."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from grids import access, services
from grids.models import Duty, Grid, Post, Role, User, load_duties
from tests.factories import make_grid, make_post, make_tree, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(cast) -> User:
    """An official who manages the street."""
    user = make_user("高主任", "manager")
    make_post(user, cast.tree.street, Role.OFFICIAL, is_manager=True)
    return user


def refusal(error=ValidationError, call=services.appoint, **inputs):
    before = list(Post.objects.order_by("pk").values())
    with pytest.raises(error) as refused:
        call(**inputs)
    assert list(Post.objects.order_by("pk").values()) == before
    return refused.value


# Who may


def test_a_manager_appoints_and_ends_in_their_subtree(cast, manager):
    post = services.appoint(actor=manager, user=cast.stranger, role=Role.STAFF, grid=cast.tree.unit)
    assert services.end_post(actor=manager, post=post).ended_by == manager


@pytest.mark.parametrize("place", ["district", "other_street", "far_community"])
def test_a_manager_changes_nothing_outside(cast, manager, place):
    grid = getattr(cast.tree, place)
    post = make_post(cast.worker, grid, Role.DISPATCHER)
    refusal(PermissionDenied, actor=manager, user=cast.stranger, role=Role.STAFF, grid=grid)
    refusal(PermissionDenied, services.end_post, actor=manager, post=post)
    refusal(PermissionDenied, services.describe_post, actor=manager, post=post, duties="x", source="")
    refusal(PermissionDenied, services.transfer_post, actor=manager, post=post, grid=cast.tree.unit)
    inside = cast.chief.posts.get()
    refusal(PermissionDenied, services.transfer_post, actor=manager, post=inside, grid=grid)
    grids = [cast.tree.unit, grid]
    refusal(PermissionDenied, services.appoint_many, actor=manager, user=cast.stranger, role=Role.STAFF, grids=grids)


@pytest.mark.parametrize("who", ["worker", "chief", "community", "street", "district", "police", "stranger"])
def test_who_manages_nothing_appoints_nobody(cast, who):
    actor = getattr(cast, who)
    refusal(PermissionDenied, actor=actor, user=cast.stranger, role=Role.STAFF, grid=cast.tree.unit)
    refusal(PermissionDenied, services.end_post, actor=actor, post=cast.worker.posts.first())


def test_a_manager_whose_post_ended_manages_nothing(cast, manager):
    services.end_post(actor=None, post=manager.active_posts[0])
    refusal(PermissionDenied, actor=manager, user=cast.stranger, role=Role.STAFF, grid=cast.tree.unit)
    assert access.managed_ranges(User.objects.get(pk=manager.pk)) == []


# Managing as a right


def test_only_an_official_manages(cast):
    error = refusal(actor=None, user=cast.stranger, role=Role.CHIEF, grid=cast.tree.unit, is_manager=True)
    assert list(error.message_dict) == ["is_manager"]
    post = cast.chief.posts.get()
    refusal(call=services.describe_post, actor=None, post=post, duties="", source="", is_manager=True)


def test_the_right_to_manage_is_given_and_taken_by_describing(cast):
    post = cast.district.posts.get()
    for is_manager in (True, False):
        services.describe_post(actor=None, post=post, duties="", source="", is_manager=is_manager)
        assert access.may_manage(User.objects.get(pk=cast.district.pk), cast.tree.unit) == is_manager
    services.describe_post(actor=None, post=post, duties="改", source="")
    assert Post.objects.get(pk=post.pk).is_manager is False


# Many at once


def buildings(cast, count: int = 12) -> list[Grid]:
    return [make_grid(f"{cast.tree.community.code}{number:04d}") for number in range(11, 11 + count)]


def test_a_list_of_buildings_in_few_queries(cast, manager, django_assert_num_queries):
    grids = buildings(cast)
    manager.active_posts  # noqa: B018 - each request reads them once
    with django_assert_num_queries(7):  # savepoint, grids, person, posts held, chiefs, INSERT, release
        posts = services.appoint_many(actor=manager, user=cast.stranger, role=Role.CHIEF, grids=grids)
    assert [post.grid for post in posts] == grids
    assert [post.position for post in Post.objects.filter(user=cast.stranger)] == [grid.lft for grid in grids]
    assert {post.appointed_by for post in posts} == {manager}


def test_of_a_list_all_or_none_and_each_grid_in_the_way_is_named(cast):
    retired = services.retire_grid(actor=None, grid=cast.tree.second_unit)
    grids = [cast.tree.unit, cast.tree.building, retired]
    error = refusal(call=services.appoint_many, actor=None, user=cast.stranger, role=Role.CHIEF, grids=grids)
    assert list(error.message_dict) == ["grids"]
    assert len(error.messages) == 2
    assert "王建国" in error.messages[0]
    assert retired.code in error.messages[1]


def test_of_a_list_what_is_held_already_stays(cast):
    held = cast.worker.posts.get(grid=cast.tree.building)
    grids = [cast.tree.building, cast.tree.unit, cast.tree.unit]
    posts = services.appoint_many(actor=None, user=cast.worker, role=Role.STAFF, grids=grids)
    assert (posts[0], len(posts)) == (held, 2)


def test_an_empty_list_and_a_closed_account_are_refused(cast):
    call = {"call": services.appoint_many, "actor": None, "user": cast.stranger, "role": Role.STAFF}
    assert list(refusal(**call, grids=[]).message_dict) == ["grids"]
    cast.stranger.is_active = False
    cast.stranger.save()
    assert list(refusal(**call, grids=[cast.tree.unit]).message_dict) == ["user"]


def test_a_grid_that_was_moved_meanwhile_is_found_again(cast):
    seen = Grid.objects.get(pk=cast.tree.building.pk)
    services.move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.far_community)
    (post,) = services.appoint_many(actor=None, user=cast.stranger, role=Role.STAFF, grids=[seen])
    assert post.position == Grid.objects.get(pk=seen.pk).lft


# Transfer


def test_a_transfer_ends_here_and_begins_there_at_one_moment(cast, manager):
    post = cast.chief.posts.get()
    services.describe_post(actor=None, post=post, duties="每周走访", source="hired")
    new = services.transfer_post(actor=manager, post=post, grid=cast.tree.second_building)
    old = Post.objects.get(pk=post.pk)
    assert (old.ended_at, old.ended_by) == (new.started_at, manager)
    assert (new.role, new.duties, new.source) == (Role.CHIEF, "每周走访", "hired")
    assert access.ranges(User.objects.get(pk=cast.chief.pk)) == [(new.grid.lft, new.grid.rght)]


def test_a_transfer_into_another_role_takes_no_duties_and_no_right_to_manage(cast):
    post = make_post(cast.stranger, cast.tree.community, Role.OFFICIAL, duties="分管", is_manager=True)
    new = services.transfer_post(actor=None, post=post, grid=cast.tree.unit, role=Role.STAFF)
    assert (new.role, new.duties, new.is_manager) == (Role.STAFF, "", False)
    back = services.transfer_post(actor=None, post=cast.district.posts.get(), grid=cast.tree.street)
    assert back.is_manager is False


def test_a_transfer_that_cannot_be_leaves_the_post_as_it_was(cast):
    post = cast.chief.posts.get()
    other = make_post(cast.stranger, cast.tree.second_building, Role.CHIEF)
    retired = services.retire_grid(actor=None, grid=cast.tree.second_unit)
    call = {"call": services.transfer_post, "actor": None, "post": post}
    assert "周敏" in refusal(**call, grid=other.grid).messages[0]
    assert retired.code in refusal(**call, grid=retired).messages[0]
    refusal(**call, grid=post.grid)
    refusal(**call, grid=cast.tree.unit, at=timezone.now() + timedelta(days=1))
    refusal(**call, grid=cast.tree.unit, at=post.started_at - timedelta(days=1))
    refusal(**call, grid=cast.tree.unit, successor=cast.chief)
    services.end_post(actor=None, post=post)
    refusal(**call, grid=cast.tree.unit)


# Ending many


def test_many_posts_end_together_or_not_at_all(cast):
    posts = list(cast.worker.posts.order_by("pk"))
    future = timezone.now() + timedelta(days=1)
    refusal(call=services.end_posts, actor=None, posts=posts, at=future)
    ended = services.end_posts(actor=cast.admin, posts=posts)
    assert [post.ended_by for post in ended] == [cast.admin] * 2


# A closed account fills no post


def test_a_chief_with_a_closed_account_leaves_the_grid_vacant(cast):
    User.objects.filter(pk=cast.chief.pk).update(is_active=False)
    building = Grid.objects.with_chief_name().get(pk=cast.tree.building.pk)
    assert building.chief_name is None
    assert building in Grid.objects.vacant()
    assert building not in Grid.objects.staffed(Role.CHIEF)


# Duties


def test_a_post_without_duties_shows_those_of_its_role_with_one_query(cast, django_assert_num_queries):
    own = make_post(cast.stranger, cast.tree.unit, duties="只管消防\n只管燃气\n")
    posts = [own, *cast.worker.posts.all(), cast.chief.posts.get()]
    with django_assert_num_queries(1):
        load_duties(posts)
    assert posts[0].shown_duties == ["只管消防", "只管燃气"]
    assert len(posts[1].shown_duties) == 10
    assert posts[-1].shown_duties == []


def test_only_superusers_keep_duties(cast, manager):
    duty = services.save_duty(actor=cast.admin, duty=_duty("联系商户"))
    with pytest.raises(PermissionDenied):
        services.save_duty(actor=manager, duty=duty)
    with pytest.raises(PermissionDenied):
        services.delete_duty(actor=manager, duty=duty)
    with pytest.raises(ValidationError):
        services.save_duty(actor=None, duty=_duty("联系商户"))
    services.delete_duty(actor=None, duty=duty)
    assert duty.pk is None


def _duty(text: str) -> Duty:
    return Duty(role=Role.CHIEF, text=text)


# Any sequence

NOON = timezone.make_aware(datetime(2026, 3, 1, 12))
deeds = st.lists(
    st.tuples(
        st.sampled_from(["appoint", "end", "transfer"]),
        st.integers(0, 2),  # whom
        st.integers(0, 2),  # where
        st.sampled_from([Role.CHIEF, Role.STAFF]),
        st.integers(0, 2),  # where to
    ),
    max_size=14,
)


class AnySequence(TestCase):
    """Against a plain log of who took up and gave up what."""

    def setUp(self):
        tree = make_tree()
        self.grids = [tree.building, tree.second_building, tree.community]
        self.people = [make_user() for _number in range(3)]

    @settings(max_examples=40)
    @given(deeds)
    def test_at_most_one_chief_and_held_at_gives_what_the_log_gives(self, deeds):
        log: list[list] = []  # person, role, grid, from, to
        for hour, (deed, who, where, role, to) in enumerate(deeds):
            at = NOON + timedelta(hours=hour)
            self.do(log, deed, self.people[who], self.grids[where], role, self.grids[to], at)
            chiefs = Post.objects.active().filter(role=Role.CHIEF).values_list("grid", flat=True)
            assert len(chiefs) == len(set(chiefs))
        for half_hour in range(2 * len(deeds) + 1):
            at = NOON + timedelta(minutes=30 * half_hour)
            held = Post.objects.held_at(at).values_list("user", "role", "grid")
            logged = [row[:3] for row in log if row[3] <= at and (row[4] is None or at < row[4])]
            assert sorted(held) == sorted((user.pk, role, grid.pk) for user, role, grid in logged)

    def do(self, log, deed, user, grid, role, to, at):
        entry = next((row for row in log if row[:3] == [user, role, grid] and row[4] is None), None)
        post = entry and Post.objects.active().get(user=user, role=role, grid=grid)
        try:
            if deed == "appoint":
                services.appoint(actor=None, user=user, role=role, grid=grid, at=at)
                if entry is None:
                    log.append([user, role, grid, at, None])
            elif post and deed == "end":
                services.end_post(actor=None, post=post, at=at)
                entry[4] = at
            elif post:
                services.transfer_post(actor=None, post=post, grid=to, at=at)
                entry[4] = at
                if not any(row[:3] == [user, role, to] and row[4] is None for row in log):
                    log.append([user, role, to, at, None])
        except ValidationError:
            taken = any(row[1:3] == [role, to if post else grid] and row[4] is None for row in log)
            assert taken  # a chief is there already, or it is the very same post
