"""The admin pages of the tree, posts and people: drill-down, services behind every change, few queries."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.widgets import AutocompleteMixin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.forms import ModelChoiceField
from django.urls import reverse
from django.utils import timezone

from branches.models import ChiefTitle
from grids import services, tree
from grids.admin import base
from grids.models import Grid, Post, Role, User
from tests.factories import make_category, make_event, make_grid, make_post, make_user, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, cast):
    """The admin's browser: `page.get(name, *args, **query)` and `page.post(name, *args, **form)`."""
    client.force_login(cast.admin)

    class Page:
        def get(self, name, /, *args, **query):
            return client.get(reverse(f"admin:{name}", args=args), query)

        def post(self, name, /, *args, query="", **form):
            return client.post(reverse(f"admin:{name}", args=args) + query, form, follow=True)

    return Page()


def listed(response):
    return [grid.code for grid in response.context["cl"].result_list]


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


# Grids


def test_the_list_begins_with_the_cities(page):
    response = page.get("grids_grid_changelist")
    assert listed(response) == ["1501"]
    assert b"?parent=1501" in response.content


def test_drilling_down_shows_children_and_the_way_back(page, cast):
    response = page.get("grids_grid_changelist", parent=cast.tree.community.code)
    assert listed(response) == [cast.tree.building.code, cast.tree.second_building.code]
    for grid in (cast.tree.city, cast.tree.district, cast.tree.street):
        assert f"?parent={grid.code}" in response.content.decode()
    assert "王建国" in response.content.decode()


def test_search_by_code_and_by_name_says_where_the_grid_lies(page, cast):
    assert listed(page.get("grids_grid_changelist", q="150105001001")) == [
        cast.tree.community.code,
        cast.tree.building.code,
        cast.tree.unit.code,
        cast.tree.second_unit.code,
        cast.tree.second_building.code,
    ]
    response = page.get("grids_grid_changelist", q="健康")
    assert listed(response) == [cast.tree.community.code]
    assert "呼和浩特市 › 赛罕区 › 人民路街道" in response.content.decode()


def test_search_inside_a_place_stays_inside(page, cast):
    response = page.get("grids_grid_changelist", q="1号楼", parent=cast.tree.other_community.code)
    assert listed(response) == [cast.tree.other_building.code]


def test_an_unknown_place_shows_the_cities(page):
    assert listed(page.get("grids_grid_changelist", parent="x'; --")) == ["1501"]
    assert listed(page.get("grids_grid_changelist", parent="\0")) == ["1501"]


def test_what_no_database_can_look_for_is_not_found(page):
    asked = {"app_label": "grids", "model_name": "post", "field_name": "grid", "term": "健康\0"}
    assert page.get("autocomplete", **asked).json()["results"] == []
    assert page.get("grids_grid_add", _changelist_filters="parent=%00").status_code == 200


def test_adding_below_a_place_offers_the_next_code(page, cast):
    response = page.get("grids_grid_add", _changelist_filters=f"parent={cast.tree.community.code}")
    assert response.context["adminform"].form.initial["code"] == "1501050010010003"
    page.post("grids_grid_add", code="1501050010010003", name="3号楼", households="30")
    grid = Grid.objects.get(code="1501050010010003")
    assert (grid.parent, grid.households) == (cast.tree.community, 30)
    assert LogEntry.objects.get().object_id == str(grid.pk)


@pytest.mark.parametrize("code", ["", "1501050010", "150199001", "15010500100A", "1501050010010001"])
def test_a_wrong_code_is_said_at_the_code(page, code):
    response = page.post("grids_grid_add", code=code, name="某楼", households="0")
    assert list(response.context["errors"])
    assert list(response.context["adminform"].form.errors) == ["code"]


def test_changing_counts_households_and_nothing_else(page, cast):
    form = {"name": "甲楼", "parent": cast.tree.far_community.pk, "code": "1501050010010077", "households": "41"}
    page.post("grids_grid_change", cast.tree.building.pk, **form)
    grid = Grid.objects.get(pk=cast.tree.building.pk)
    assert (grid.name, grid.households, grid.code) == ("1号楼", 41, cast.tree.building.code)


def test_what_only_the_service_refuses_is_said_on_the_page(page, cast, monkeypatch):
    def taken(**given):
        raise ValidationError("somebody was faster")

    monkeypatch.setattr(services, "create_grid", taken)
    response = page.post("grids_grid_add", code="1501050010010003", name="3号楼", households="30")
    assert (response.status_code, said(response)) == (200, "somebody was faster")


def test_a_grid_with_history_is_not_deleted_but_retired(page, cast):
    response = page.post("grids_grid_delete", cast.tree.building.pk, post="yes")
    assert "1号楼" in said(response)
    assert Grid.objects.filter(pk=cast.tree.building.pk).exists()


