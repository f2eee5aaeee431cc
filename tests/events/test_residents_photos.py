"""Residents' photos: sent without an account, kept through mistakes, seen by few, erased in time."""

import re
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from events import services
from events.audit import problems
from events.models import Attachment, Event, ResidentContact
from grids.models import PublicUse
from grids.public_forms import stamp
from grids.services import PublicLimit
from tests import pictures
from tests.events.conftest import MONDAY
from tests.events.resident_photos import TEXT, act, photo_paths, send, tokens
from tests.events.test_races import at_once
from tests.factories import make_category, make_contact, make_event, make_uploads, take
from tests.pages import page
from tests.pictures import full_disk, picture, stored, telling_photo, upload

PEOPLE = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")

pytestmark = pytest.mark.django_db
# Files go when the transaction that removed their row is committed, so some tests need real ones.
committing = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_once_and_here(settings, uploads) -> None:
    """Nobody waits before sending, and the files lie in a folder of the test's own."""
    settings.PUBLIC_FORM_SECONDS = (0, 3600)


# With a report


def test_photos_go_with_the_report_without_place_and_time(cast, client):
    assert send(client, cast.tree.unit, telling_photo(), picture((50, 50), "PNG")).status_code == 302
    event = Event.objects.get()
    first, second = event.attachments.all()
    assert (first.name, second.name, first.uploader) == ("1.jpg", "2.jpg", None)
    with Image.open(first.file) as image:
        assert not image.getexif()
    recorded = event.steps.get().details["attachments"]
    assert recorded == [{"name": each.name, "sha256": each.sha256} for each in (first, second)]
    assert not list(problems())
    call_command("check_events", "--files", stdout=StringIO())


def test_a_photo_is_never_required(cast, client):
    assert send(client, cast.tree.unit).status_code == 302
    assert "attachments" not in Event.objects.get().steps.get().details


def test_the_form_offers_camera_and_album_and_says_what_is_taken(cast, client):
    form = page(client.get(f"/g/{cast.tree.unit.code}/report/"))
    assert 'enctype="multipart/form-data"' in form
    assert 'accept="image/*" capture="environment"' in form
    assert 'accept="image/*" multiple' in form
    assert "最多 9 张，每张不超过 10 MB" in form
    assert "180 天" in form


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (pictures.EXECUTABLE, "坏.jpg", "只收照片"),
        (pictures.SVG, "图.svg", "只收照片"),
        (pictures.PDF, "说明.pdf", "只收照片"),
        (pictures.sheet(), "名单.xlsx", "只收照片"),
        (b"", "空.jpg", "空文件"),
        (picture((900, 600))[:-2000], "半.jpg", "已损坏或不完整"),
        (pictures.png_bomb(), "大.png", "像素过多"),
    ],
)
def test_what_is_no_photo_is_told_at_the_field_and_the_text_is_kept(cast, client, uploads, content, name, sentence):
    answer = send(client, cast.tree.unit, attachments=[upload(content, name)])
    assert answer.status_code == 400
    assert f"“{name}”" in page(answer)
    assert sentence in page(answer)
    assert TEXT in page(answer)
    assert not stored(uploads)
    assert not Event.objects.exists()


def test_a_full_disk_is_told_and_the_text_is_kept(cast, client, uploads):
    with full_disk(200_000):
        answer = send(client, cast.tree.unit, pictures.noise(900, quality=90))
    assert answer.status_code == 400
    assert "服务器存储空间不足" in page(answer)
    assert TEXT in page(answer)
    assert (stored(uploads), Attachment.objects.count()) == ([], 0)


def test_nine_photos_and_no_more(cast, client):
    answer = send(client, cast.tree.unit, *(picture((20 + number, 20)) for number in range(11)))
    assert answer.status_code == 400
    assert "另有 2 张照片未接收：每次最多 9 张。" in page(answer)
    kept = tokens(answer)
    assert len(kept) == 9
    answer = send(client, cast.tree.unit, picture((99, 20)), attachments_kept=kept)
    assert "“1.jpg”超出数量：每次最多 9 张照片。" in page(answer)
    assert send(client, cast.tree.unit, attachments_kept=kept).status_code == 302
    assert Event.objects.get().attachments.count() == 9


# Kept over a mistake


def test_good_photos_outlive_a_mistake_and_are_shown_without_an_address(cast, client):
    answer = send(client, cast.tree.unit, picture(), text="")
    (kept,) = tokens(answer)
    assert 'src="data:image/jpeg;base64,' in page(answer)
    assert "/attachments/" not in page(answer)
    assert send(client, cast.tree.unit, attachments_kept=[kept]).status_code == 302
    assert Event.objects.get().attachments.count() == 1


