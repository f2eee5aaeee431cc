"""Stories: from a closed case to the public, consents, and who may do what."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from branches.disclosure.access import get_story, reviewed_by, sides_of
from branches.models import Picture, Story, StoryConsent
from branches.services import (
    clean_pictures,
    edit_story,
    record_consent,
    why_not_public,
    withdraw_consent,
)
from tests.branches.disclosure import move, published, write
from tests.branches.resources import AT
from tests.factories import make_branch, make_category, make_event, make_post, make_uploads, make_user, take
from tests.pictures import picture, upload

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def consent(cast, story: Story, name: str = "王师傅") -> StoryConsent:
    return record_consent(actor=cast.community, story=story, name=name, how="signed", agreed_on=DAY, at=AT)


def closed_case(cast):
    return take(make_event(cast.worker, cast.tree.unit, title="张阿姨家漏水"), "accept", "resolve", "pass_check")


# From draft to public


def test_a_story_goes_from_its_writer_over_the_street_to_the_public(cast, client):
    story = published(cast)
    steps = [(step.action, step.to_state, step.actor) for step in story.steps.all()]
    assert steps == [
        ("write", "draft", cast.community),
        ("submit", "review", cast.community),
        ("publish", "published", cast.street),
    ]
    answer = client.get(reverse("public_story", args=[cast.tree.community.code, story.pk]))
    assert "大家方便了" in answer.content.decode()
    assert "扶手装好了" in client.get(reverse("public_disclosure", args=[cast.tree.street.code])).content.decode()


@pytest.mark.parametrize("state", ["draft", "review", "returned", "withdrawn"])
def test_nobody_outside_reads_what_is_not_published(cast, client, state):
    story = published(cast, photos={"after": [upload(picture())]})
    Story.objects.update(state=state)
    key = story.pictures.get().picture.key
    for name, *args in (("public_story", cast.tree.community.code, story.pk), ("public_picture", key)):
        assert client.get(reverse(name, args=args)).status_code == 404
    assert "扶手" not in client.get(reverse("public_feed", args=[cast.tree.community.code])).content.decode()


def test_who_wrote_it_never_reviews_it(cast):
    story = move(write(cast, actor=cast.street), cast.street, "submit")
    with pytest.raises(PermissionDenied):
        move(story, cast.street, "publish")
    assert not reviewed_by(cast.street).exists()
    assert move(story, cast.district, "publish").state == "published"


def test_who_changed_it_never_reviews_it(cast):
    story = write(cast)
    edit_story(actor=cast.street, story=story, title="扶手", before="", after="装好了", at=AT)
    move(story, cast.community, "submit")
    with pytest.raises(PermissionDenied):
        move(story, cast.street, "publish")


def test_a_colleague_of_the_community_does_not_review_it(cast):
    colleague = make_post(make_user("其其格"), cast.tree.community, "chief").user
    story = move(write(cast), cast.community, "submit")
    assert sides_of(colleague, story) == {"writer"}
    with pytest.raises(PermissionDenied):
        move(story, colleague, "publish")


def test_what_was_sent_back_is_changed_and_handed_in_again(cast):
    story = move(move(write(cast), cast.community, "submit"), cast.street, "return", "补充照片")
    edit_story(actor=cast.community, story=story, title="扶手", before="", after="装好了", at=AT)
    assert move(story, cast.community, "submit").state == "review"
    assert "补充照片" in [step.reason for step in story.steps.all()]


def test_while_it_is_reviewed_nobody_changes_it(cast):
    story = move(write(cast), cast.community, "submit")
    with pytest.raises(ValidationError):
        edit_story(actor=cast.community, story=story, title="另一个", before="", after="x", at=AT)
    assert Story.objects.get().title == "扶手装好了"


def test_sending_back_needs_a_reason(cast):
    story = move(write(cast), cast.community, "submit")
    with pytest.raises(ValidationError):
        move(story, cast.street, "return", " ")
    assert Story.objects.get().state == "review"


@pytest.mark.parametrize("who", ["worker", "chief", "police", "neighbour", "stranger"])
def test_nobody_else_writes_moves_or_records(cast, who):
    user, story = getattr(cast, who), write(cast)
    for attempt in (
        lambda: write(cast, actor=user),
        lambda: move(story, user, "submit"),
        lambda: edit_story(actor=user, story=story, title="x", before="", after="x"),
        lambda: record_consent(actor=user, story=story, name="x", how="signed", agreed_on=DAY),
        lambda: withdraw_consent(actor=user, consent=consent(cast, story)),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


def test_a_secretary_writes_for_the_seat_of_the_branch(cast):
    make_branch(cast.tree.community, secretary=cast.stranger)
    assert write(cast, actor=cast.stranger).written_by == cast.stranger


# Consents


@pytest.mark.usefixtures("in_english")
def test_people_are_shown_only_with_a_recorded_consent(cast):
    story = write(cast, shows_people=True)
    with pytest.raises(ValidationError, match="no consent is recorded"):
        move(story, cast.community, "submit")
    consent(cast, story)
    move(story, cast.community, "submit")
    assert move(story, cast.street, "publish").state == "published"


def test_a_consent_taken_back_withdraws_the_story_at_once(cast, client):
    story = write(cast, shows_people=True, photos={"after": [upload(picture())]})
    one = consent(cast, story)
    move(move(story, cast.community, "submit"), cast.street, "publish")
    key = story.pictures.get().picture.key
    assert client.get(reverse("public_picture", args=[key])).status_code == 200
    withdraw_consent(actor=cast.community, consent=one, at=AT)
    assert Story.objects.get().state == "withdrawn"
    assert story.steps.last().action == "consent_withdrawn"
    assert client.get(reverse("public_picture", args=[key])).status_code == 404
    assert client.get(reverse("public_story", args=[cast.tree.community.code, story.pk])).status_code == 404


@pytest.mark.usefixtures("in_english")
def test_who_took_it_back_is_named_no_more(cast):
    story = write(cast, after="王师傅带头", shows_people=True)
    withdraw_consent(actor=cast.community, consent=consent(cast, story), at=AT)
    consent(cast, story, "李阿姨")
    assert "王师傅 took the consent back" in why_not_public(story)
    consent(cast, story)
    assert not why_not_public(story)


def test_a_consent_is_recorded_once_and_taken_back_once(cast):
    story = write(cast)
    one = consent(cast, story)
    assert consent(cast, story) == one
    first = withdraw_consent(actor=cast.community, consent=one, at=AT)
    assert withdraw_consent(actor=cast.street, consent=one).withdrawn_by == first.withdrawn_by
    again = consent(cast, story)
    with pytest.raises(IntegrityError), transaction.atomic():
        StoryConsent.objects.create(story=story, name=again.name, how="signed", agreed_on=DAY, recorded_at=AT)


def test_nobody_agrees_tomorrow(cast):
    with pytest.raises(ValidationError) as refused:
        record_consent(actor=cast.community, story=write(cast), name="王", how="signed", agreed_on=date(2099, 1, 1))
    assert "agreed_on" in refused.value.message_dict


# From a case


def test_only_a_closed_case_makes_a_story(cast):
    event = make_event(cast.worker, cast.tree.unit)
    with pytest.raises(ValidationError) as refused:
        write(cast, source_kind="event", source_key=event.number)
    assert "source" in refused.value.message_dict
    assert write(cast, source_kind="event", source_key=closed_case(cast).number).source_kind == "event"


def test_a_confidential_case_is_as_if_it_were_not_there(cast):
    category = make_category("线索举报", is_confidential=True)
    event = make_event(cast.community, cast.tree.community, category=category)
    type(event).objects.update(status="closed", due_at=None)
    with pytest.raises(ValidationError):
        write(cast, source_kind="event", source_key=event.number)


def test_photos_of_staff_may_be_chosen_and_those_of_residents_never(cast):
    event = make_event(cast.worker, cast.tree.unit, attachments=make_uploads(cast.worker, picture()))
    event = take(event, "accept", "resolve", "pass_check")
    mine = event.attachments.get()
    given = {"source_kind": "event", "source_key": event.number}
    story = write(cast, chosen={"before": [str(mine.key)]}, **given)
    assert story.pictures.get().moment == "before"
    mine.step.__class__.objects.filter(pk=mine.step_id).update(actor=None)
    assert not write(cast, chosen={"before": [str(mine.key)]}, **given).pictures.exists()


def test_the_form_offers_the_case_s_photos_of_staff_and_none_of_its_words(cast, as_):
    event = make_event(
        cast.worker, cast.tree.unit, title="张阿姨家漏水", attachments=make_uploads(cast.worker, picture())
    )
    event = take(event, "accept", "resolve", "pass_check")
    answer = as_(cast.community).get(reverse("story_write", query={"from": f"event-{event.number}"}))
    form = answer.context["form"]
    assert form["title"].value() == "物业管理"
    assert [photo.key for photo in form.photos] == [str(event.attachments.get().key)]
    assert "张阿姨" not in form.as_p()


# Photos


def test_at_most_six_photos(cast):
    with pytest.raises(ValidationError) as refused:
        write(cast, photos={"after": [upload(picture()) for _turn in range(7)]})
    assert "photos" in refused.value.message_dict
    assert not Story.objects.exists()


def test_what_is_no_photo_is_refused_and_leaves_nothing(cast):
    with pytest.raises(ValidationError):
        write(cast, photos={"before": [upload(picture()), upload(b"no photo", "x.jpg")]})
    assert not Picture.objects.exists()


def test_a_photo_that_is_taken_out_is_gone_for_good(cast, django_capture_on_commit_callbacks):
    story = write(cast, photos={"after": [upload(picture())]})
    shown = story.pictures.select_related("picture").get()
    with django_capture_on_commit_callbacks(execute=True):
        edit_story(actor=cast.community, story=story, title="x", before="", after="x", removed=[shown.pk], at=AT)
    assert not Picture.objects.exists()
    assert not default_storage.exists(shown.picture.file.name)


# Pages


@pytest.mark.parametrize(
    ("who", "draft", "public"),
    [("community", 200, 200), ("street", 200, 200), ("district", 200, 200), ("admin", 200, 200),
     ("worker", 404, 200), ("police", 404, 200), ("chief", 404, 200), ("neighbour", 404, 404),
     ("stranger", 404, 404)],
)  # fmt: skip
def test_story_pages_are_for_who_may(cast, as_, who, draft, public):
    photos = {"after": [upload(picture())]}
    first, second = write(cast, photos=photos), published(cast, photos={"after": [upload(picture())]})
    browser = as_(getattr(cast, who))
    for story, code in ((first, draft), (second, public)):
        assert browser.get(reverse("story_detail", args=[story.pk])).status_code == code
        assert browser.get(reverse("story_picture", args=[story.pictures.get().pk])).status_code == code
    assert browser.get(reverse("story_list")).status_code == 200
    assert browser.get(reverse("story_edit", args=[first.pk])).status_code == draft
    writes = draft == 200
    assert browser.get(reverse("story_edit", args=[second.pk])).status_code == (404 if writes or public == 404 else 403)
    assert browser.get(reverse("story_write")).status_code == (200 if writes else 403)


def test_a_story_is_written_reviewed_and_withdrawn_in_the_browser(cast, as_):
    writer, reviewer = as_(cast.community), as_(cast.street)
    given = {"grid": cast.tree.community.code, "title": "扶手", "after": "装好了", "shows_people": "on"}
    given["photos_before"] = [upload(picture()), upload(picture(colour="#123456"))]
    assert writer.post(reverse("story_write"), given).status_code == 302
    story = Story.objects.get()
    assert story.pictures.count() == 2
    answer = writer.post(reverse("story_act", args=[story.pk, "submit"]))
    assert (answer.status_code, "没有登记本人同意" in answer.content.decode()) == (400, True)
    agreed = {"name": "王师傅", "how": "spoken", "agreed_on": "2026-11-20"}
    assert writer.post(reverse("story_consent", args=[story.pk]), agreed).status_code == 302
    assert writer.post(reverse("story_act", args=[story.pk, "submit"])).status_code == 302
    assert writer.post(reverse("story_act", args=[story.pk, "publish"])).status_code == 403
    assert reviewer.post(reverse("story_act", args=[story.pk, "publish"])).status_code == 302
    one = story.consents.get()
    assert writer.post(reverse("consent_withdraw", args=[one.pk])).status_code == 302
    assert Story.objects.get().state == "withdrawn"


def test_a_wrong_consent_is_said_at_its_field(cast, as_):
    story = write(cast)
    answer = as_(cast.community).post(reverse("story_consent", args=[story.pk]), {"name": "王", "agreed_on": "昨天"})
    assert (answer.status_code, "请选择日期" in answer.content.decode()) == (400, True)
    assert as_(cast.worker).post(reverse("story_consent", args=[story.pk])).status_code == 404


def test_story_detail_takes_a_pinned_number_of_queries(cast, as_, django_assert_num_queries):
    story = write(cast, photos={"after": [upload(picture()), upload(picture(colour="#123456"))]})
    consent(cast, story)
    browser = as_(cast.street)
    with django_assert_num_queries(12):
        browser.get(reverse("story_detail", args=[story.pk]))


def test_story_list_takes_a_pinned_number_of_queries(cast, as_, django_assert_num_queries):
    for _turn in range(5):
        move(write(cast), cast.community, "submit")
    browser = as_(cast.street)
    with django_assert_num_queries(9):
        answer = browser.get(reverse("story_list"))
    assert len(answer.context["waiting"]) == 5


def test_a_story_out_of_ones_area_is_not_there(cast):
    with pytest.raises(Http404):
        get_story(cast.neighbour, write(cast).pk)


def test_files_that_no_story_knows_are_cleaned_away_and_others_stay(cast):
    story = write(cast, photos={"after": [upload(picture())]})
    kept = story.pictures.select_related("picture").get().picture
    stray = kept.file.name.replace(kept.key.hex, uuid.uuid4().hex)
    default_storage.save(stray, kept.file)
    assert clean_pictures(before=timezone.now() + timedelta(hours=1)) >= 1
    assert not default_storage.exists(stray)
    assert default_storage.exists(kept.file.name)


# What came with a form that was refused


def kept_in(answer, name: str) -> list[str]:
    return re.findall(rf'name="{name}_kept" value="([0-9a-f-]+)" checked', answer.content.decode())


def test_photos_of_a_refused_story_are_kept_until_it_is_taken(cast, as_):
    browser, given = as_(cast.community), {"grid": cast.tree.community.code, "title": "", "after": "装好了"}
    answer = browser.post(reverse("story_write"), given | {"photos_after": [upload(picture()), upload(b"no photo")]})
    kept = kept_in(answer, "photos_after")
    assert (answer.status_code, len(kept), Story.objects.exists()) == (400, 1, False)
    again = given | {"title": "扶手", "photos_after_kept": kept, "idempotency_key": "a"}
    for _time in range(2):
        assert browser.post(reverse("story_write"), again).status_code == 302
    assert Story.objects.get().pictures.get().picture == Picture.objects.get()


def test_a_photo_goes_with_one_story_only_and_is_brought_back_by_who_sent_it(cast, as_):
    given = {"grid": cast.tree.community.code, "title": "", "after": "装好了"}
    answer = as_(cast.community).post(reverse("story_write"), given | {"photos_after": upload(picture())})
    again = given | {"title": "扶手", "photos_after_kept": kept_in(answer, "photos_after")}
    assert as_(cast.street).post(reverse("story_write"), again).status_code == 400
    assert as_(cast.community).post(reverse("story_write"), again).status_code == 302
    answer = as_(cast.community).post(reverse("story_write"), again)
    assert (answer.status_code, "请重新选择" in answer.content.decode()) == (400, True)
    assert Story.objects.count() == 1


def test_a_change_that_is_sent_twice_shows_its_photo_once(cast, as_):
    story, browser = write(cast), as_(cast.community)
    given, page = {"title": "", "after": "装好了"}, reverse("story_edit", args=[story.pk])
    answer = browser.post(page, given | {"photos_after": upload(picture())})
    again = given | {"title": "扶手", "photos_after_kept": kept_in(answer, "photos_after")}
    assert [browser.post(page, again).status_code for _time in range(2)] == [302, 302]
    assert story.pictures.count() == 1


@pytest.mark.parametrize("key", ["", "\x00", "好" * 99, "1"])
def test_a_key_that_is_none_is_said(cast, as_, key):
    given = {"grid": cast.tree.community.code, "title": "扶手", "after": "装好了", "photos_after_kept": key}
    assert as_(cast.community).post(reverse("story_write"), given).status_code == 400


def test_what_waited_too_long_is_gone_with_its_files(cast, as_):
    as_(cast.community).post(reverse("story_write"), {"photos_after": upload(picture())})
    waiting = Picture.objects.get()
    clean_pictures(before=waiting.created_at)
    assert Picture.objects.exists()
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert clean_pictures(before=waiting.created_at + timedelta(seconds=1)) >= 1
    assert not Picture.objects.exists()
    assert not default_storage.exists(waiting.file.name)