def test_a_mistake_is_deleted(page, cast):
    page.post("grids_grid_delete", cast.tree.second_unit.pk, post="yes")
    assert not Grid.objects.filter(pk=cast.tree.second_unit.pk).exists()


def test_nothing_is_deleted_in_bulk(page):
    assert "delete_selected" not in page.get("grids_grid_changelist").content.decode()


def test_the_list_shows_people_households_and_open_cases(page, cast):
    for name in ("其其格", "高娃", "斯琴"):
        make_post(make_user(name), cast.tree.community)
    make_event(cast.worker, cast.tree.unit)
    take(make_event(cast.worker, cast.tree.building), "accept", "resolve", "pass_check")
    make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))
    response = page.get("grids_grid_changelist", parent=cast.tree.street.code)
    community, other = response.context["cl"].result_list
    assert (community.household_count, community.open_count, community.children_count) == (76, 1, 2)
    assert (other.household_count, other.open_count, other.chief_name) == (0, 0, None)
    assert "其其格、高娃等3人" in response.content.decode()
    assert f"/events/?status=open&amp;grid={community.code}" in response.content.decode()
    [building, _second] = page.get("grids_grid_changelist", parent=community.code).context["cl"].result_list
    assert (building.chief_name, building.staff_names, building.household_count) == ("王建国", ["乌兰"], 40)


def test_households_are_those_of_buildings_in_use_or_else_the_grids_own(page, cast):
    services.set_households(actor=None, grid=cast.tree.other_community, households=500)
    Grid.objects.filter(pk=cast.tree.second_building.pk).update(retired_at=timezone.now())
    listed = page.get("grids_grid_changelist", parent=cast.tree.street.code).context["cl"].result_list
    assert [grid.household_count for grid in listed] == [40, 500]


def test_a_list_is_counted_no_further_than_anybody_turns_its_pages(page, monkeypatch):
    monkeypatch.setattr(base, "MOST_COUNTED", 3)
    text = page.get("grids_grid_changelist", q="15").content.decode()
    assert "超过 3 条结果" in text
    assert "3+ 网格" in text
    assert "超过" not in page.get("grids_grid_changelist", q="健康").content.decode()


# Posts


def test_appointing_through_the_page(page, cast):
    started = timezone.localtime()
    response = page.post(
        "grids_post_add",
        user=cast.stranger.pk,
        role=Role.STAFF,
        grid=cast.tree.unit.pk,
        duties="巡查",
        source="hired",
        started_at_0=started.strftime("%Y-%m-%d"),
        started_at_1=started.strftime("%H:%M:%S"),
    )
    assert response.status_code == 200
    post = cast.stranger.posts.get()
    assert (post.grid, post.appointed_by, post.position) == (cast.tree.unit, cast.admin, cast.tree.unit.lft)


def test_a_second_chief_is_refused_on_the_page_with_the_name(page, cast):
    response = page.post(
        "grids_post_add",
        user=cast.stranger.pk,
        role=Role.CHIEF,
        grid=cast.tree.building.pk,
        started_at_0="2026-01-05",
        started_at_1="09:00",
    )
    assert "王建国" in response.content.decode()
    assert not cast.stranger.posts.exists()


def test_duties_change_and_the_rest_does_not(page, cast):
    post = cast.chief.posts.get()
    page.post("grids_post_change", post.pk, duties="每周走访", source="", role=Role.STAFF, user=cast.stranger.pk)
    post.refresh_from_db()
    assert (post.duties, post.role, post.user) == ("每周走访", Role.CHIEF, cast.chief)


def test_ending_posts_is_an_action_and_ended_posts_are_read_only(page, cast):
    post = cast.chief.posts.get()
    asked = page.post("grids_post_changelist", action="end", _selected_action=[post.pk])
    assert asked.templates[0].name == "admin/grids/post/end.html"
    page.post("grids_post_changelist", action="end", _selected_action=[post.pk], confirmed="yes")
    post.refresh_from_db()
    assert (post.is_active, post.ended_by) == (False, cast.admin)
    assert page.post("grids_post_change", post.pk, duties="x").status_code == 403
    assert page.get("grids_post_change", post.pk).status_code == 200
    assert page.post("grids_post_delete", post.pk, post="yes").status_code == 403


def test_posts_are_found_by_person_grid_and_state(page, cast):
    services.end_post(actor=None, post=cast.chief.posts.get())
    for query, count in (
        ({"q": "王建国"}, 1),
        ({"q": "150105002"}, 0),
        ({"state": "ended"}, 1),
        ({"role": "police"}, 1),
    ):
        assert len(listed_posts(page.get("grids_post_changelist", **query))) == count


def listed_posts(response):
    return list(response.context["cl"].result_list)


# People


def test_a_person_is_added_and_can_log_in(page, client):
    page.post(
        "grids_user_add",
        username="new",
        name="新来的",
        usable_password="true",
        password1="tiger lily 77",
        password2="tiger lily 77",
    )
    assert User.objects.get(username="new").name == "新来的"
    assert client.login(username="new", password="tiger lily 77")


