"""Coverage, problems and the posts of a day: each figure is the number of rows behind its link."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from grids import problems, services
from grids.coverage import Census, listed
from grids.models import Grid, Level, Organisation, Post, Role, User
from tests.factories import make_grid, make_post, make_user
from tests.pages import page

pytestmark = pytest.mark.django_db

FIGURE = re.compile(r'class="coverage-figure[^"]*" href="([^"]+)">.*?<strong>(\d+)</strong>', re.DOTALL)


@pytest.fixture
def manager(cast) -> User:
    user = make_user("高主任", "manager")
    make_post(user, cast.tree.street, Role.OFFICIAL, is_manager=True)
    return user


@pytest.fixture
def peopled(cast):
    """A city with something of everything: a retired grid, a closed account, two staff on one grid, a child no. 0."""
    services.retire_grid(actor=None, grid=cast.tree.second_unit)
    make_post(cast.stranger, cast.tree.other_building, Role.CHIEF)
    User.objects.filter(pk=cast.stranger.pk).update(is_active=False)
    make_post(cast.chief, cast.tree.building, Role.STAFF)
    make_post(cast.community, cast.tree.community, Role.CHIEF)
    make_post(cast.chief, cast.tree.unit, Role.CHIEF)
    make_post(cast.street, make_grid("150105000", "零号街道"), Role.CHIEF)
    return cast


# Coverage


def test_figures_by_level(peopled):
    census = Census(peopled.tree.city)
    shown = {level.name: census.of_level(level) for level in census.levels()}
    figures = {name: (one.in_use, one.chief, one.staff, one.vacant) for name, one in shown.items()}
    assert figures == {
        "CITY": (1, 0, 0, 1),
        "DISTRICT": (1, 0, 0, 1),
        "STREET": (3, 1, 0, 2),
        "COMMUNITY": (3, 1, 0, 2),
        "BUILDING": (3, 1, 3, 2),
        "UNIT": (1, 1, 0, 0),
    }
    assert shown["STREET"].chief_percent == 33.3


def test_children_add_up_to_what_lies_below(peopled):
    for grid in (peopled.tree.city, peopled.tree.district, peopled.tree.street, peopled.tree.community):
        census = Census(grid)
        children = [census.of_child(child) for child in Grid.objects.active().filter(parent=grid)]
        own = census.of_level(grid.level)
        total = census.total()
        assert sum(child.in_use for child in children) + own.in_use == total.in_use
        assert sum(child.chief for child in children) + own.chief == total.chief


def test_a_child_with_the_number_nought_is_not_its_parent(peopled):
    census = Census(peopled.tree.district)
    nought = census.of_child(Grid.objects.get(code="150105000"))
    assert (nought.in_use, nought.chief) == (1, 1)


def test_all_are_only_covered_when_all_are(cast):
    for number in range(3, 300):
        make_grid(f"{cast.tree.community.code}{number:04d}")
    services.appoint_many(
        actor=None,
        user=cast.worker,
        role=Role.CHIEF,
        grids=Grid.objects.filter(parent=cast.tree.community, level=Level.BUILDING).exclude(
            pk__in=[cast.tree.building.pk, cast.tree.second_building.pk]
        ),
    )
    one_is_missing = Census(cast.tree.community).of_level(Level.BUILDING)
    assert (one_is_missing.vacant, one_is_missing.chief_percent) == (1, 99.6)


def test_where_nothing_is_in_use_there_is_no_percentage(cast, as_):
    retired = services.retire_grid(actor=None, grid=cast.tree.unit)
    assert Census(retired).total().chief_percent is None
    assert "无在用网格" in page(as_(cast.admin).get(reverse("coverage"), {"grid": retired.code}))


@pytest.mark.parametrize("level", ["", "building", "community"])
@pytest.mark.parametrize("name", ["city", "district", "street", "community", "building"])
def test_each_figure_is_the_number_of_rows_behind_its_link(peopled, as_, name, level):
    browser = as_(peopled.admin)
    grid = getattr(peopled.tree, name)
    shown = page(browser.get(reverse("coverage"), {"grid": grid.code, "level": level}))
    figures = FIGURE.findall(shown)
    assert len(figures) >= 8
    for link, figure in figures:
        behind = browser.get(unescape(link))
        assert (behind.status_code, behind.context["page"].paginator.count) == (200, int(figure)), link


def test_a_long_list_has_pages(cast, as_):
    for number in range(11, 40):
        make_grid(f"{cast.tree.community.code}{number:04d}")
    query = {"grid": cast.tree.community.code, "level": "building", "figure": "vacant", "page": 2}
    answer = as_(cast.community).get(reverse("coverage_list"), query)
    assert len(answer.context["page"].object_list) == 10
    assert "健康社区" in page(answer)


@pytest.mark.parametrize(
    ("who", "status"),
    [("worker", 403), ("police", 403), ("stranger", 403), ("neighbour", 403), ("chief", 200), ("community", 200),
     ("street", 200), ("district", 200), ("city", 200), ("admin", 200)],
)  # fmt: skip
def test_who_answers_for_a_grid_sees_its_coverage(cast, as_, who, status):
    browser = as_(getattr(cast, who))
    for name, query in (("coverage", {}), ("coverage_list", {"figure": "vacant"})):
        assert browser.get(reverse(name), query).status_code == status


def test_what_lies_outside_is_not_there(cast, as_):
    browser = as_(cast.street)
    for grid in (cast.tree.city, cast.tree.other_street, cast.tree.far_community):
        assert browser.get(reverse("coverage"), {"grid": grid.code}).status_code == 404
        assert browser.get(reverse("coverage_list"), {"grid": grid.code, "figure": "chief"}).status_code == 404
    assert browser.get(reverse("coverage"), {"grid": cast.tree.other_building.code}).status_code == 200


@pytest.mark.parametrize("code", ["x", "99", "\0", "١٥"])
def test_what_is_no_grid_is_404(cast, as_, code):
    assert as_(cast.admin).get(reverse("coverage"), {"grid": code}).status_code == 404


def test_a_level_or_figure_that_is_none_is_named(cast, as_):
    browser = as_(cast.admin)
    assert browser.get(reverse("coverage"), {"level": "planet"}).status_code == 400
    for query in ({"figure": "best"}, {}, {"figure": "chief", "level": "planet"}):
        answer = browser.get(reverse("coverage_list"), query)
        assert answer.status_code == 400
        assert "field-error" in page(answer)


def test_one_who_answers_for_two_places_reaches_both(cast, as_):
    make_post(cast.community, cast.tree.far_community, Role.DISPATCHER)
    assert f"grid={cast.tree.far_community.code}" in page(as_(cast.community).get(reverse("coverage")))


def test_only_managers_are_led_to_what_is_to_mend(cast, as_, manager):
    assert reverse("staffing_problems") in page(as_(manager).get(reverse("coverage")))
    assert reverse("staffing_problems") not in page(as_(cast.district).get(reverse("coverage")))
    vacant = {"figure": "vacant"}
    assert "grids/post/add/" in page(as_(manager).get(reverse("coverage_list"), vacant))
    assert "grids/post/add/" not in page(as_(cast.district).get(reverse("coverage_list"), vacant))


def test_coverage_takes_a_pinned_number_of_queries(peopled, as_, django_assert_max_num_queries):
    browser = as_(peopled.city)
    for name, query in (("coverage", {}), ("coverage_list", {"figure": "vacant"})):
        with django_assert_max_num_queries(13, info=name):
            browser.get(reverse(name), query)


def test_the_list_is_the_figure_on_any_random_tree(peopled):
    for grid in Grid.objects.all():
        census = Census(grid)
        for level in Level:
            one = census.of_level(level)
            counts = [listed(figure, grid, level).count() for figure in ("in_use", "chief", "staff", "vacant")]
            assert counts == [one.in_use, one.chief, one.staff, one.vacant]


# Problems


def keys(user) -> dict[str, int]:
    return {key: count for key, count in problems.counted(problems.kinds(timezone.now()), user).items() if count}


@pytest.fixture
def all_with_accounts(cast):
    for user in User.objects.all():
        user.set_password("saihan-demo")
        user.save()


def test_each_kind_of_problem_is_found_with_the_row_to_mend(cast, as_, manager, all_with_accounts):
    kinds = {problem.key: problem for problem in problems.kinds(timezone.now())}
    assert keys(manager) == {"account_without_post": 1}  # the stranger
    chief = cast.chief.posts.get()
    User.objects.filter(pk=cast.chief.pk).update(password="!unusable")
    assert list(problems.rows(kinds["chief_without_account"], manager)) == [chief]
    User.objects.filter(pk=cast.neighbour.pk).update(is_active=False)
    assert list(problems.rows(kinds["closed_account"], manager)) == [cast.neighbour.posts.get()]
    Grid.objects.filter(pk=cast.tree.second_building.pk).update(retired_at=timezone.now())
    retired = cast.worker.posts.get(grid=cast.tree.second_building)
    assert list(problems.rows(kinds["retired_grid"], manager)) == [retired]
    long_ago = timezone.now() - settings.ONE_TIME_PASSWORD_AGE - timedelta(days=1)
    services.issue_one_time_passwords(actor=None, users=[cast.street], at=long_ago)
    assert list(problems.rows(kinds["password_expired"], manager)) == [cast.street]
    deputy = make_post(make_user("无账号"), cast.tree.community, Role.OFFICIAL, is_manager=True)
    assert list(problems.rows(kinds["manager_without_account"], manager)) == [deputy]
    assert keys(manager) == {
        "retired_grid": 1, "manager_without_account": 1, "chief_without_account": 1, "closed_account": 1,
        "account_without_post": 1, "password_expired": 1,
    }  # fmt: skip


def test_two_chiefs_are_found_though_the_database_forbids_them(cast, manager, all_with_accounts):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX post_one_active_chief")
    second = Post.objects.create(user=cast.stranger, role=Role.CHIEF, grid=cast.tree.building)
    kinds = {problem.key: problem for problem in problems.kinds(timezone.now())}
    assert set(problems.rows(kinds["two_chiefs"], manager)) == {second, cast.chief.posts.get()}


def test_who_represents_an_organisation_needs_no_post(cast, manager, all_with_accounts):
    office = Organisation.objects.create(grid=cast.tree.community, name="物业公司", kind="property_company")
    office.representatives.add(cast.stranger)
    assert keys(manager) == {}


def test_problems_of_others_are_theirs(cast, manager, all_with_accounts):
    make_post(make_user("外面的"), cast.tree.far_community, Role.CHIEF)
    User.objects.filter(pk=cast.district.pk).update(is_active=False)
    assert keys(manager) == {"account_without_post": 1}
    assert {"chief_without_account", "closed_account"} <= keys(cast.admin).keys()


@pytest.mark.parametrize("who", ["worker", "chief", "community", "district", "police", "stranger"])
def test_staffing_problems_are_for_managers(cast, as_, who):
    assert as_(getattr(cast, who)).get(reverse("staffing_problems")).status_code == 403


def test_each_count_is_the_number_of_rows_and_each_row_has_a_way_to_mend_it(cast, as_, manager):
    browser = as_(manager)
    shown = browser.get(reverse("staffing_problems"))
    for problem, count in shown.context["kinds"]:
        answer = browser.get(reverse("staffing_problems"), {"kind": problem.key})
        assert answer.context["page"].paginator.count == count
        links = set(re.findall(r'href="(/admin/grids/[^"]+)"', page(answer)))
        assert len(links) >= min(count, 1)
        assert {browser.get(unescape(link)).status_code for link in links} <= {200}
    assert browser.get(reverse("staffing_problems"), {"kind": "none"}).status_code == 404


def test_staffing_problems_take_a_pinned_number_of_queries(cast, as_, manager, django_assert_max_num_queries):
    browser = as_(manager)
    for kind in ("chief_without_account", "account_without_post"):
        with django_assert_max_num_queries(10):
            browser.get(reverse("staffing_problems"), {"kind": kind})


def test_the_index_of_the_admin_leads_there(as_, manager):
    assert reverse("staffing_problems") in page(as_(manager).get(reverse("admin:index")))


# Posts of a day


@pytest.fixture
def history(cast) -> Grid:
    """Building 2 had two chiefs one after the other."""
    grid, now = cast.tree.second_building, timezone.now()
    first = make_post(make_user("先任"), grid, Role.CHIEF, at=now - timedelta(days=100))
    services.end_post(actor=cast.admin, post=first, at=now - timedelta(days=50))
    make_post(make_user("后任"), grid, Role.CHIEF, at=now - timedelta(days=50))
    return grid


def on(client, grid, days: int):
    day = timezone.localdate() - timedelta(days=days)
    return client.get(reverse("grid_posts", args=[grid.code]), {"on": day.isoformat()})


def held(answer) -> list[str]:
    return [post.user.name for post in answer.context["held"]]


def test_grid_posts_says_who_was_chief_on_a_day(history, cast, as_):
    browser = as_(cast.community)
    assert held(on(browser, history, 101)) == []
    assert held(on(browser, history, 70)) == ["先任"]
    assert held(on(browser, history, 50)) == ["先任", "后任"]  # both, each for a part of the day
    assert held(on(browser, history, 10)) == ["后任"]
    today = browser.get(reverse("grid_posts", args=[history.code]))
    assert held(today) == ["后任", "乌兰"]
    assert "先任" in page(today)
    assert "管理员" in page(today)


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "0001-01-01", "9999-12-31", "3 March", "\0"])
def test_a_day_that_is_none_is_named(history, cast, as_, day):
    answer = as_(cast.community).get(reverse("grid_posts", args=[history.code]), {"on": day})
    assert answer.status_code == 400
    assert "field-error" in page(answer)


def test_grid_posts_open_where_the_grid_does(history, cast, as_):
    assert as_(cast.neighbour).get(reverse("grid_posts", args=[history.code])).status_code == 404
    assert as_(cast.stranger).get(reverse("grid_posts", args=[history.code])).status_code == 404
    grid_page = as_(cast.worker).get(reverse("grid_detail", args=[history.code]))
    assert reverse("grid_posts", args=[history.code]) in page(grid_page)


def test_a_long_history_has_pages_and_few_queries(history, cast, as_, django_assert_max_num_queries):
    for _number in range(25):
        services.end_post(actor=cast.admin, post=make_post(make_user(), history))
    browser = as_(cast.community)
    with django_assert_max_num_queries(10):
        answer = browser.get(reverse("grid_posts", args=[history.code]), {"page": 2})
    assert len(answer.context["page"].object_list) == 8


# Closed accounts and duties on pages


def test_a_chief_whose_account_is_closed_is_marked_and_the_grid_is_vacant(cast, as_):
    User.objects.filter(pk=cast.chief.pk).update(is_active=False)
    text = page(as_(cast.community).get(reverse("grid_detail", args=[cast.tree.building.code])))
    assert "空缺" in text
    assert "账号已停用" in text


def test_duties_of_the_role_stand_where_a_post_has_none(cast, as_):
    assert "走访居民" in page(as_(cast.worker).get(reverse("account")))
    assert "走访居民" in page(as_(cast.worker).get(reverse("grid_detail", args=[cast.tree.building.code])))
