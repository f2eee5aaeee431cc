"""While filing and at the desk: the open cases that may be the same, and nothing that a person may not see."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from events import services
from events.alike import MOST, offer, open_alike
from events.models import Event
from events.nearness import Point
from events.wording import ago
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_contact, make_event, make_uploads, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

HERE = Point(Decimal("40.818200"), Decimal("111.708600"))
NEXT_DOOR = Point(Decimal("40.818500"), Decimal("111.708600"))  # 33 metres
ROUND_THE_CORNER = Point(Decimal("40.818700"), Decimal("111.708600"))  # 56 metres


@pytest.fixture
def lamp(cast):
    return make_category("路灯", kind="component", major="公用设施", public_name="路灯不亮")


@pytest.fixture
def event(cast, lamp) -> Event:
    return make_event(cast.worker, cast.tree.unit, category=lamp, at=MONDAY, **HERE._asdict())


def found(category, grid, point=None, at=MONDAY) -> list[Event]:
    return list(Event.objects.open().alike(category=category, grid=grid, point=point, at=at))


# Which


@pytest.mark.parametrize("level", ["unit", "second_unit", "building"])
def test_the_whole_building_counts_as_one_place(cast, lamp, event, level):
    assert found(lamp, getattr(cast.tree, level)) == [event]


@pytest.mark.parametrize("level", ["second_building", "community", "other_building", "street"])
def test_other_places_do_not(cast, lamp, event, level):
    assert found(lamp, getattr(cast.tree, level)) == []


def test_above_buildings_it_is_the_very_grid(cast, lamp):
    event = make_event(cast.community, cast.tree.community, category=lamp, at=MONDAY)
    assert found(lamp, cast.tree.community) == [event]
    assert found(lamp, cast.tree.street) == found(lamp, cast.tree.building) == []


def test_within_fifty_metres_the_building_does_not_matter(cast, lamp, event):
    assert found(lamp, cast.tree.second_building, NEXT_DOOR) == [event]
    assert found(lamp, cast.tree.second_building, ROUND_THE_CORNER) == []
    assert found(lamp, cast.tree.unit, ROUND_THE_CORNER) == [event]


def test_a_made_up_position_leads_into_no_other_community(cast, lamp, event):
    for place in (cast.tree.other_building, cast.tree.other_community, cast.tree.street):
        assert found(lamp, place, HERE) == []
    assert found(lamp, cast.tree.community, HERE) == [event]


def test_only_the_same_category(cast, event):
    assert found(make_category(), cast.tree.unit, HERE) == []


@pytest.mark.parametrize(("later", "is_found"), [(timedelta(), True), (timedelta(seconds=1), False)])
def test_of_twelve_weeks(cast, lamp, event, later, is_found):
    assert (found(lamp, cast.tree.unit, at=MONDAY + timedelta(weeks=12) + later) == [event]) is is_found


@pytest.mark.parametrize("way", [("accept",), ("accept", "resolve")])
def test_in_every_open_state(cast, lamp, event, way):
    take(event, *way, at=MONDAY)
    assert found(lamp, cast.tree.unit) == [event]


@pytest.mark.parametrize("way", [("void",), ("accept", "resolve", "pass_check")])
def test_not_once_it_has_ended(cast, lamp, event, way):
    take(event, *way, at=MONDAY)
    assert found(lamp, cast.tree.unit) == []


def test_a_clue_report_is_never_among_them(cast):
    clue = make_category("线索举报", is_confidential=True)
    make_event(cast.worker, cast.tree.unit, category=clue, at=MONDAY)
    assert found(clue, cast.tree.unit) == []
    clue.is_confidential = False  # neither when the category is opened later
    clue.save()
    assert found(clue, cast.tree.unit) == []


@pytest.mark.parametrize(
    ("name", "count"), [("worker", 1), ("chief", 1), ("street", 1), ("neighbour", 0), ("stranger", 0)]
)
def test_a_person_is_offered_what_they_may_see(cast, lamp, event, name, count):
    person = getattr(cast, name)
    assert open_alike(person, category=lamp, grid=cast.tree.unit, point=HERE, at=MONDAY).count == count


def test_what_others_handle_is_offered_once_it_has_climbed_to_who_answers_for_both(cast, lamp, event):
    given = {"category": lamp, "grid": cast.tree.second_building, "point": HERE, "at": MONDAY}
    assert open_alike(cast.worker, **given).count == 0
    take(event, "escalate", at=MONDAY)
    assert open_alike(cast.worker, **given).count == 1


# What is shown of them


def test_the_handful_is_the_newest_and_the_rest_is_counted(cast, lamp):
    events = [make_event(cast.worker, cast.tree.unit, category=lamp, at=MONDAY) for _time in range(MOST + 2)]
    shown = offer(Event.objects.alike(category=lamp, grid=cast.tree.unit, at=MONDAY), MONDAY)
    assert (shown.cases, shown.count) == (events[: -MOST - 1 : -1], MOST + 2)


def test_with_the_first_picture_in_as_many_queries_however_many(cast, lamp, event, django_assert_num_queries):
    photo, other = make_uploads(cast.chief), make_uploads(cast.chief)
    take(event, "accept", attachments=photo)
    take(Event.objects.with_related().get(), "comment", attachments=other)
    at = MONDAY + timedelta(days=3)
    for _time in range(3):
        with django_assert_num_queries(3):  # cases, places, photos
            shown = offer(Event.objects.alike(category=lamp, grid=cast.tree.unit, at=at), at)
        make_event(cast.worker, cast.tree.unit, category=lamp, at=MONDAY)
    case = shown.cases[-1]
    assert (case.photo, case.place, case.ago) == (photo[0], "健康社区 1号楼 1单元", "3 days ago")


def test_an_erased_photo_is_not_shown(cast, lamp):
    contact = make_contact(cast.tree.unit, category=lamp, attachments=make_uploads(None), at=MONDAY)
    take(contact.event, "void", at=MONDAY)
    services.erase_contacts(at=MONDAY + timedelta(days=181))
    shown = offer(Event.objects.alike(category=lamp, grid=cast.tree.unit, at=MONDAY), MONDAY)
    assert [case.photo for case in shown.cases] == [None]


# On the filing page


def alike_part(browser, **given) -> str:
    return browser.get(reverse("event_alike"), given).content.decode()


def test_the_part_of_the_page_follows_place_and_category(cast, as_, lamp):
    event = make_event(cast.worker, cast.tree.unit, category=lamp, title="一单元灯坏", description="三楼到四楼")
    browser = as_(cast.worker)
    part = alike_part(browser, grid=cast.tree.building.code, category=lamp.pk)
    for shown in ("一单元灯坏", "三楼到四楼", f'name="into" value="{event.number}"', "state-filed", "just now"):
        assert shown in part
    assert "into" not in alike_part(browser, grid=cast.tree.second_building.code, category=lamp.pk)


@pytest.mark.parametrize(
    "given", [{}, {"grid": "x"}, {"category": "x", "grid": "150105001001"}, {"latitude": "x"}, {"grid": "\0"}]
)
def test_before_both_are_known_the_part_is_empty(cast, as_, given):
    answer = as_(cast.worker).get(reverse("event_alike"), given)
    assert (answer.status_code, answer.content.decode().strip()) == (200, "")


def test_the_part_takes_few_queries(cast, as_, event, django_assert_max_num_queries):
    browser = as_(cast.worker)
    with django_assert_max_num_queries(8):  # session, person, posts, organisations, grid, category, none found
        alike_part(browser, grid=cast.tree.unit.code, category=event.category_id)


def test_without_scripts_the_search_button_shows_them_and_files_nothing(cast, as_, lamp):
    event = make_event(cast.worker, cast.tree.unit, category=lamp)
    sent = {"grid": cast.tree.unit.code, "category": lamp.pk, "title": "写了一半", "search": "alike"}
    page = as_(cast.worker).post(reverse("event_file"), sent).content.decode()
    assert f'name="into" value="{event.number}"' in page
    assert "写了一半" in page
    assert Event.objects.count() == 1


def test_a_link_with_both_shows_them_at_once(cast, as_, lamp):
    event = make_event(cast.worker, cast.tree.unit, category=lamp)
    page = as_(cast.worker).get(reverse("event_file"), {"grid": cast.tree.unit.code, "category": lamp.pk})
    assert f'name="into" value="{event.number}"' in page.content.decode()


def test_who_files_all_the_same_is_not_held_up(cast, as_, lamp):
    make_event(cast.worker, cast.tree.unit, category=lamp)
    sent = {"grid": cast.tree.unit.code, "category": lamp.pk, "title": "另一盏灯"}
    assert as_(cast.worker).post(reverse("event_file"), sent).status_code == 302
    assert Event.objects.get(title="另一盏灯").status == "filed"


# Over the API


def test_the_api_tells_them_with_picture_and_words(cast, as_, lamp, django_assert_num_queries):
    event = make_event(cast.worker, cast.tree.unit, category=lamp, attachments=make_uploads(cast.worker))
    query = {"category": lamp.pk, "grid": cast.tree.building.code}
    browser = as_(cast.worker)
    with django_assert_num_queries(9):  # session, person, category, grids, posts, count, page, places, photos
        answer = browser.get("/api/v1/events/alike/", query)
    [shown] = answer.json()["results"]
    assert (shown["number"], shown["status"]) == (event.number, "filed")
    assert shown["photo"]["thumbnail_url"].endswith("/thumbnail/")
    assert as_(cast.neighbour).get("/api/v1/events/alike/", query).json()["results"] == []


# At the desk


def test_the_desk_is_offered_the_likely_ones_with_words_and_the_rest_by_number(cast, as_, lamp):
    category = make_category()
    other = make_event(cast.worker, cast.tree.unit, category=category, title="别的事")
    first = make_event(cast.worker, cast.tree.unit, category=lamp, title="第一个报的", description="晚上很黑")
    second = make_event(cast.worker, cast.tree.second_unit, category=lamp)
    page = as_(cast.chief).get(reverse("event_detail", args=[second.number])).content.decode()
    assert f'name="into_alike" value="{first.number}"' in page
    assert "晚上很黑" in page
    assert f'<option value="{first.number}"' not in page
    assert f'<option value="{other.number}"' in page


@pytest.mark.parametrize("typed", [True, False])
def test_a_number_that_is_typed_goes_before_one_that_is_chosen(cast, as_, lamp, typed):
    first, second, third = (make_event(cast.worker, cast.tree.unit, category=lamp) for _time in range(3))
    sent = {"into": second.number if typed else " ", "into_alike": first.number}
    as_(cast.chief).post(reverse("event_act", args=[third.number, "merge"]), sent)
    third.refresh_from_db()
    assert third.merged_into == (second if typed else first)


def test_how_long_ago():
    at = timezone.now()
    spans = [timedelta(), timedelta(minutes=59), timedelta(hours=1), timedelta(hours=23, minutes=59), timedelta(days=1)]
    spans += [timedelta(days=13), timedelta(days=14), timedelta(weeks=12)]
    assert [ago(at - span, at) for span in spans] == [
        "just now", "59 minutes ago", "1 hour ago", "23 hours ago", "1 day ago",
        "13 days ago", "2 weeks ago", "12 weeks ago",
    ]  # fmt: skip
