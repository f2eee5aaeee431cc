"""Hot spots: five of one category in one community in seven days, and the list of exactly those."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from events import services
from events.hot_spots import cases_of, find_hot_spots, hot_spots
from events.models import Event
from grids.models import Role
from tests.events.conftest import MONDAY
from tests.events.hotline_sheets import bring_in, line
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture
def lamp(cast):
    return make_category("路灯", kind="component", major="公用设施")


@pytest.fixture
def file(cast, lamp):
    """Files so many cases about lamps in the unit, or with one thing or another changed."""

    def file(count: int, at: datetime = MONDAY, **changes) -> list[Event]:
        given = {"reporter": cast.worker, "grid": cast.tree.unit, "category": lamp, "at": at} | changes
        return [make_event(**given) for _time in range(count)]

    return file


def found(at: datetime = MONDAY) -> list[tuple]:
    """What is hot: category, community and count."""
    spots = find_hot_spots(Event.objects.all(), at)
    return [(spot.category.minor, spot.community.name, spot.count) for spot in spots]


# The edge


@pytest.mark.parametrize(("count", "spots"), [(4, []), (5, [("路灯", "健康社区", 5)]), (6, [("路灯", "健康社区", 6)])])
def test_five_make_one_and_four_do_not(file, count, spots):
    file(count)
    assert found() == spots


@pytest.mark.parametrize(("later", "is_hot"), [(WEEK - SECOND, True), (WEEK, True), (WEEK + SECOND, False)])
def test_for_seven_days_to_the_second(file, later, is_hot):
    file(1)
    file(4, at=MONDAY + timedelta(days=1))
    assert bool(found(MONDAY + later)) is is_hot


def test_the_orders_of_a_sheet_do_not_count(cast, file, lamp):
    lines = [line(f"HH{number:04}", 诉求类别="路灯") for number in range(5)]
    bring_in(cast.street, *lines)
    assert Event.objects.count() == 5
    assert found(timezone.now()) == []


def test_what_comes_later_does_not_count_yet(file):
    file(5, at=MONDAY + SECOND)
    assert found() == []


def test_two_categories_are_not_one(file):
    file(3)
    file(2, category=make_category("井盖"))
    assert found() == []


def test_two_communities_are_not_one(cast, file):
    file(3)
    file(2, reporter=cast.neighbour, grid=cast.tree.other_building)
    assert found() == []


def test_of_a_community_everything_counts_from_itself_down_to_the_units(cast, file):
    file(2)
    file(2, grid=cast.tree.second_building)
    file(1, reporter=cast.community, grid=cast.tree.community)
    assert found() == [("路灯", "健康社区", 5)]


def test_what_arose_above_the_communities_lies_in_none(cast, file):
    file(6, reporter=cast.street, grid=cast.tree.street)
    assert found() == []


def test_the_largest_comes_first(cast, file):
    file(5)
    file(6, category=make_category("井盖"))
    file(7, reporter=cast.neighbour, grid=cast.tree.other_building)
    assert found() == [("路灯", "学苑社区", 7), ("井盖", "健康社区", 6), ("路灯", "健康社区", 5)]


# What is a report


def test_merged_and_closed_ones_count_and_voided_ones_do_not(cast, lamp, file):
    [target, *others] = file(4)
    services.file_event(actor=cast.worker, category=lamp, grid=cast.tree.unit, into=target, at=MONDAY)
    assert found() == [("路灯", "健康社区", 5)]
    take(others[0], "accept", "resolve", "pass_check", at=MONDAY)
    assert found() == [("路灯", "健康社区", 5)]
    take(others[1], "void", at=MONDAY)
    assert found() == []


def test_clue_reports_never_count(cast, file):
    file(6, category=make_category("线索举报", is_confidential=True))
    assert found() == []


def test_the_numbers_are_settings(file, settings):
    file(2)
    settings.HOT_SPOT_CASES, settings.HOT_SPOT_DAYS = 2, 1
    assert found(MONDAY + timedelta(days=1)) == [("路灯", "健康社区", 2)]
    assert found(MONDAY + timedelta(days=1) + SECOND) == []


# On the workbench


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("community", True),
        ("police", True),
        ("street", True),
        ("worker", False),
        ("chief", False),
        ("neighbour", False),
        ("district", False),
        ("stranger", False),
    ],
)
def test_community_and_street_see_it(cast, file, name, sees):
    file(5)
    assert bool(hot_spots(getattr(cast, name), MONDAY)) is sees


def test_another_community_is_none_of_ones_business(cast, file):
    other = make_user()
    make_post(other, cast.tree.other_community, Role.DISPATCHER)
    file(5)
    assert hot_spots(other, MONDAY) == []


def test_it_takes_four_queries_however_many(cast, file, django_assert_num_queries):
    file(4)
    assert cast.community.active_posts
    with django_assert_num_queries(1):
        hot_spots(cast.community, MONDAY)
    file(1)
    for minor in ("井盖", "积水"):
        with django_assert_num_queries(4):  # what may be many, what is, its categories and its communities
            hot_spots(cast.community, MONDAY)
        file(5, category=make_category(minor))
    with django_assert_num_queries(0):
        hot_spots(cast.worker, MONDAY)


def test_the_workbench_tells_how_many_since_when_and_leads_to_them(cast, as_, lamp, file):
    at = timezone.now()
    file(5, at=at - timedelta(hours=1))
    browser = as_(cast.community)
    page = browser.get(reverse("workbench")).content.decode()
    link = page[page.index(reverse("hot_spot", args=[cast.tree.community.code, lamp.pk])) :]
    link = link[: link.index('"')].replace("&amp;", "&")
    assert "共 5 件" in page
    file(1, at=timezone.now())  # after the count
    answer = browser.get(link)
    assert answer.context["page"].paginator.count == 5
    assert "hot-spots" not in as_(cast.worker).get(reverse("workbench")).content.decode()


# The list


def test_it_lists_exactly_what_was_counted(cast, lamp, file):
    [target, *others] = file(5)
    services.file_event(actor=cast.worker, category=lamp, grid=cast.tree.unit, into=target, at=MONDAY)
    file(1, category=make_category("井盖"))
    file(1, at=MONDAY - WEEK - SECOND)
    take(others[0], "void", at=MONDAY)
    [spot] = hot_spots(cast.street, MONDAY)
    listed = cases_of(spot.category, spot.community, spot.at)
    assert listed.count() == spot.count == 5
    assert spot.since == MONDAY
    assert {event.status for event in listed} == {"filed", "merged"}


def address(cast, lamp, **query) -> str:
    link = reverse("hot_spot", args=[cast.tree.community.code, lamp.pk])
    return f"{link}?{urlencode(query)}" if query else link


@pytest.mark.parametrize(
    ("name", "status"),
    [("community", 200), ("street", 200), ("district", 200), ("admin", 200), ("worker", 404), ("neighbour", 404)],
)
def test_only_who_sees_all_of_them_gets_the_list(cast, as_, lamp, name, status):
    assert as_(getattr(cast, name)).get(address(cast, lamp)).status_code == status


@pytest.mark.parametrize(
    "at",
    [
        "yesterday",
        "2026-11-23T09:00",
        "2026-13-01T00:00+08:00",
        "2999-01-01T00:00+08:00",
        "\0",
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T00:00+08:00",
    ],
)
def test_what_is_no_time_of_the_past_is_404(cast, as_, lamp, at):
    assert as_(cast.community).get(address(cast, lamp, at=at)).status_code == 404


def test_other_places_and_categories_are_404(cast, as_, lamp):
    browser = as_(cast.street)
    for code, pk in ((cast.tree.street.code, lamp.pk), (cast.tree.community.code, 99999), ("1501", lamp.pk)):
        assert browser.get(reverse("hot_spot", args=[code, pk])).status_code == 404


def test_the_list_goes_through_pages_with_few_queries(cast, as_, lamp, file, django_assert_max_num_queries):
    at = timezone.now()
    file(23, at=at - timedelta(hours=1))
    browser = as_(cast.community)
    for page in (1, 2):
        with django_assert_max_num_queries(13):
            answer = browser.get(address(cast, lamp, at=at.isoformat(), page=page))
    assert len(answer.context["events"]) == 3