def test_a_good_photo_is_kept_beside_a_bad_one_and_can_be_unticked(cast, client):
    answer = send(client, cast.tree.unit, picture(), pictures.HTML)
    assert (answer.status_code, len(tokens(answer))) == (400, 1)
    assert send(client, cast.tree.unit).status_code == 302
    assert Event.objects.get().attachments.count() == 0


def test_photos_outlive_the_question_whether_it_is_the_same(cast, client):
    lamps = make_category("路灯", public_name="路灯不亮")
    known = make_contact(cast.tree.unit, category=lamps).event
    asked = send(client, cast.tree.unit, picture(), category=lamps.pk)
    (same,) = re.findall(r'name="into" value="([^"]+)"', page(asked).replace('value="none"', ""))
    again = {"category": lamps.pk, "attachments_kept": tokens(asked), "into": same}
    assert (asked.status_code, send(client, cast.tree.unit, **again).status_code) == (200, 302)
    assert Event.objects.get(merged_into=known).attachments.count() == 1
    assert not list(problems())


def test_what_waits_is_bound_to_the_page_that_sent_it(cast, client):
    (kept,) = tokens(send(client, cast.tree.unit, picture(), text=""))
    photo = Attachment.objects.get()
    for stolen in (kept, str(photo.key), f"{photo.key}:x:y"):
        answer = send(Client(), cast.tree.unit, key="b" * 32, attachments_kept=[stolen])
        assert (answer.status_code, "请重新选择" in page(answer)) == (400, True)
    assert not Event.objects.exists()
    assert Client().get(reverse("attachment", args=[photo.key])).status_code == 302
    assert Attachment.objects.pending().get() == photo


def test_a_token_of_the_report_is_none_in_a_case_and_the_other_way_round(cast, client):
    send(client, cast.tree.unit)
    (of_case,) = tokens(act(client, "comment", picture(), note="空\0字"))
    assert send(Client(), cast.tree.unit, key="b" * 32, attachments_kept=[of_case]).status_code == 400
    (of_report,) = tokens(send(Client(), cast.tree.unit, picture((40, 40)), text="", key="c" * 32))
    assert act(client, "comment", note="如图", attachments_kept=[of_report]).status_code == 400
    assert act(client, "comment", note="如图", attachments_kept=[of_case]).status_code == 302


def test_nobody_among_staff_gets_what_waits(cast, client, as_):
    send(client, cast.tree.unit, picture(), text="")
    address = reverse("attachment", args=[Attachment.objects.get().key])
    assert {as_(getattr(cast, person)).get(address).status_code for person in PEOPLE} == {404}


@committing
def test_what_waited_for_a_day_is_cleaned_and_missed_aloud(cast, client, uploads):
    kept = tokens(send(client, cast.tree.unit, picture(), text=""))
    assert services.clean_uploads(at=timezone.now() + timedelta(hours=25))["waiting"] == 1
    assert not stored(uploads)
    answer = send(client, cast.tree.unit, attachments_kept=kept)
    assert (answer.status_code, "保留时间已过" in page(answer), TEXT in page(answer)) == (400, True, True)


# Sent twice


@committing
def test_the_same_report_twice_stores_nothing_twice(cast, client, uploads):
    for _time in range(2):
        assert send(client, cast.tree.unit, picture(), picture((40, 40))).status_code == 302
    assert Event.objects.get().attachments.count() == Attachment.objects.count() == 2
    assert len(stored(uploads)) == 4
    assert PublicUse.objects.get(kind="photo").used == 2


def test_a_repeat_with_kept_photos_is_the_same_report(cast, client):
    kept = tokens(send(client, cast.tree.unit, picture(), text=""))
    for _time in range(2):
        assert send(client, cast.tree.unit, attachments_kept=kept).status_code == 302
    assert Event.objects.get().attachments.count() == Attachment.objects.count() == 1


def test_another_photo_makes_another_report(cast, client):
    send(client, cast.tree.unit)
    send(client, cast.tree.unit, picture())
    assert Event.objects.count() == 2


