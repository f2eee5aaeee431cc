"""The page on which a person chooses how to be told: `notice_settings`, `notice_test`, `notice_retry`; and admin."""

from datetime import time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from events import services
from events.models import Delivery, Event, NoticePreference
from grids.encryption import TOKEN_BEGINS
from tests.factories import make_category, make_event

pytestmark = pytest.mark.django_db

CHOICE = {"by_mail": "on", "robot": "", "webhook": "", "secret": "", "quiet_from": "22:00", "quiet_until": "07:00"}
SECRET = "SEC-very-secret"


@pytest.fixture
def page(client, cast):
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    client.force_login(cast.chief)
    return client


def send(page, **changes):
    return page.post(reverse("notice_settings"), CHOICE | changes, follow=True)


def stored(cast) -> NoticePreference:
    return NoticePreference.objects.get(user=cast.chief)


def test_the_page_is_reached_from_account_and_inbox(page):
    for name in ("account", "notice_list"):
        assert reverse("notice_settings") in page.get(reverse(name)).content.decode()


def test_what_holds_without_a_choice_is_shown_and_not_stored(page):
    text = page.get(reverse("notice_settings")).content.decode()
    assert 'value="22:00"' in text
    assert 'value="07:00"' in text
    assert "wang@example.org" in text
    assert not NoticePreference.objects.exists()


def test_a_choice_is_stored(page, cast):
    answer = send(page, by_mail="", digest="on", quiet_from="20:30", quiet_until="06:00")
    assert "通知方式已保存" in answer.content.decode()
    kept = stored(cast)
    assert (kept.by_mail, kept.digest, kept.quiet_from, kept.quiet_until) == (False, True, time(20, 30), time(6))


def test_address_and_secret_are_encrypted_and_never_shown_again(page, cast, robot):
    answer = send(page, robot="dingtalk", webhook=robot.url, secret=SECRET)
    shown = answer.content.decode() + page.get(reverse("notice_settings")).content.decode()
    assert "已保存，留空则不变" in shown
    assert SECRET not in shown
    assert robot.url not in shown
    with connection.cursor() as cursor:
        cursor.execute("SELECT webhook, secret FROM events_noticepreference")
        assert all(value.startswith(TOKEN_BEGINS) for value in cursor.fetchone())


def test_they_are_renewed_with_the_keys(page, cast, robot, settings):
    send(page, robot="dingtalk", webhook=robot.url, secret=SECRET)
    before = stored(cast).webhook
    settings.FIELD_KEYS = ["J3sVwD1lXbM5yQmZr7nTq0pKcE9uFhGa2iLoRk8sYxA=", *settings.FIELD_KEYS]
    call_command("rotate_keys")
    assert stored(cast).webhook != before
    assert stored(cast).secret.reveal() == SECRET


def test_left_empty_they_stay_and_without_a_robot_they_go(page, cast, robot):
    send(page, robot="dingtalk", webhook=robot.url, secret=SECRET)
    send(page, robot="dingtalk", digest="on")
    assert (stored(cast).webhook.reveal(), stored(cast).secret.reveal()) == (robot.url, SECRET)
    send(page, robot="")
    assert (stored(cast).webhook, stored(cast).secret) == (None, None)


def test_a_new_address_takes_no_old_secret_along(page, cast, robot):
    send(page, robot="dingtalk", webhook=robot.url, secret=SECRET)
    send(page, robot="dingtalk", webhook=robot.url + "2")
    assert stored(cast).secret is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"robot": "wecom"}, "请粘贴群设置中显示的机器人地址"),
        ({"robot": "wecom", "webhook": "qyapi"}, "地址必须以 https:// 开头"),
        ({"robot": "wecom", "webhook": "http://1.1.1.1/"}, "地址必须以 https:// 开头"),
        ({"robot": "wecom", "webhook": "https://127.0.0.1/"}, "该地址属于内部网络"),
        ({"robot": "wecom", "webhook": "https://nowhere.invalid/"}, "找不到这个服务器"),
        ({"robot": "wecom", "webhook": "https://[::1"}, "这不是网址"),
        ({"robot": "wecom", "webhook": "https://1.1.1.1/" + "a" * 500}, "500"),
        ({"robot": "telegram", "webhook": "https://1.1.1.1/"}, "telegram"),
        ({"quiet_from": "25:00"}, "有效的时间"),
        ({"quiet_until": ""}, "必填"),
    ],
)
def test_a_wrong_choice_is_said_in_a_sentence_and_changes_nothing(page, settings, changes, sentence):
    settings.NOTICE_PRIVATE_WEBHOOKS = False
    answer = send(page, **changes)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not NoticePreference.objects.exists()


