"""Filing in place: a resolution becomes a case, once, and both tell of each other."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from events import occasions
from events.audit import problems
from events.models import Category, Event, Occasion
from events.services import file_event
from tests.events.conftest import MONDAY
from tests.factories import (
    make_branch,
    make_category,
    make_event,
    make_meeting,
    make_resolution,
    make_user,
    take,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def resolution(cast):
    branch = make_branch(cast.tree.building, secretary=cast.chief)
    return make_resolution(make_meeting(branch, cast.chief, starts_at=MONDAY), "更换楼道照明线路")


def file(cast, resolution, actor=None, **changes):
    category = Category.objects.filter(minor="物业管理").first() or make_category()
    given = {"category": category, "grid": cast.tree.building, "title": "换线路"}
    occasion = occasions.find(actor or cast.chief, f"resolution-{resolution.pk}")
    return file_event(actor=actor or cast.chief, occasion=occasion, at=MONDAY, **given | changes)


def test_the_first_step_tells_of_it(cast, resolution):
    event = file(cast, resolution)
    expected = {"kind": "resolution", "id": resolution.pk, "title": "更换楼道照明线路"}
    assert event.steps.get().details["occasion"] == expected
    assert event.occasion.resolution == resolution
    assert resolution.occasions.get().event == event


def test_it_becomes_one_case_whoever_files_again(cast, resolution):
    first = file(cast, resolution)
    assert file(cast, resolution, title="又来") == first
    assert file(cast, resolution, actor=cast.community) == first
    assert Event.objects.get() == first


def test_a_voided_case_lets_another_be_filed(cast, resolution):
    first = file(cast, resolution)
    take(first, "void", at=MONDAY)
    assert file(cast, resolution) != first
    assert Occasion.objects.count() == 2


def test_a_clue_report_tells_of_nothing(cast, resolution):
    with pytest.raises(ValidationError, match="A clue report tells of nothing else"):
        file(cast, resolution, category=make_category("线索举报", is_confidential=True))
    assert not Event.objects.exists()


def test_only_who_answers_for_it_files_from_it(cast, resolution):
    code = f"resolution-{resolution.pk}"
    may = [user for user in (cast.chief, cast.community, cast.street, cast.admin) if occasions.find(user, code)]
    assert may == [cast.chief, cast.community, cast.street, cast.admin]
    assert not any(occasions.find(user, code) for user in (cast.worker, cast.neighbour, cast.stranger, cast.police))


@pytest.mark.parametrize("code", ["", "resolution", "resolution-", "nothing-1", "resolution-9" * 9, "resolution-0"])
def test_what_names_nothing_is_nothing(cast, code):
    assert occasions.find(cast.chief, code) is None


def test_the_form_begins_with_what_is_known(client, cast, resolution):
    client.force_login(cast.chief)
    page = client.get(reverse("event_file"), {"occasion": f"resolution-{resolution.pk}"})
    form = page.context["form"]
    assert (form.text("title"), form.text("grid")) == ("更换楼道照明线路", cast.tree.building.code)
    assert "更换楼道照明线路" in page.content.decode()


def test_the_form_carries_it_along(client, cast, resolution):
    client.force_login(cast.chief)
    sent = {"grid": cast.tree.building.code, "category": make_category().pk, "title": "换线路"}
    client.post(reverse("event_file"), sent | {"occasion": f"resolution-{resolution.pk}"})
    assert Event.objects.get().occasion.resolution == resolution


def test_a_form_sent_for_what_is_not_ones_own_is_refused(client, cast, resolution):
    client.force_login(cast.worker)
    sent = {"grid": cast.tree.building.code, "category": make_category().pk, "title": "换线路"}
    page = client.post(reverse("event_file"), sent | {"occasion": f"resolution-{resolution.pk}"})
    assert page.status_code == 400
    assert "not yours to make a case of" in page.content.decode()
    assert not Event.objects.exists()


def test_a_second_look_at_the_form_leads_to_the_case(client, cast, resolution):
    event = file(cast, resolution)
    client.force_login(cast.community)
    page = client.get(reverse("event_file"), {"occasion": f"resolution-{resolution.pk}"})
    assert page.url == reverse("event_detail", args=[event.number])


def test_a_form_for_a_strangers_resolution_is_not_found(client, cast, resolution):
    client.force_login(cast.neighbour)
    assert client.get(reverse("event_file"), {"occasion": f"resolution-{resolution.pk}"}).status_code == 404


def test_page_file_and_interface_tell_where_it_came_from(client, cast, resolution):
    event = file(cast, resolution)
    client.force_login(cast.chief)
    link = reverse("meeting_detail", args=[resolution.meeting_id])
    assert f'href="{link}#resolution-{resolution.pk}"' in client.get(f"/events/{event.number}/").content.decode()
    assert "更换楼道照明线路" in client.get(f"/events/{event.number}/print/").content.decode()
    shown = client.get(f"/api/v1/events/{event.number}/").json()["occasion"]
    assert (shown["kind"], shown["id"], shown["title"]) == ("resolution", resolution.pk, "更换楼道照明线路")


def test_who_may_not_see_the_meeting_gets_no_link(client, cast, resolution):
    event = file(cast, resolution)
    handler = make_user("外援")
    Event.objects.filter(pk=event.pk).update(reporter=handler)
    client.force_login(handler)
    page = client.get(f"/events/{event.number}/").content.decode()
    assert "更换楼道照明线路" in page
    assert "/meetings/" not in page


def test_another_case_has_no_occasion(client, cast):
    event = make_event(cast.worker, cast.tree.unit)
    client.force_login(cast.worker)
    assert client.get(f"/api/v1/events/{event.number}/").json()["occasion"] is None


def test_the_proof_holds_row_and_step_together(cast, resolution):
    event = file(cast, resolution)
    assert list(problems(at=MONDAY)) == []
    other = make_resolution(resolution.meeting, "另一件")
    Occasion.objects.filter(event=event).update(resolution=other)
    assert any(
        f"expected resolution {resolution.pk}, found resolution {other.pk}" in said for said in problems(at=MONDAY)
    )
    Occasion.objects.filter(event=event).delete()
    assert any("found nothing" in said for said in problems(at=MONDAY))


def test_what_was_added_to_a_case_later_is_found(cast, resolution):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    Occasion.objects.create(event=event, resolution=resolution)
    assert any(f"expected nothing, found resolution {resolution.pk}" in said for said in problems(at=MONDAY))


def test_the_interface_files_from_it_too(client, cast, resolution):
    client.force_login(cast.chief)
    sent = {"grid": cast.tree.building.code, "category": make_category().pk, "title": "换线路"}
    sent["occasion"] = f"resolution-{resolution.pk}"
    answer = client.post("/api/v1/events/", sent, content_type="application/json")
    assert (answer.status_code, answer.json()["occasion"]["id"]) == (201, resolution.pk)
    assert client.post("/api/v1/events/", sent, content_type="application/json").status_code == 200
    refused = client.post("/api/v1/events/", sent | {"occasion": "resolution-0"}, content_type="application/json")
    assert (refused.status_code, list(refused.json())) == (400, ["occasion"])