@committing
def test_a_word_with_a_photo_sent_twice_stands_once(cast, client, uploads):
    send(client, cast.tree.unit)
    sent = {"note": "灯在这里", "seen": 1}
    for _time in range(2):
        assert act(client, "comment", picture(), **sent).status_code == 302
    assert [step.action for step in Event.objects.get().steps.all()] == ["file", "comment"]
    assert Attachment.objects.count() == 1
    assert len(stored(uploads)) == 2
    assert PublicUse.objects.get(kind="word").used == 1
    act(client, "comment", picture((40, 40)), **sent)
    assert Event.objects.get().step_count == 3


def test_the_same_words_from_a_page_opened_later_are_new(cast, client):
    send(client, cast.tree.unit)
    for _time in range(2):
        act(client, "comment", note="还没修")
    assert Event.objects.get().step_count == 3


@pytest.mark.postgres
@committing
def test_two_thumbs_at_once_store_nothing_twice(cast, pool, uploads):
    sender = {"grid": cast.tree.unit, "source": "a"}

    def report():
        photos, _problems = services.receive_photos(files=[upload(picture())], **sender)
        return services.file_resident_report(text=TEXT, attachments=photos, idempotency_key="k" * 32, **sender)

    first, second = at_once(pool, report, report)
    assert first == second

    def word():
        contact = ResidentContact.objects.get()
        photos, _problems = services.receive_photos(files=[upload(picture((40, 40)))], contact=contact, **sender)
        return services.act_as_resident(contact=contact, action="comment", note="如图", attachments=photos, seen=1)

    assert at_once(pool, word, word) == [first.event, first.event]
    assert Event.objects.get().step_count == Attachment.objects.count() == 2
    assert len(stored(uploads)) == 4
    call_command("check_events", "--files", stdout=StringIO())


# Before anything is stored


@pytest.mark.parametrize("given", [{"homepage": "http://x"}, {"opened": ""}, {"opened": "1.1:forged"}])
def test_a_program_stores_nothing(cast, client, uploads, given):
    answer = send(client, cast.tree.unit, picture(), **given)
    assert answer.status_code == 400
    assert "请重新选择" in page(answer)
    assert (stored(uploads), Attachment.objects.count()) == ([], 0)
    assert not PublicUse.objects.exists()


@pytest.mark.parametrize("age", [timedelta(), timedelta(days=1)])
def test_who_sends_too_soon_or_too_late_finds_the_photos_kept(cast, client, settings, uploads, age):
    settings.PUBLIC_FORM_SECONDS = (3, 3600)
    answer = send(client, cast.tree.unit, picture(), opened=stamp(cast.tree.unit, timezone.now() - age))
    assert (answer.status_code, "请重新选择" in page(answer)) == (400, False)
    opened = stamp(cast.tree.unit, timezone.now() - timedelta(seconds=4))
    assert send(client, cast.tree.unit, opened=opened, attachments_kept=tokens(answer)).status_code == 302
    assert Attachment.objects.get().event == Event.objects.get()


@pytest.mark.parametrize("kind", ["photo", "photo_in_grid", "photo_anywhere"])
def test_photos_are_limited_and_the_report_goes_without_them(cast, client, settings, uploads, kind):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {kind: (3, 3600)}
    kept = tokens(send(client, cast.tree.unit, picture(), picture((40, 40)), text=""))
    answer = send(client, cast.tree.unit, picture((50, 50)), picture((60, 60)), attachments_kept=kept)
    assert answer.status_code == 429
    assert "短时间内收到的照片太多" in page(answer)
    assert TEXT in page(answer)
    assert len(tokens(answer)) == 2
    assert len(stored(uploads)) == 4
    assert send(client, cast.tree.unit, attachments_kept=kept).status_code == 302


@pytest.mark.parametrize("kind", ["report", "report_in_grid", "spam"])
def test_who_may_not_report_now_stores_no_photo_either(cast, client, settings, uploads, kind):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {kind: (1, 3600)}
    send(Client(), cast.tree.unit, key="b" * 32)
    if kind == "spam":
        services.mark_spam(event=Event.objects.get(), actor=cast.chief)
    answer = send(client, cast.tree.unit, picture())
    assert (answer.status_code, TEXT in page(answer)) == (429, True)
    assert (stored(uploads), PublicUse.objects.filter(kind="photo").exists()) == ([], False)


def test_who_may_not_write_now_stores_no_photo_either(cast, client, settings, uploads):
    send(client, cast.tree.unit)
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"word": (1, 3600)}
    act(client, "comment", note="灯坏了")
    answer = act(client, "comment", picture(), note="快点")
    assert (answer.status_code, "快点" in page(answer), stored(uploads)) == (429, True, [])


