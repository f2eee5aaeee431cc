"""The pages of activities: who may open which, what each sends and refuses, and how much they ask the database."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from branches import references
from branches.models import Story
from grids.models import User
from tests.factories import make_activity, make_activity_kind, make_branch, make_post, make_user
from tests.pictures import picture
from tests.volunteers.activities import arrive, join
from volunteers import services
from volunteers.activities import door
from volunteers.activities.day import day_of
from volunteers.models import Activity, Certificate, Participation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

EVERYBODY = (
    "chief", "community", "street", "district", "city", "worker", "police", "neighbour", "stranger", "admin", "member"
)  # fmt: skip
RUN = ("community", "street", "district", "city", "admin")
READ = (*RUN, "chief", "worker", "police", "member")


@pytest.fixture
def coming(cast) -> Activity:
    """Begins in two days by the real clock, which pages go by, with two places."""
    return make_activity(cast.tree.community, starts_in(days=2), actor=cast.community, places=2)


@pytest.fixture
def running(cast) -> Activity:
    """Began ten minutes ago."""
    return make_activity(cast.tree.community, starts_in(minutes=-10), actor=cast.community)


@pytest.fixture
def held(cast, running) -> Activity:
    row = arrive(running, cast.worker, at=timezone.now())
    return services.note_attendance(actor=cast.community, activity=running, present=[row.pk])


@pytest.fixture
def codes(cast, member):
    """What everybody gets from a page."""

    def codes(name: str, *args, method: str = "get", **data) -> dict[str, int]:
        url = reverse(name, args=args)
        people = {who: getattr(cast, who, None) or member for who in EVERYBODY}
        return {who: getattr(as_(person), method)(url, data).status_code for who, person in people.items()}

    return codes


def starts_in(**delta):
    return timezone.now().replace(second=0, microsecond=0) + timedelta(**delta)


def as_(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def expected(open_to: tuple[str, ...], seen_by: tuple[str, ...] = READ, code: int = 200) -> dict[str, int]:
    return {who: code if who in open_to else 403 if who in seen_by else 404 for who in EVERYBODY}


def sent(**changes) -> dict:
    starts_at = timezone.localtime(starts_in(days=3))
    return {
        "kind": make_activity_kind().pk, "title": "义务清理楼道", "place": "一号楼前", "places": "12",
        "starts_at": f"{starts_at:%Y-%m-%dT%H:%M}", "minutes": "90", "needs": "手套", "is_public": "on",
        "key": "0b8f3c5e-6a8e-4a58-9b1c-0f6f3c1d2e3f",
    } | changes  # fmt: skip


# Who may open what


def test_who_is_around_reads(codes, coming):
    assert codes("activity_detail", coming.pk) == expected(READ)


def test_who_organises_it_changes_shows_the_code_and_ticks(codes, coming, running):
    assert codes("activity_change", coming.pk) == expected(RUN)
    assert codes("activity_code", coming.pk) == expected(RUN)
    assert codes("activity_attendance", running.pk) == expected(RUN)


def test_who_organises_it_reports(codes, held):
    assert codes("activity_report", held.pk) == expected(RUN)


def test_one_in_preparation_is_for_who_organises_it(cast, codes, coming):
    Activity.objects.update(state="planned")
    assert codes("activity_detail", coming.pk) == expected(RUN, RUN)


@pytest.mark.parametrize(("action", "open_to"), [("publish", RUN), ("call_off", RUN), ("join", READ), ("leave", READ)])
def test_who_may_take_which_step(codes, coming, action, open_to):
    got = codes("activity_act", coming.pk, action, method="post", reason="")
    assert {who for who, code in got.items() if code == 404} == {"neighbour", "stranger"}
    assert {who for who, code in got.items() if code == 403} == set(READ) - set(open_to)


def test_a_step_that_nobody_knows_is_none(cast, coming):
    for action in ("hold", "move_up", "no"):
        url = reverse("activity_act", args=[coming.pk, action])
        assert as_(cast.community).post(url).status_code == 404


def test_everybody_has_a_list_of_their_own_and_a_record(codes):
    for name in ("activity_list", "service_record", "activity_plan"):
        assert set(codes(name).values()) == {200}


def test_the_record_and_the_certificate_are_ones_own(cast, codes, held):
    Activity.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    certificate = services.issue_certificate(actor=cast.worker)
    assert codes("certificate_print", certificate.pk) == expected(("worker",), ())


def test_the_public_pages_ask_for_no_login(client, cast, coming):
    code = cast.tree.community.code
    for name, args in (("public_activities", [code]), ("public_activity_feed", [code]), ("public_certificate", [])):
        assert client.get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize(
    ("name", "args"), [("activity_list", []), ("service_record", []), ("activity_door", ["1.2:x"])]
)
def test_all_others_do(client, name, args):
    assert client.get(reverse(name, args=args)).status_code == 302


# Planning and changing


def test_a_plan_is_kept_and_published_on_its_page(cast):
    client, url = as_(cast.community), f"{reverse('activity_plan')}?grid={cast.tree.community.code}"
    assert client.get(url).context["form"]["minutes"].value() == 120
    for _time in range(2):  # the second is the same form again
        page = client.post(url, sent())
    activity = Activity.objects.get()
    assert page["Location"] == reverse("activity_detail", args=[activity.pk])
    assert (activity.places, activity.needs, activity.is_public) == (12, "手套", True)
    assert activity.ends_at - activity.starts_at == timedelta(minutes=90)
    client.post(reverse("activity_act", args=[activity.pk, "publish"]))
    activity.refresh_from_db()
    assert activity.state == "published"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"title": ""}, "title"),
        ({"place": "a\0b"}, "place"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "1066-10-14T09:00"}, "starts_at"),
        ({"starts_at": "2026-01-05T09:00"}, "starts_at"),
        ({"minutes": "7"}, "minutes"),
        ({"places": "0"}, "places"),
        ({"places": "many"}, "places"),
        ({"needs": "字" * 2001}, "needs"),
        ({"skills": ["x"]}, "skills"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(cast, changes, field):
    url = f"{reverse('activity_plan')}?grid={cast.tree.community.code}"
    page = as_(cast.community).post(url, sent(**changes))
    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    assert "手套" in page.text or field == "needs"
    assert not Activity.objects.exists()


def test_only_who_acts_for_the_branch_or_grid_gets_the_form(cast):
    branch = make_branch(cast.tree.building, secretary=cast.stranger)
    url = reverse("activity_plan")
    assert as_(cast.stranger).get(url, {"branch": branch.pk}).status_code == 200
    assert as_(cast.worker).get(url, {"branch": branch.pk}).status_code == 403
    assert as_(cast.neighbour).get(url, {"branch": branch.pk}).status_code == 404
    assert as_(cast.neighbour).get(url, {"branch": "x"}).status_code == 404
    assert as_(cast.worker).get(url, {"grid": cast.tree.community.code}).status_code == 403


def test_the_way_in_offers_what_one_acts_for(cast):
    branch = make_branch(cast.tree.building)
    assert as_(cast.community).get(reverse("activity_plan")).context["organisers"] == [cast.tree.community, branch]
    assert as_(cast.worker).get(reverse("activity_plan")).context["organisers"] == []


def test_a_change_is_kept(cast, coming):
    client, url = as_(cast.community), reverse("activity_change", args=[coming.pk])
    form = client.get(url).context["form"]
    assert form["minutes"].value() == 120
    assert client.post(url, sent(places="3")).status_code == 302
    coming.refresh_from_db()
    assert coming.places == 3


def test_fewer_places_than_are_given_are_refused_at_the_field(cast, coming):
    join(coming, cast.worker, cast.chief, at=timezone.now())
    page = as_(cast.community).post(reverse("activity_change", args=[coming.pk]), sent(places="1"))
    assert page.status_code == 400
    assert list(page.context["form"].errors) == ["places"]


def test_what_is_over_is_changed_by_nobody(cast, held):
    assert as_(cast.community).get(reverse("activity_change", args=[held.pk])).status_code == 302


# Joining


def test_signing_up_waiting_and_withdrawing(cast, coming, member):
    join(coming, cast.worker, cast.chief, at=timezone.now())
    client, page = as_(member), reverse("activity_detail", args=[coming.pk])
    assert "Onto the waiting list" in client.get(page).text
    answer = client.post(reverse("activity_act", args=[coming.pk, "join"]), follow=True)
    assert "on the waiting list and hear" in answer.text
    assert "0 people wait before you" in answer.text
    client.post(reverse("activity_act", args=[coming.pk, "leave"]))
    assert Participation.objects.get(user=member).status == "left"


def test_who_else_takes_part_is_the_organisers_to_see(cast, coming):
    join(coming, make_post(make_user("高娃"), cast.tree.building).user, at=timezone.now())
    url = reverse("activity_detail", args=[coming.pk])
    assert "高娃" in as_(cast.community).get(url).text
    assert "高娃" not in as_(cast.worker).get(url).text


def test_a_step_out_of_order_says_how_things_stand(cast, held):
    page = as_(cast.chief).post(reverse("activity_act", args=[held.pk, "join"]))
    assert page.status_code == 409
    assert "It is “held” now" in page.text


def test_calling_off_needs_its_reason_and_shows_it(cast, coming):
    client, url = as_(cast.community), reverse("activity_act", args=[coming.pk, "call_off"])
    assert client.post(url, {"reason": " "}).status_code == 400
    assert client.post(url, {"reason": "a\0b"}).status_code == 400
    client.post(url, {"reason": "暴雪预警"})
    assert "暴雪预警" in as_(cast.worker).get(reverse("activity_detail", args=[coming.pk])).text


# The door and the list


def door_of(activity: Activity) -> str:
    return reverse("activity_door", args=[door.token_of(activity)])


def test_scanning_opens_a_page_and_confirming_notes_it_once(cast, running):
    client = as_(cast.stranger)
    assert "am there" in client.get(door_of(running)).text
    assert not running.participations.exists()  # a preview of the link notes nothing
    for _time in range(2):
        page = client.post(door_of(running), follow=True)
    assert "you are noted as there" in page.text
    assert running.participations.get().way == "door"


def test_a_code_opens_nothing_beyond_its_time(cast, coming):
    client = as_(cast.worker)
    assert "around the time of the activity alone" in client.get(door_of(coming)).text
    assert client.post(door_of(coming)).status_code == 409
    assert client.get(reverse("activity_door", args=["1.2:forged"])).status_code == 404


def test_the_code_is_on_the_organisers_phone_and_in_no_cache(cast, running):
    page = as_(cast.community).get(reverse("activity_code", args=[running.pk]))
    assert "activity-qr" in page.text
    assert "no-store" in page["Cache-Control"]
    assert page.context["url"].endswith(door_of(running))


def test_the_code_of_what_is_not_published_is_not_shown(cast, held):
    assert as_(cast.community).get(reverse("activity_code", args=[held.pk])).status_code == 302


def test_the_list_is_ticked_where_somebody_came_through_the_door(cast, running):
    come, _away = join(running, cast.worker, cast.chief, at=running.starts_at - timedelta(hours=1))
    client, url = as_(cast.community), reverse("activity_attendance", args=[running.pk])
    assert len(client.get(url).context["ticked"]) == 2  # before anybody is noted: who has a place
    arrive(running, cast.worker, at=timezone.now())
    assert client.get(url).context["ticked"] == {come.pk}
    client.post(url, {"present": [come.pk]})
    running.refresh_from_db()
    assert running.state == "held"


def test_a_list_with_a_stranger_on_it_is_refused(cast, running):
    url = reverse("activity_attendance", args=[running.pk])
    page = as_(cast.community).post(url, {"present": ["999999"]})
    assert page.status_code == 400
    assert "Tick it anew" in page.text


def test_a_list_before_the_time_says_so(cast, coming):
    page = as_(cast.community).post(reverse("activity_attendance", args=[coming.pk]), {})
    assert page.status_code == 409
    assert "has not begun yet" in page.text


# Report, story, evidence


def test_a_report_becomes_a_story_by_one_step(cast, held):
    client = as_(cast.community)
    photo = SimpleUploadedFile("楼道.jpg", picture())
    client.post(reverse("activity_report", args=[held.pk]), {"report": "清运两车", "photos": [photo]})
    way = f"{reverse('story_write')}?from=activity-{held.pk}"
    assert way in client.get(reverse("activity_detail", args=[held.pk])).text
    form = client.get(way).context["form"]
    assert (form["title"].value(), form["after"].value()) == ("义务清理楼道", "清运两车")
    [shown] = form.photos
    client.post(
        way, {"grid": cast.tree.community.code, "title": "一天清两车", "after": "清运两车", "chosen_after": [shown.key]}
    )
    story = Story.objects.get()
    assert (story.source_kind, story.source_key, story.pictures.count()) == ("activity", str(held.pk), 1)


def test_an_empty_report_is_refused_and_what_is_no_photo_too(cast, held):
    client, url = as_(cast.community), reverse("activity_report", args=[held.pk])
    assert client.post(url, {"report": " "}).status_code == 400
    page = client.post(url, {"report": "好", "photos": [SimpleUploadedFile("a.jpg", b"text")]})
    assert list(page.context["form"].errors) == ["photos"]


def test_what_was_not_held_is_not_reported_or_told_of(cast, coming):
    client = as_(cast.community)
    assert client.get(reverse("activity_report", args=[coming.pk])).status_code == 302
    assert client.get(f"{reverse('story_write')}?from=activity-{coming.pk}").status_code == 404


def test_a_photo_is_for_who_sees_the_activity(cast, codes, held):
    file = SimpleUploadedFile("楼道.jpg", picture())
    services.report_activity(actor=cast.community, activity=held, report="好", photos=[file])
    assert codes("activity_picture", held.pictures.get().key) == expected(READ, ())


def test_held_ones_are_evidence(cast, held, coming):
    [shown] = references.offered(cast.community, cast.tree.street, "activity", "楼道")
    assert (shown.key, shown.is_done) == (str(held.pk), True)
    assert references.found(cast.neighbour, "activity", str(held.pk)) is None
    assert references.found(cast.community, "activity", str(coming.pk)) is None


# Hours and certificates


def test_hours_become_a_certificate_that_anybody_checks(cast, client, held):
    Activity.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    own = as_(cast.worker)
    assert "2 hours in 1 activities" in own.get(reverse("service_record")).text
    for _time in range(2):
        page = own.post(reverse("certificate_issue"), follow=True)
    certificate = Certificate.objects.get()
    assert "乌兰" in page.text
    assert "activity-qr" in page.text
    answer = client.get(reverse("public_certificate"), {"code": certificate.code.lower()})
    assert "The certificate is genuine" in answer.text
    assert "乌*" in answer.text
    assert "乌兰" not in answer.text
    assert "义务清理楼道" not in answer.text
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_a_certificate_whose_hours_were_corrected_says_so(cast, client, held):
    Activity.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    certificate = services.issue_certificate(actor=cast.worker)
    services.note_attendance(actor=cast.community, activity=held, present=[])
    answer = client.get(reverse("public_certificate"), {"code": certificate.code})
    assert "It no longer holds" in answer.text
    assert "genuine" not in answer.text
    assert "no longer holds" in as_(cast.worker).get(reverse("certificate_print", args=[certificate.pk])).text


def test_without_hours_there_is_nothing_to_certify(cast):
    page = as_(cast.worker).post(reverse("certificate_issue"), follow=True)
    assert "No hours are counted yet" in page.text


@pytest.mark.parametrize(("code", "status"), [("AAAA-AAAA", 404), ("", 400), ("a\0b", 400), ("A" * 40, 400)])
def test_a_code_of_no_certificate_is_answered_clearly(client, db, code, status):
    assert client.get(reverse("public_certificate"), {"code": code}).status_code == status


def test_many_wrong_codes_are_enough(client, db, settings):
    settings.PUBLIC_LIMITS |= {"certificate": (1, 3600)}
    got = [client.get(reverse("public_certificate"), {"code": "AAAA"}).status_code for _time in range(2)]
    assert got == [404, 429]


# For everybody


def test_the_public_page_tells_what_when_and_where_and_of_nobody(cast, client, coming):
    join(coming, cast.worker, at=timezone.now())
    page = client.get(reverse("public_activities", args=[cast.tree.community.code]))
    assert "义务清理楼道" in page.text
    assert "1 of 2 places taken" in page.text
    assert "乌兰" not in page.text
    assert "李秀英" not in page.text


def test_what_is_to_come_stands_on_the_page_of_all_that_is_public(cast, client, coming):
    way = f"{reverse('public_activities', args=[cast.tree.street.code])}#activity-{coming.pk}"
    assert way in client.get(reverse("public_disclosure", args=[cast.tree.street.code])).text
    assert "义务清理楼道" in client.get(reverse("public_activity_feed", args=[cast.tree.street.code])).text


@pytest.mark.parametrize("changes", [{"is_public": False}, {"state": "planned"}, {"state": "called_off"}])
def test_what_is_not_public_is_on_none_of_them(cast, client, coming, changes):
    Activity.objects.update(**changes)
    for name in ("public_activities", "public_activity_feed", "public_disclosure"):
        assert "义务清理楼道" not in client.get(reverse(name, args=[cast.tree.community.code])).text


# Lists and what they cost


def test_the_list_has_what_is_to_come_what_is_past_and_mine(cast, coming, held):
    client, url = as_(cast.worker), reverse("activity_list")
    assert client.get(url).context["page"].object_list == [coming]
    assert client.get(url, {"when": "past"}).context["page"].object_list == [held]
    assert client.get(url, {"when": "mine"}).context["page"].object_list == [held]
    assert client.get(url, {"grid": cast.tree.street.code}).context["page"].object_list == [coming]


def more(cast, count: int) -> None:
    branch = make_branch(cast.tree.building, secretary=cast.chief)
    for number in range(count):
        activity = make_activity([branch, cast.tree.community][number % 2], starts_in(days=number + 3))
        join(activity, cast.worker, cast.chief, at=timezone.now())


LISTS = {"activity_list": 11, "public_activities": 6}


@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_however_long(cast, django_assert_num_queries, name, count):
    more(cast, count)
    client = as_(cast.worker)
    args = [cast.tree.community.code] if name.startswith("public") else []
    with django_assert_num_queries(LISTS[name]):
        assert client.get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize("count", [1, 12])
def test_a_page_costs_the_same_however_many_signed_up(cast, coming, django_assert_num_queries, count):
    for _one in range(count):
        join(coming, make_post(make_user(), cast.tree.building).user, at=timezone.now())
    client = as_(cast.community)
    with django_assert_num_queries(13):
        client.get(reverse("activity_detail", args=[coming.pk]))


@pytest.mark.parametrize("count", [1, 9])
def test_the_cards_cost_the_same_however_much_there_is(cast, django_assert_num_queries, count):
    more(cast, count)
    user = User.objects.get(pk=cast.community.pk)
    community = cast.tree.community
    tags = {"{% activities_of grid user %}": 6, "{% activities_mine user %}": 3}  # the first asks for the posts, too
    for tag, queries in tags.items():
        with django_assert_num_queries(queries):
            shown = Template(f"{{% load activity_tags %}}{tag}").render(Context({"grid": community, "user": user}))
        assert "义务清理楼道" in shown


def test_the_day_has_where_to_go_and_what_to_note(cast, coming, running, django_assert_num_queries):
    join(coming, cast.community, at=timezone.now())
    Activity.objects.filter(pk=running.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    with django_assert_num_queries(2):
        day = day_of(cast.community, timezone.now())
    assert [(due.url, due.is_late) for due in day] == [
        (reverse("activity_detail", args=[coming.pk]), False),
        (reverse("activity_attendance", args=[running.pk]), True),
    ]
    assert day_of(cast.worker, timezone.now()) == []