# A test


def test_a_test_goes_out_on_each_way_at_once(page, robot, mail_server):
    send(page, robot="wecom", webhook=robot.url)
    answer = page.post(reverse("notice_test"), follow=True).content.decode()
    assert answer.count("测试消息已发出") == 2
    assert len(mail_server.letters) == len(robot.said) == 1


def test_a_test_says_what_went_wrong(page, robot, mail_server):
    send(page, robot="wecom", webhook=robot.url, by_mail="")
    robot.answer = b'{"errcode": 93000}'
    assert "机器人拒收（RobotRefused 93000）" in page.post(reverse("notice_test"), follow=True).content.decode()


def test_tests_are_half_a_minute_apart(cast, page, mail_server):
    at = timezone.now()
    services.send_test(user=cast.chief, at=at)
    with pytest.raises(ValidationError):
        services.send_test(user=cast.chief, at=at + timedelta(seconds=29))
    services.send_test(user=cast.chief, at=at + timedelta(seconds=30))
    assert len(mail_server.letters) == 2


def test_without_a_way_there_is_nothing_to_test(page):
    send(page, by_mail="")
    assert reverse("notice_test") not in page.get(reverse("notice_settings")).content.decode()
    assert "请先设置通知方式" in page.post(reverse("notice_test"), follow=True).content.decode()


# What was given up


@pytest.fixture
def lost(cast, page, settings, mail_server) -> Event:
    """A case of which the chief could not be told by mail."""
    settings.NOTICE_ATTEMPTS = 1
    mail_server.refused.add("wang@example.org")
    services.save_preference(user=cast.chief, by_mail=True, digest=False, quiet_from=time(0), quiet_until=time(0))
    event = make_event(cast.worker, cast.tree.unit)
    assert services.deliver_notices()["given_up"] == 1
    return event


def test_what_was_given_up_is_seen_in_inbox_and_settings(page, lost):
    assert "未能发送给您" in page.get(reverse("notice_list")).content.decode()
    text = page.get(reverse("notice_settings")).content.decode()
    assert "未能发送的通知" in text
    assert lost.number in text
    assert "邮件服务器不接受这个邮箱地址（SMTPRecipientsRefused）" in text


def test_it_can_be_sent_again(page, lost, mail_server):
    mail_server.refused.clear()
    assert "正在重新发送 1 条通知" in page.post(reverse("notice_retry"), follow=True).content.decode()
    services.deliver_notices()
    assert len(mail_server.letters) == 1
    assert "未能发送的通知" not in page.get(reverse("notice_settings")).content.decode()


def test_of_a_clue_report_out_of_sight_no_number_is_shown(cast, page, lost):
    Event.objects.filter(pk=lost.pk).update(is_confidential=True, holder=cast.tree.community, handler=None)
    text = page.get(reverse("notice_settings")).content.decode()
    assert lost.number not in text
    assert "您已无权查看的事件" in text


def test_looks_change_nothing(page, lost):
    for name in ("notice_test", "notice_retry"):
        assert page.get(reverse(name)).status_code == 302
    assert Delivery.objects.get().state == "given_up"


def test_the_page_needs_few_queries(page, cast, lost, django_assert_num_queries):
    for _turn in range(5):
        make_event(cast.worker, cast.tree.unit)
    services.deliver_notices()
    with django_assert_num_queries(13):
        page.get(reverse("notice_settings"))


# Admin


def test_admin_shows_deliveries_by_state_and_changes_none(cast, client, lost):
    client.force_login(cast.admin)
    address = reverse("admin:events_delivery_changelist")
    assert lost.number in client.get(address, {"state": "given_up"}).content.decode()
    for state in ("waiting", "delivered", "withdrawn"):
        assert lost.number not in client.get(address, {"state": state}).content.decode()
    one = reverse("admin:events_delivery_change", args=[Delivery.objects.get().pk])
    assert client.get(one).status_code == 200
    assert client.post(one, {}).status_code == 403


def test_admin_shows_no_delivery_of_a_clue_report(cast, client, page):
    make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))
    services.deliver_notices()
    assert Delivery.objects.count() == 1
    client.force_login(cast.admin)
    assert "0 " in client.get(reverse("admin:events_delivery_changelist")).content.decode()
    pk = Delivery.objects.get().pk
    assert client.get(reverse("admin:events_delivery_change", args=[pk])).status_code == 302
