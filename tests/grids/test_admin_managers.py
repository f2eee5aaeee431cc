"""What an official who manages a street finds in Django admin, and what is kept from them."""

import pytest
from django.urls import reverse

from grids.models import Grid, Post, Role, User
from tests.factories import make_category, make_event, make_grid, make_post, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(cast) -> User:
    post = make_post(make_user("那仁", "manager"), cast.tree.street, Role.OFFICIAL)
    Post.objects.filter(pk=post.pk).update(is_manager=True)
    return User.objects.get(pk=post.user_id)


@pytest.fixture
def page(client, manager):
    """The manager's browser: `page.get(name, *args, **query)` and `page.post(name, *args, **form)`."""
    client.force_login(manager)

    class Page:
        def get(self, name, /, *args, **query):
            return client.get(reverse(f"admin:{name}", args=args), query)

        def post(self, name, /, *args, **form):
            return client.post(reverse(f"admin:{name}", args=args), form, follow=True)

        def reorganise(self, kind, grid, **form):
            """The dry run."""
            return client.post(reverse("admin:grids_grid_reorganise", args=[kind]) + f"?grids={grid.pk}", form)

    return Page()


def listed(response) -> list[str]:
    return [grid.code for grid in response.context["cl"].result_list]


def way(response) -> list[str]:
    return [choice["display"] for choice in response.context["cl"].filter_specs[0].choices(None)]


def choices(page, field: str, term: str = "") -> set[str]:
    answer = page.get("autocomplete", app_label="grids", model_name="post", field_name=field, term=term)
    return {choice["text"] for choice in answer.json()["results"]}


def test_the_list_begins_with_their_own_grids(page, cast):
    response = page.get("grids_grid_changelist")
    assert listed(response) == [cast.tree.street.code]
    assert way(response) == ["我管理的网格"]


def test_two_posts_give_two_beginnings(page, cast, manager):
    post = make_post(manager, cast.tree.far_community, Role.OFFICIAL)
    Post.objects.filter(pk=post.pk).update(is_manager=True)
    assert listed(page.get("grids_grid_changelist")) == [cast.tree.street.code, cast.tree.far_community.code]


def test_the_way_back_up_ends_at_their_top(page, cast):
    response = page.get("grids_grid_changelist", parent=cast.tree.community.code)
    assert way(response) == ["我管理的网格", "人民路街道", "健康社区"]


@pytest.mark.parametrize("place", ["district", "other_street", "far_community"])
def test_a_place_outside_leads_to_their_own_grids(page, cast, place):
    response = page.get("grids_grid_changelist", parent=getattr(cast.tree, place).code)
    assert listed(response) == [cast.tree.street.code]


def test_a_search_stays_inside(page, cast):
    assert listed(page.get("grids_grid_changelist", q="社区")) == [
        cast.tree.community.code,
        cast.tree.other_community.code,
    ]
    assert listed(page.get("grids_grid_changelist", q="桥靠")) == []
    assert listed(page.get("grids_grid_changelist", q="赛罕区 桥靠")) == []


def test_choices_stay_inside(page, cast):
    assert choices(page, "grid", "社区") == {"人民路街道 健康社区", "人民路街道 学苑社区"}
    make_post(make_user("高娃"), cast.tree.far_community)
    people = choices(page, "user")
    assert "王建国 · 人民路街道 健康社区 1号楼 网格长" in people
    assert "周敏 · stranger" in people  # never had a post, so somebody has to be able to give one
    assert not any(name in text for text in people for name in ("高娃", "刘洋", "管理员"))


def test_they_add_inside(page, cast):
    page.post("grids_grid_add", code="150105001003", name="新社区", households="0")
    assert Grid.objects.get(code="150105001003").parent == cast.tree.street


@pytest.mark.parametrize("code", ["150105002002", "150105003", "1502"])
def test_adding_outside_is_refused_at_the_code(page, code):
    response = page.post("grids_grid_add", code=code, name="别处", households="0")
    assert "不在您的管理范围内" in str(response.context["adminform"].form.errors["code"])
    assert not Grid.objects.filter(code=code).exists()


def test_a_grid_cannot_be_moved_outside(page, cast):
    response = page.reorganise("move", cast.tree.community, target=cast.tree.other_street.code, reason="划界")
    assert response.status_code in (400, 403)
    assert Grid.objects.get(pk=cast.tree.community.pk).parent == cast.tree.street


def test_their_own_top_can_be_renamed_but_neither_moved_nor_deleted(page, cast, manager):
    form = page.get("grids_grid_change", cast.tree.street.pk).context["adminform"].form
    assert set(form.fields) == {"households"}
    assert page.reorganise("rename", cast.tree.street, name="人民南路街道", reason="更名").status_code == 200
    assert page.reorganise("retire", cast.tree.street, reason="撤销").status_code in (400, 403)
    empty = make_post(manager, make_grid("150105003"), Role.OFFICIAL)
    Post.objects.filter(pk=empty.pk).update(is_manager=True)
    assert page.post("grids_grid_delete", empty.grid_id, post="yes").status_code == 403


def test_nobody_is_appointed_outside(page, cast):
    response = page.post(
        "grids_post_add",
        user=cast.stranger.pk,
        role=Role.STAFF,
        grid=cast.tree.far_community.pk,
        started_at_0="2026-01-05",
        started_at_1="09:00",
    )
    assert list(response.context["adminform"].form.errors) == ["grid"]
    assert not cast.stranger.posts.exists()


def test_posts_are_those_of_their_grids(page, cast):
    make_post(make_user("高娃"), cast.tree.far_community)
    people = {post.user.name for post in page.get("grids_post_changelist").context["cl"].result_list}
    assert {"乌兰", "王建国", "那仁"} <= people
    assert not people & {"高娃", "刘洋", "陈静"}


def test_rights_end_with_the_post(page, cast, manager):
    manager.posts.update(is_manager=False)
    assert page.get("grids_grid_changelist").status_code == 302


def test_open_cases_are_counted_as_they_may_see_them(page, cast):
    make_event(cast.worker, cast.tree.unit)
    make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))
    [street] = page.get("grids_grid_changelist").context["cl"].result_list
    assert street.open_count == 1
