"""Photos and files from the form to the chain: kept when a form is refused, bound to their step, seen by few."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from events.models import Attachment, Category, Event, Step
from events.services import act, discard_uploads, file_event, receive_uploads
from tests import pictures
from tests.factories import make_category, make_event, make_uploads, take
from tests.pages import page
from tests.pictures import full_disk, picture, stored, upload

PEOPLE = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")
FILE = reverse("event_file")
# Files go when the transaction that removed their row is committed, so some tests need real ones.
committing = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.usefixtures("uploads")


@pytest.fixture
def event(cast):
    """A case that was filed with a photo and a PDF."""
    return make_event(
        cast.worker, cast.tree.building, attachments=make_uploads(cast.worker, picture((900, 600)), pictures.PDF)
    )


def filing(cast, **changes) -> dict:
    category = Category.objects.filter(minor="路灯").first() or make_category("路灯")
    sent = {"category": category.pk, "grid": cast.tree.building.code, "title": "楼道灯不亮"}
    return sent | {"idempotency_key": "k"} | changes


def comment(event: Event, actor, **inputs) -> Event:
    return act(event=event, action="comment", actor=actor, note="如图", **inputs)


# Filing


def test_a_case_is_filed_with_photos_and_shows_them(cast, as_):
    browser = as_(cast.worker)
    files = [upload(picture(), "IMG_1.jpg"), upload(pictures.PDF, "说明.pdf")]
    answer = browser.post(FILE, filing(cast, attachments=files), follow=True)
    photo, document = Event.objects.get().attachments.all()
    assert [photo.name, document.name] == ["IMG_1.jpg", "说明.pdf"]
    assert reverse("attachment_thumbnail", args=[photo.key]) in page(answer)
    assert "“上报”步骤的第 1 张照片" in page(answer)
    assert "说明.pdf" in page(answer)


def test_a_photo_is_never_required(cast, as_):
    assert as_(cast.worker).post(FILE, filing(cast)).status_code == 302
    assert Event.objects.get().steps.get().details.keys() & {"attachments"} == set()


def test_of_a_refused_form_the_good_files_are_kept_with_the_text(cast, as_):
    browser = as_(cast.worker)
    files = [upload(picture(), "好.jpg"), upload(pictures.EXECUTABLE, "坏.jpg")]
    answer = browser.post(FILE, filing(cast, description="三楼到四楼之间", attachments=files))
    kept = Attachment.objects.get()
    assert answer.status_code == 400
    assert "“坏.jpg”不予接收" in page(answer)
    assert "三楼到四楼之间" in page(answer)
    assert f'name="attachments_kept" value="{kept.key}" checked' in page(answer)
    assert browser.get(reverse("attachment_thumbnail", args=[kept.key])).status_code == 200

    assert browser.post(FILE, filing(cast, attachments_kept=[str(kept.key)])).status_code == 302
    assert Event.objects.get().attachments.get() == kept


def test_photos_outlive_another_mistake_and_a_look_up(cast, as_, uploads):
    browser = as_(cast.worker)
    answer = browser.post(FILE, filing(cast, title="", attachments=[upload(picture())]))
    key = str(Attachment.objects.get().key)
    assert key in page(answer)
    answer = browser.post(FILE, filing(cast, search="place", attachments_kept=[key]))
    assert (answer.status_code, key in page(answer)) == (200, True)
    assert len(stored(uploads)) == 2


def test_a_look_up_names_a_bad_file(cast, as_):
    answer = as_(cast.worker).post(FILE, filing(cast, search="place", attachments=[upload(pictures.SVG, "图.svg")]))
    assert "“图.svg”不予接收" in page(answer)


def test_a_photo_chosen_again_beside_its_kept_self_is_one(cast):
    kept = make_uploads(cast.worker)
    again, problems = receive_uploads(files=[upload(picture())], keys=[str(kept[0].key)], uploader=cast.worker)
    assert (again, problems, Attachment.objects.count()) == (kept, [], 1)


def test_nobody_takes_the_waiting_photos_of_another(cast):
    (photo,) = make_uploads(cast.worker)
    for uploader in (cast.chief, None):
        good, problems = receive_uploads(files=[], keys=[str(photo.key)], uploader=uploader)
        assert (good, len(problems)) == ([], 1)
    (anonymous,) = make_uploads(None)
    assert receive_uploads(files=[], keys=[str(anonymous.key)], uploader=None)[0] == [anonymous]
    assert receive_uploads(files=[], keys=["no key", "", "'"], uploader=None)[0] == []


def test_photos_that_were_kept_too_long_are_missed_aloud(cast, as_):
    (photo,) = make_uploads(cast.worker)
    discard_uploads(attachments=[photo])
    answer = as_(cast.worker).post(FILE, filing(cast, attachments_kept=[str(photo.key)]))
    assert (answer.status_code, "保留时间已过" in page(answer)) == (400, True)


def test_a_form_with_kept_photos_that_is_sent_twice_files_once(cast, as_):
    browser = as_(cast.worker)
    (photo,) = make_uploads(cast.worker)
    for _time in range(2):
        answer = browser.post(FILE, filing(cast, attachments_kept=[str(photo.key)]))
        assert answer.status_code == 302
    assert Event.objects.get().attachments.get() == photo


@committing
def test_the_same_filing_twice_stores_nothing_twice(cast, as_, uploads):
    browser, sent = as_(cast.worker), filing(cast)
    for _time in range(2):
        answer = browser.post(FILE, sent | {"attachments": [upload(picture())]})
        assert answer.status_code == 302
    assert Event.objects.count() == Attachment.objects.count() == 1
    assert len(stored(uploads)) == 2


def test_another_photo_makes_another_filing(cast, as_):
    browser, sent = as_(cast.worker), filing(cast)
    browser.post(FILE, sent)
    browser.post(FILE, sent | {"attachments": [upload(picture())]})
    assert Event.objects.count() == 2


# Numbers


def test_nine_photos_and_three_files_go_with_a_step_and_no_more(cast):
    photos = [upload(picture((20 + number, 20)), f"{number}.jpg") for number in range(10)]
    good, problems = receive_uploads(files=photos, uploader=cast.worker)
    assert (len(good), problems) == (9, ["“9.jpg”超出数量：每一步最多 9 张照片、3 个文件。"])
    files = [upload(pictures.PDF + bytes([number]), f"{number}.pdf") for number in range(4)]
    good, problems = receive_uploads(files=files, keys=[str(photo.key) for photo in good], uploader=cast.worker)
    assert (len(good), len(problems)) == (12, 1)
    assert comment(make_event(cast.worker, cast.tree.building), cast.worker, attachments=good)


def test_a_whole_album_is_told_in_one_sentence(cast):
    album = [upload(picture((20 + number, 20)), f"{number}.jpg") for number in range(40)]
    good, problems = receive_uploads(files=album, uploader=cast.worker)
    assert (len(good), len(problems)) == (9, 4)
    assert problems[-1] == "另有 28 个文件未接收：每一步最多 9 张照片、3 个文件。"


def test_the_service_counts_as_well(cast):
    ten = [*make_uploads(cast.worker, *(picture((20 + n, 20)) for n in range(9))), *make_uploads(cast.worker)]
    with pytest.raises(ValidationError, match="超出数量"):
        make_event(cast.worker, cast.tree.building, attachments=ten)
    assert not Event.objects.exists()


# Steps


@pytest.mark.parametrize("action", ["accept", "resolve", "fail_check", "pass_check"])
def test_every_step_takes_photos(cast, action):
    event = make_event(cast.worker, cast.tree.building)
    before = {"accept": [], "resolve": ["accept"]}.get(action, ["accept", "resolve"])
    event = take(event, *before)
    event = take(event, action, attachments=make_uploads(cast.chief))
    step = event.steps.last()
    assert (step.action, step.attachments.count(), len(step.details["attachments"])) == (action, 1, 1)


def test_a_photo_belongs_to_its_own_step_when_another_follows(cast):
    event = take(make_event(cast.worker, cast.tree.building), "accept", *["resolve", "fail_check"] * 2, "resolve")
    event = take(event, "fail_check", attachments=make_uploads(cast.worker))
    step = event.attachments.get().step
    assert step.action == "fail_check"
    assert list(event.steps.filter(ordinal__gt=step.ordinal).values_list("action", flat=True)) == ["escalate"]


def test_a_step_that_is_refused_leaves_its_photos_waiting(cast, event, as_):
    answer = as_(cast.worker).post(
        reverse("event_act", args=[event.number, "accept"]), {"attachments": [upload(picture())]}
    )
    assert answer.status_code == 403
    waiting = Attachment.objects.pending().get()
    # The form has become pointless; the photo is offered with the remark that is always open.
    assert page(answer).count(str(waiting.key)) == 2


def test_a_form_with_a_mistake_shows_its_photos_again(cast, event, as_):
    take(event, "accept")
    answer = as_(cast.chief).post(
        reverse("event_act", args=[event.number, "resolve"]), {"note": "", "attachments": [upload(picture(), "后.jpg")]}
    )
    assert (answer.status_code, page(answer).count("后.jpg")) == (400, 1)


def test_photos_go_with_one_step_alone(cast, event):
    photos = make_uploads(cast.worker)
    comment(event, cast.worker, attachments=photos)
    steps = event.steps.count()
    with pytest.raises(ValidationError, match="已随某一步骤提交"):
        comment(event, cast.worker, attachments=photos)
    assert event.steps.count() == steps


def test_a_failure_after_the_files_leaves_them_waiting_and_no_step(cast, uploads):
    photos = make_uploads(cast.worker)
    with pytest.raises(ValidationError, match="不能为空"):
        make_event(cast.worker, cast.tree.building, title="", attachments=photos)
    assert not Step.objects.exists()
    assert Attachment.objects.pending().get() == photos[0]
    assert discard_uploads(attachments=photos) == 1


# A full disk


def test_a_full_disk_refuses_with_a_sentence_and_keeps_the_text(cast, as_, uploads):
    photo = pictures.noise(900, quality=90)
    assert len(photo) < 2_000_000  # so that it comes in through the memory, and the store alone meets the disk
    with full_disk(200_000):
        answer = as_(cast.worker).post(FILE, filing(cast, description="三楼到四楼之间", attachments=[upload(photo)]))
    assert answer.status_code == 400
    assert "服务器存储空间不足" in page(answer)
    assert "三楼到四楼之间" in page(answer)
    assert stored(uploads) == []
    assert not Attachment.objects.exists()
    assert not Event.objects.exists()


def test_a_disk_full_of_what_comes_in_keeps_the_text_too(cast, as_, uploads):
    photo = pictures.noise(1200, "PNG")
    assert len(photo) > 3_000_000  # too much for the memory
    with full_disk():
        answer = as_(cast.worker).post(FILE, filing(cast, title="灯坏了", attachments=[upload(photo, "大.png")]))
    assert answer.status_code == 400
    assert "“大.png”未能保存：服务器存储空间不足" in page(answer)
    assert "灯坏了" in page(answer)
    assert stored(uploads) == []


def test_a_large_photo_comes_in_through_the_disk_when_there_is_room(cast, as_):
    photo = upload(pictures.noise(1200, "PNG"))
    assert as_(cast.worker).post(FILE, filing(cast, attachments=[photo])).status_code == 302
    assert Event.objects.get().attachments.get().width == 1200


def test_more_than_a_step_may_bring_is_not_kept_on_the_disk(cast, as_, settings):
    heaps = [upload(b"%PDF-" + bytes(11_000_000), f"{number}.pdf") for number in range(13)]
    answer = as_(cast.worker).post(FILE, filing(cast, attachments=heaps))
    assert answer.status_code == 400
    assert "“0.pdf”超过 10 MB" in page(answer)
    assert "另有 1 个文件未接收" in page(answer)


# Who gets them


def test_photos_are_for_who_may_see_the_case(cast, as_, event):
    for attachment in event.attachments.all():
        address = reverse("attachment", args=[attachment.key])
        got = {person: as_(getattr(cast, person)).get(address).status_code for person in PEOPLE}
        assert got == {person: 404 if person in ("neighbour", "stranger") else 200 for person in PEOPLE}


def test_photos_of_a_clue_report_are_for_reporter_desk_and_police(cast, as_):
    category = make_category("线索举报", is_confidential=True)
    clue = make_event(cast.worker, cast.tree.building, category=category, attachments=make_uploads(cast.worker))
    for name in ("attachment", "attachment_thumbnail"):
        address = reverse(name, args=[clue.attachments.get().key])
        answers = {person: as_(getattr(cast, person)).get(address) for person in PEOPLE}
        assert {person for person, answer in answers.items() if answer.status_code == 200} == {
            "worker", "chief", "police",
        }  # fmt: skip
        assert answers["police"]["Cache-Control"] == "private, no-store"


def test_a_waiting_photo_is_for_who_sent_it(cast, as_):
    (photo,) = make_uploads(cast.worker)
    address = reverse("attachment", args=[photo.key])
    got = {person for person in PEOPLE if as_(getattr(cast, person)).get(address).status_code == 200}
    assert got == {"worker"}


def test_without_a_login_nobody_gets_one(event, client):
    for name in ("attachment", "attachment_thumbnail"):
        answer = client.get(reverse(name, args=[event.attachments.first().key]))
        assert answer["Location"].startswith("/accounts/login/")


def test_a_photo_is_shown_and_a_file_is_saved(cast, as_, event):
    photo, document = (as_(cast.chief).get(reverse("attachment", args=[a.key])) for a in event.attachments.all())
    assert (photo["Content-Type"], photo["Content-Disposition"]) == ("image/jpeg", 'inline; filename="1.jpg"')
    assert (document["Content-Type"], document["Content-Disposition"]) == (
        "application/pdf", 'attachment; filename="2.pdf"',
    )  # fmt: skip
    for answer in (photo, document):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("default-src 'none'")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "private, no-cache"
    assert b"".join(document.streaming_content) == pictures.PDF


def test_what_has_not_changed_is_not_sent_again_but_the_right_is_asked_again(cast, as_, event):
    address = reverse("attachment_thumbnail", args=[event.attachments.first().key])
    first = as_(cast.chief).get(address)
    again = as_(cast.chief).get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert as_(cast.chief).get(address, headers={"if-modified-since": first["Last-Modified"]}).status_code == 304
    assert as_(cast.neighbour).get(address, headers={"if-none-match": first["ETag"]}).status_code == 404


def test_what_is_not_there_is_404(cast, as_, event):
    photo, document = event.attachments.all()
    browser = as_(cast.chief)
    assert browser.get(reverse("attachment_thumbnail", args=[document.key])).status_code == 404
    assert browser.get(reverse("attachment", args=["00000000-0000-0000-0000-000000000000"])).status_code == 404
    default_storage.delete(photo.file.name)
    assert browser.get(reverse("attachment", args=[photo.key])).status_code == 404
    assert browser.post(reverse("attachment", args=[photo.key])).status_code == 405


def test_nobody_else_on_the_machine_reads_the_files(event, uploads):
    for path in stored(uploads):
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0
        assert path.name != "1.jpg"


# The API


@pytest.fixture
def api(cast):
    client = APIClient()
    client.force_authenticate(cast.worker)
    return client


def test_the_api_files_a_case_with_photos(cast, api):
    files = [upload(picture(), "IMG.png"), upload(pictures.PDF, "说明.pdf")]
    answer = api.post("/api/v1/events/", filing(cast, attachments=files), format="multipart")
    assert answer.status_code == 201, answer.json()
    (step,) = api.get(f"/api/v1/events/{answer.json()['number']}/steps/").json()["results"]
    photo, document = step["attachments"]
    assert (photo["kind"], photo["name"], photo["width"], document["kind"]) == ("image", "IMG.jpg", 120, "document")
    image = api.get(photo["thumbnail_url"], headers={"accept": "image/jpeg"})
    assert (image.status_code, image["Content-Type"]) == (200, "image/jpeg")
    assert b"".join(api.get(document["url"]).streaming_content) == pictures.PDF


def test_the_api_acts_with_photos(cast, api, event):
    answer = api.post(
        f"/api/v1/events/{event.number}/actions/",
        {"action": "comment", "note": "如图", "attachments": upload(picture())},
        format="multipart",
    )
    assert answer.status_code == 200, answer.json()
    assert event.steps.last().attachments.count() == 1


@committing
def test_the_api_names_a_bad_file_and_keeps_nothing(cast, api, uploads):
    files = [upload(picture()), upload(pictures.HTML, "页.html")]
    answer = api.post("/api/v1/events/", filing(cast, attachments=files), format="multipart")
    assert answer.status_code == 400
    assert answer.json()["attachments"][0].startswith("“页.html”不予接收")
    assert stored(uploads) == []
    assert not Event.objects.exists()


@committing
def test_the_api_keeps_nothing_of_a_refused_step(cast, api, event, uploads):
    before = stored(uploads)
    answer = api.post(
        f"/api/v1/events/{event.number}/actions/", {"action": "accept", "attachments": upload(picture())}, "multipart"
    )
    assert answer.status_code == 403
    assert stored(uploads) == before


@committing
def test_a_repeated_request_of_the_api_stores_nothing_twice(cast, api, uploads):
    for code in (201, 200):
        sent = filing(cast, attachments=upload(picture()))
        sent.pop("idempotency_key")
        answer = api.post("/api/v1/events/", sent, "multipart", headers={"Idempotency-Key": "tap-1"})
        assert answer.status_code == code
    assert len(stored(uploads)) == 2


def test_a_request_that_is_larger_than_any_step_is_not_read(cast, api, event):
    for address in ("/api/v1/events/", f"/api/v1/events/{event.number}/actions/", "/api/v1/token/"):
        limit = 3_000_000 if "token" in address else 150_000_000
        answer = api.generic("POST", address, b"--x", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(limit))
        assert (answer.status_code, answer.json()["code"]) == (400, "too_large"), address


def test_text_in_place_of_a_file_is_no_file(cast, api):
    answer = api.post("/api/v1/events/", filing(cast, attachments=["a.jpg"]), format="json")
    assert (answer.status_code, list(answer.json())) == (400, ["attachments"])


# Queries


def test_photos_cost_the_page_of_a_case_one_query(cast, as_, event, django_assert_num_queries):
    bare = make_event(cast.worker, cast.tree.building)
    for _time in range(3):
        event = comment(event, cast.worker, attachments=make_uploads(cast.worker, picture(), picture((50, 50))))
        bare = comment(bare, cast.worker)
    browser = as_(cast.chief)
    with CaptureQueriesContext(
        connection,
    ) as plain:
        browser.get(reverse("event_detail", args=[bare.number]))
    with django_assert_num_queries(len(plain) + 1):
        answer = browser.get(reverse("event_detail", args=[event.number]))
    assert page(answer).count("thumbnail") == 1 + 1 + 6


def test_a_photo_costs_as_many_queries_as_its_right(cast, as_, event, django_assert_num_queries):
    browser, address = as_(cast.chief), reverse("attachment", args=[event.attachments.first().key])
    with django_assert_num_queries(4):  # session, person, posts, the photo with its case
        browser.get(address)


def test_the_admin_lists_the_files_of_each_step(cast, as_, event):
    answer = as_(cast.admin).get(reverse("admin:events_event_change", args=[event.pk]))
    assert reverse("attachment", args=[event.attachments.first().key]) in page(answer)


def test_file_event_takes_them_from_who_has_no_account_too(cast):
    photos = make_uploads(None)
    event = file_event(
        actor=cast.worker, category=make_category(), grid=cast.tree.building, title="灯坏了", attachments=photos
    )
    assert event.attachments.get().uploader is None
