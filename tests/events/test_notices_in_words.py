"""Notices of what is no case: one sentence and a page, in the same outbox and the same inbox."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from events import audit, services
from events.models import Delivery, Notice
from grids.models import User
from grids.services import notify
from tests.events.conftest import MONDAY, moment
from tests.events.receivers import identities
from tests.factories import make_event

pytestmark = pytest.mark.django_db

PAGE = "/branches/"
TEXT = "周五下午三点开联席会议，请回复能否参加。"


@pytest.fixture
def chief(cast) -> User:
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    return cast.chief


def tell(*users: User, key="meeting-1-invited", text=TEXT, url=PAGE, at=MONDAY) -> list[Notice]:
    notify(users=users, text=text, url=url, key=key, at=at)
    return list(Notice.objects.filter(key=key).order_by("pk"))


# Written


def test_each_is_told_once_for_a_key(cast):
    tell(cast.chief)
    assert {notice.recipient for notice in tell(cast.chief, cast.worker, text="再说一遍")} == {cast.chief, cast.worker}
    assert cast.chief.notices.get().text == TEXT


def test_what_is_undone_is_not_told(cast):
    with transaction.atomic():
        tell(cast.chief)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_who_has_left_is_not_told(cast):
    User.objects.filter(pk=cast.chief.pk).update(is_active=False)
    cast.chief.refresh_from_db()
    assert tell(cast.chief) == []


def test_a_long_sentence_on_lines_becomes_a_short_one(cast):
    (notice,) = tell(cast.chief, text="通知\n" + "很长 " * 400)
    assert len(notice.text) <= 300
    assert notice.text.startswith("通知 很长")


@pytest.mark.parametrize(
    "wrong", [{"text": " "}, {"key": ""}, {"key": "x" * 101}, {"url": "https://elsewhere.example/"}, {"url": "//x/"}]
)
def test_what_could_not_be_told_is_a_mistake_of_ours(cast, wrong):
    with pytest.raises(ValueError, match="A notice"):
        tell(cast.chief, **wrong)


@pytest.mark.parametrize(
    "wrong", [{}, {"text": "话"}, {"text": "话", "page": "/x/"}, {"text": "话", "key": "k", "page": "x"}]
)
def test_the_database_holds_the_shape(cast, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(recipient=cast.chief, created_at=MONDAY, **wrong)


def test_a_step_has_no_words(cast):
    notice = make_event(cast.worker, cast.tree.unit).notices.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(text="话", page="/x/", key="k")


# On its way


def test_a_mail_says_the_sentence_and_where_to_look(chief, mail_server, settings):
    settings.SITE_URL = "https://saihan.example.gov.cn"
    (notice,) = tell(chief)
    assert services.deliver_notices(at=MONDAY)["delivered"] == 1
    (letter,) = mail_server.letters
    assert letter["Subject"].strip() == TEXT
    assert f"https://saihan.example.gov.cn/notices/{notice.pk}/" in letter.get_content()
    assert identities(mail_server.texts) == [notice.pk]


def test_of_one_page_the_later_waits_for_the_earlier_one(chief, mail_server):
    (first,), (second,) = tell(chief), tell(chief, key="meeting-1-called-off", text="会议取消。")
    (other,) = tell(chief, key="claim-3-assigned", url="/claims/3/")
    mail_server.stop()
    services.deliver_notices(at=MONDAY)
    tried = Delivery.objects.filter(attempts__gt=0).values_list("notice", flat=True)
    assert set(tried) == {first.pk, other.pk}
    mail_server.start()
    services.deliver_notices(at=MONDAY + timedelta(minutes=1))
    came = identities(mail_server.texts)
    assert sorted(came) == [first.pk, second.pk, other.pk]
    assert came.index(first.pk) < came.index(second.pk)


def test_one_not_handed_on_yet_goes_before_a_later_one_that_is(chief, mail_server):
    (first,), (second,) = tell(chief), tell(chief, key="meeting-1-called-off")
    Notice.objects.filter(pk=second.pk).update(delivered_at=MONDAY)
    Delivery.objects.create(notice=second, recipient=chief, channel="mail", next_try_at=MONDAY)
    services.deliver_notices(at=MONDAY)
    assert identities(mail_server.texts) == [first.pk, second.pk]


def test_quiet_hours_and_the_digest_hold_for_it(cast, chief, mail_server):
    services.save_preference(user=chief, by_mail=True, digest=True, quiet_from=time(22), quiet_until=time(7))
    night = moment("2026-11-23 22:30")
    (notice,) = tell(chief, at=night)
    told = make_event(cast.worker, cast.tree.unit, at=night).notices.get()
    services.deliver_notices(at=night)
    assert not mail_server.letters
    services.deliver_notices(at=moment("2026-11-24 07:30"))
    assert len(mail_server.letters) == 1
    assert sorted(identities(mail_server.texts)) == sorted([notice.pk, told.pk])
    assert TEXT in mail_server.texts[0]


def test_one_given_up_is_shown_with_its_page_and_can_be_sent_again(chief, client, mail_server, settings):
    settings.NOTICE_ATTEMPTS = 1
    mail_server.stop()
    (notice,) = tell(chief, at=None)
    assert services.deliver_notices()["given_up"] == 1
    client.force_login(chief)
    assert f'href="/notices/{notice.pk}/"' in client.get(reverse("notice_settings")).text
    mail_server.start()
    assert services.try_again(user=chief) == 1


# In the inbox


def test_the_inbox_shows_both_in_one_list_and_as_many_queries(cast, client, django_assert_num_queries):
    make_event(cast.worker, cast.tree.unit)
    tell(cast.chief)
    client.force_login(cast.chief)
    page = client.get(reverse("notice_list")).text
    assert TEXT in page
    assert client.get(reverse("workbench")).context["notices"].count() == 2
    for number in range(5):
        tell(cast.chief, key=f"more-{number}")
    with django_assert_num_queries(6):
        client.get(reverse("notice_list"))


def test_opening_it_reads_all_of_its_page(cast, client):
    (first,), (second,), (other,) = tell(cast.chief), tell(cast.chief, key="b"), tell(cast.chief, key="c", url="/x/")
    client.force_login(cast.chief)
    assert client.get(reverse("notice_open", args=[first.pk])).url == PAGE
    assert list(cast.chief.notices.unread()) == [other]
    assert second in cast.chief.notices.exclude(read_at=None)


def test_whoever_opens_the_page_itself_has_read_of_it_too(cast, as_):
    tell(cast.chief), tell(cast.chief, key="other", url="/x/"), tell(cast.worker)
    page = as_(cast.chief).get(PAGE)
    assert "1 条未读通知" in page.text
    assert cast.chief.notices.unread().get().page == "/x/"
    assert cast.worker.notices.unread().exists()


def test_nobody_opens_anothers(cast, client):
    (notice,) = tell(cast.chief)
    client.force_login(cast.worker)
    assert client.get(reverse("notice_open", args=[notice.pk])).status_code == 404
    assert cast.chief.notices.unread().exists()


def test_the_export_holds_it(cast, client):
    tell(cast.chief)
    client.force_login(cast.chief)
    assert client.get(reverse("notice_list"), {"export": "xlsx"}).status_code == 200


def test_the_admin_shows_it_to_the_administrator_only(cast, client):
    tell(cast.chief)
    client.force_login(cast.admin)
    assert TEXT in client.get(reverse("admin:events_notice_changelist")).text


# Proven


def test_the_check_finds_it_whole(cast, chief, mail_server):
    make_event(cast.worker, cast.tree.unit)
    tell(chief)
    services.deliver_notices(at=MONDAY)
    assert list(audit.problems(at=MONDAY)) == []


def test_the_check_misses_a_delivery_that_was_taken_away(chief, mail_server):
    (notice,) = tell(chief)
    services.deliver_notices(at=MONDAY)
    Delivery.objects.filter(notice=notice).delete()
    (problem,) = audit.problems(at=MONDAY)
    assert str(notice.pk) in problem


def test_the_check_finds_a_delivery_to_another(cast, chief, mail_server):
    (notice,) = tell(chief)
    services.deliver_notices(at=MONDAY)
    Delivery.objects.filter(notice=notice).update(recipient=cast.worker)
    (problem,) = audit.problems(at=MONDAY)
    assert str(notice.pk) in problem


def test_what_waits_for_an_hour_is_told(cast):
    tell(cast.chief)
    assert audit.delays(at=MONDAY + timedelta(hours=2))["notices"] == 1