def test_photos_of_a_step_that_is_refused_cost_a_word(cast, client, settings, uploads):
    send(client, cast.tree.unit)
    take(Event.objects.get(), "void")
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"word": (2, 3600)}
    answers = [act(client, "comment", picture((40 + number, 40)), note="快点") for number in range(4)]
    assert [answer.status_code for answer in answers] == [409, 429, 429, 429]  # to be heard costs one more
    assert len(stored(uploads)) == 4


def test_the_service_takes_photos_alone(cast):
    files = [upload(pictures.PDF, "说明.pdf"), upload(picture())]
    good, refused = services.receive_photos(files=files, grid=cast.tree.unit, source="a")
    assert ([photo.name for photo in good], len(refused)) == (["photo.jpg"], 1)


def test_the_service_counts_what_it_looks_at(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"photo": (9, 3600)}
    heap = [upload(b"x", f"{number}.jpg") for number in range(30)]
    services.receive_photos(files=heap, grid=cast.tree.unit, source="a", at=MONDAY)
    with pytest.raises(PublicLimit):
        services.receive_photos(files=heap[:1], grid=cast.tree.unit, source="a", at=MONDAY)
    services.receive_photos(files=heap[:1], grid=cast.tree.unit, source="b", at=MONDAY)


# Later: a word, an answer, a rating


def test_photos_go_with_a_word_an_answer_and_a_rating(cast, client):
    send(client, cast.tree.unit)
    assert act(client, "comment", picture(), note="灯在这里").status_code == 302
    take(Event.objects.get(), "accept", "ask", note="哪一盏？")
    assert act(client, "answer", picture((40, 40)), note="这一盏").status_code == 302
    take(Event.objects.get(), "resolve", "pass_check")
    assert act(client, "rate", picture((50, 50)), rating="unsatisfied", reason="还是不亮").status_code == 302
    event = Event.objects.get()
    with_photos = [step.action for step in event.steps.all() if "attachments" in step.details]
    assert with_photos == ["comment", "answer", "rate"]
    assert page(client.get(f"/follow/{event.number}/")).count("/thumbnail/") == 3
    assert not list(problems())


def test_a_photo_alone_is_a_word_and_an_answer(cast, client):
    send(client, cast.tree.unit)
    assert act(client, "comment", note=" ").status_code == 400
    assert act(client, "comment", picture(), note=" ").status_code == 302
    take(Event.objects.get(), "accept", "ask", note="哪一盏？")
    assert act(client, "answer", picture((40, 40))).status_code == 302
    event = Event.objects.get()
    assert (event.asked_at, page(client.get(f"/follow/{event.number}/")).count("/thumbnail/")) == (None, 2)


def test_a_photo_does_not_say_what_was_done(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    with pytest.raises(ValidationError):
        take(event, "resolve", note="", attachments=make_uploads(cast.chief))


def test_a_photo_with_a_mistake_waits_in_its_own_form(cast, client):
    send(client, cast.tree.unit)
    take(Event.objects.get(), "accept", "ask", note="哪一盏？")
    answer = act(client, "answer", picture(), note="空\0字")
    assert (answer.status_code, len(tokens(answer))) == (400, 1)
    form = page(answer).split("/answer/", 1)[1].split("</form>")[0]
    assert "attachments_kept" in form


def test_a_photo_of_a_step_that_is_not_open_any_more_waits_for_a_word(cast, client):
    send(client, cast.tree.unit)
    answer = act(client, "answer", picture(), note="三楼")
    assert (answer.status_code, len(tokens(answer))) == (409, 1)
    assert act(client, "comment", note="三楼", attachments_kept=tokens(answer)).status_code == 302
    assert Attachment.objects.get().step.action == "comment"


# Queries


def test_photos_cost_the_residents_page_one_query(cast, client, django_assert_num_queries):
    send(client, cast.tree.unit, picture(), picture((40, 40)))
    for number in range(3):
        act(client, "comment", picture((50 + number, 50)), note="还没修")
    address = reverse("public_event", args=[Event.objects.get().number])
    with django_assert_num_queries(5):  # the contact, the case, its steps, their photos, what lies above
        shown = page(client.get(address))
    assert shown.count("/thumbnail/") == 5


def test_a_photo_costs_two(cast, client, django_assert_num_queries):
    send(client, cast.tree.unit, picture())
    address = photo_paths(Event.objects.get(), Attachment.objects.get())[1]
    with django_assert_num_queries(2):  # the contact, the photo with its step and case
        answer = client.get(address)
    assert Image.open(BytesIO(b"".join(answer.streaming_content))).format == "JPEG"