def test_a_password_can_be_set(page, client, cast):
    page.post(
        "auth_user_password_change",
        cast.worker.pk,
        usable_password="true",
        password1="tiger lily 78",
        password2="tiger lily 78",
    )
    assert client.login(username="worker", password="tiger lily 78")


def test_a_person_shows_their_posts_and_is_not_deleted(page, cast):
    assert "2号楼" in page.get("grids_user_change", cast.worker.pk).content.decode()
    assert page.post("grids_user_delete", cast.stranger.pk, post="yes").status_code == 403


def test_autocompletes_leave_out_what_cannot_be_chosen(page, cast):
    services.retire_grid(actor=None, grid=cast.tree.second_building)
    grids = page.get("autocomplete", app_label="grids", model_name="post", field_name="grid", term="号楼").json()
    assert {grid["text"] for grid in grids["results"]} == {"人民路街道 健康社区 1号楼", "人民路街道 学苑社区 1号楼"}
    cast.stranger.is_active = False
    cast.stranger.save()
    people = page.get("autocomplete", app_label="grids", model_name="post", field_name="user", term="周敏").json()
    assert people["results"] == []


@pytest.mark.parametrize("field", ["grid", "user"])
def test_choices_take_a_pinned_number_of_queries(page, cast, django_assert_num_queries, field):
    for number in range(11, 31):
        make_post(cast.stranger, make_grid(f"150105001001{number:04d}"))
    asked = {"app_label": "grids", "model_name": "post", "field_name": field, "term": ""}
    with django_assert_num_queries({"grid": 5, "user": 6}[field]):  # session, user, count, page (posts), ancestors
        assert len(page.get("autocomplete", **asked).json()["results"]) >= 10


def test_somebody_with_many_posts_is_told_apart_in_a_line(page, cast):
    found = page.get("autocomplete", app_label="grids", model_name="post", field_name="user", term="乌兰").json()
    assert [choice["text"] for choice in found["results"]] == ["乌兰 · 人民路街道 健康社区 1号楼 网格员等2个岗位"]


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_no_page_lists_everybody_or_every_grid_to_choose_from(page, cast, model):
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    answers = [page.get(f"{name}_add")]
    if thing := model._default_manager.first():
        answers.append(page.get(f"{name}_change", thing.pk))
    for answer in answers:
        fields = answer.context["adminform"].form.fields if answer.status_code == 200 else {}
        for field in fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            is_short = not isinstance(field, ModelChoiceField) or field.queryset.model is ChiefTitle  # there are five
            assert is_short or isinstance(widget, AutocompleteMixin), field.label


# Size


@pytest.fixture
def city(cast):
    """7,000 nodes: the real divisions and their buildings, with posts on two hundred of them."""
    call_command("load_divisions", f"{tree.__file__.rsplit('/', 1)[0]}/data/hohhot_divisions.csv", verbosity=0)
    communities = Grid.objects.filter(level=3, code__startswith="150105").exclude(pk=cast.tree.community.pk)
    for community in communities:
        buildings = [Grid(code=f"{community.code}{number:04d}", name=f"{number}号楼") for number in range(11, 36)]
        for building in buildings:
            Grid.objects.set_interval(building)
            building.parent = community
        Grid.objects.bulk_create(buildings)
    for building in Grid.objects.filter(level=4, code__endswith="0011")[:200]:
        make_post(cast.stranger, building)


PINNED = {
    # session, user, posts of the user, their organisations, count, page, figures, people, branches; the place and its
    # ancestors, or the ancestors
    ("grids_grid_changelist", "parent=150105"): 11,
    ("grids_grid_changelist", "q=1501"): 11,  # and whether anything begins so
    ("grids_grid_changelist", "q=号楼"): 10,
    ("grids_post_changelist", ""): 5,
    ("grids_post_changelist", "q=号楼"): 5,
    ("grids_user_changelist", ""): 5,
    ("grids_grid_add", "_changelist_filters=parent=150105001"): 4,
}


@pytest.mark.parametrize("case", PINNED, ids=lambda case: f"{case[0]}?{case[1]}")
def test_pages_of_a_large_tree_take_a_pinned_number_of_queries(page, city, django_assert_num_queries, case):
    name, query = case
    ContentType.objects.get_for_model(Grid)  # a process asks for it once
    with django_assert_num_queries(PINNED[case]):
        response = page.get(name, **dict(pair.split("=", 1) for pair in query.split("&") if pair))
    assert response.status_code == 200


def test_changing_one_grid_of_a_large_tree_takes_few_queries(page, city, cast, django_assert_num_queries):
    with django_assert_num_queries(5):
        assert page.get("grids_grid_change", cast.tree.building.pk).status_code == 200
    assert Post.objects.active().count() > 200
