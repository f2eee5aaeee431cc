"""Notices on their way: real mail and HTTP servers, in order, again and again, until they arrive or are given up."""

from datetime import time, timedelta

import pytest
from django.db import transaction

from events import services
from events.models import Delivery, Event, Notice
from events.services import delivering
from grids.models import User
from tests.events.conftest import MONDAY, moment
from tests.events.receivers import identities
from tests.factories import make_category, make_event

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
EVENING = moment("2026-11-23 22:30")


@pytest.fixture
def chief(cast) -> User:
    """Who is told of each new case."""
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    return cast.chief


def choose(user: User, **changes):
    given = {"by_mail": True, "digest": False, "quiet_from": time(22), "quiet_until": time(7)}
    return services.save_preference(user=user, **given | changes)


def filed(cast, at=MONDAY, **fields) -> Notice:
    """The notice of a new case to the chief."""
    return make_event(cast.worker, cast.tree.unit, at=at, **fields).notices.get()


def urged(cast, event: Event, at=MONDAY) -> Notice:
    return services.act(event=event, action="urge", actor=cast.city, at=at).steps.last().notices.get()


def states() -> list[str]:
    return [delivery.state.value for delivery in Delivery.objects.order_by("notice", "pk")]


# By mail


def test_a_mail_says_number_action_and_where_to_look(cast, chief, mail_server, settings):
    settings.SITE_URL = "https://saihan.example.gov.cn"
    notice = filed(cast, title="张三家漏水")
    assert services.deliver_notices(at=MONDAY) == {"handed_on": 1, "delivered": 1, "failed": 0, "given_up": 0}
    (letter,) = mail_server.letters
    number = notice.event.number
    assert (letter["To"], letter["Subject"]) == ("wang@example.org", f"[{number}] 上报")
    assert letter["Message-ID"] == f"<notice-{notice.pk}@saihan.example.gov.cn>"
    text = letter.get_content()
    assert f"https://saihan.example.gov.cn/events/{number}/" in text
    assert identities([text]) == [notice.pk]
    assert "张三" not in letter.as_string() + text


def test_a_clue_report_says_nothing_but_to_open_saihan(cast, chief, mail_server, robot, settings):
    settings.SITE_URL = "https://saihan.example.gov.cn"
    choose(chief, robot="wecom", webhook=robot.url)
    clue = make_category("线索举报", is_confidential=True)
    notice = filed(cast, category=clue)
    services.deliver_notices(at=MONDAY)
    expected = f"请打开赛罕网格。\n\n通知编号 {notice.pk}"
    assert [text.strip() for text in mail_server.texts + robot.texts] == [expected, expected]
    assert mail_server.letters[0]["Subject"] == "请打开赛罕网格。"
    assert notice.event.number not in mail_server.letters[0].as_string()


def test_a_mail_that_was_taken_is_never_sent_again(cast, chief, mail_server):
    filed(cast)
    for _turn in range(3):
        services.deliver_notices(at=MONDAY + timedelta(days=1))
    assert len(mail_server.letters) == 1


def test_who_wants_no_mail_gets_none_and_keeps_the_inbox(cast, chief, mail_server):
    choose(chief, by_mail=False)
    filed(cast)
    assert services.deliver_notices(at=MONDAY)["handed_on"] == 1
    assert mail_server.letters == []
    assert chief.notices.unread().count() == 1


def test_who_has_left_is_told_nothing_outside(cast, chief, mail_server):
    filed(cast)
    User.objects.filter(pk=chief.pk).update(is_active=False)
    services.deliver_notices(at=MONDAY)
    assert mail_server.letters == []


# By robot


def test_mail_and_robot_are_told_each_for_itself(cast, chief, mail_server, robot):
    choose(chief, robot="wecom", webhook=robot.url)
    notice = filed(cast)
    mail_server.stop()
    assert services.deliver_notices(at=MONDAY)["delivered"] == 1
    assert identities(robot.texts) == [notice.pk]
    mail_server.start()
    assert services.deliver_notices(at=MONDAY + MINUTE)["delivered"] == 1
    assert identities(mail_server.texts) == identities(robot.texts)


def test_a_robot_that_refuses_is_asked_again(cast, chief, robot):
    choose(chief, by_mail=False, robot="dingtalk", webhook=robot.url, secret="SECabc")
    filed(cast)
    good, robot.answer = robot.answer, b'{"errcode": 310000, "errmsg": "sign not match"}'
    assert services.deliver_notices(at=MONDAY)["failed"] == 1
    assert Delivery.objects.get().last_error == "RobotRefused 310000"
    robot.answer = good
    assert services.deliver_notices(at=MONDAY + MINUTE)["delivered"] == 1


def test_a_robot_that_does_not_answer_keeps_nobody_waiting_twice(cast, chief, robot, settings):
    settings.NOTICE_WEBHOOK_SECONDS, robot.drip = 0.2, 0.1
    choose(chief, by_mail=False, robot="wecom", webhook=robot.url)
    for _turn in range(5):
        filed(cast)
    assert services.deliver_notices(at=MONDAY)["failed"] == 5
    assert robot.asked["post"] == 1
    robot.drip = 0
    assert services.deliver_notices(at=MONDAY + MINUTE)["delivered"] == 5


def test_removing_the_robot_withdraws_what_waits_for_it(cast, chief, robot):
    choose(chief, by_mail=False, robot="wecom", webhook=robot.url)
    filed(cast, at=EVENING)
    services.deliver_notices(at=EVENING)
    choose(chief, by_mail=False)
    assert states() == ["withdrawn"]
    services.deliver_notices(at=EVENING + timedelta(days=1))
    assert robot.said == []


# Again and again


def test_it_is_tried_later_and_later_and_given_up_visibly(cast, chief, mail_server, settings):
    settings.NOTICE_ATTEMPTS = 12
    choose(chief, quiet_from=time(0), quiet_until=time(0))
    filed(cast)
    mail_server.stop()
    waits, at = [], MONDAY
    for _turn in range(11):
        assert services.deliver_notices(at=at)["failed"] == 1
        delivery = Delivery.objects.get()
        waits.append((delivery.next_try_at - at) // MINUTE)
        assert services.deliver_notices(at=delivery.next_try_at - timedelta(seconds=1))["failed"] == 0
        at = delivery.next_try_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert services.deliver_notices(at=at)["given_up"] == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("given_up", 12, "ConnectionRefusedError")
    assert not any(services.deliver_notices(at=at + timedelta(days=9)).values())


def test_what_was_given_up_can_be_sent_once_more(cast, chief, mail_server, settings):
    settings.NOTICE_ATTEMPTS = 1
    mail_server.stop()
    filed(cast)
    assert services.deliver_notices(at=MONDAY)["given_up"] == 1
    mail_server.start()
    assert services.try_again(user=chief, at=MONDAY + MINUTE) == 1
    assert services.deliver_notices(at=MONDAY + MINUTE)["delivered"] == 1
    assert states() == ["delivered"]


def test_one_bad_address_does_not_stop_the_others(cast, chief, mail_server):
    mail_server.refused.add(chief.email)
    cast.community.email = "li@example.org"
    cast.community.save()
    event = filed(cast).event
    services.act(event=event, action="escalate", actor=chief, reason="难", at=MONDAY)
    services.deliver_notices(at=MONDAY)
    assert [letter["To"] for letter in mail_server.letters] == ["li@example.org"]
    assert Delivery.objects.pending().get().last_error == "SMTPRecipientsRefused"


def test_an_address_that_is_none_is_a_failure_like_others(cast, chief, mail_server, caplog):
    User.objects.filter(pk=chief.pk).update(email="王建国\n<none>")
    notice = filed(cast)
    assert services.deliver_notices(at=MONDAY)["failed"] == 1
    assert f"Notice {notice.pk} could not be delivered by mail" in caplog.text
    assert "王建国" not in caplog.text


# In order for each case


def test_a_later_notice_of_a_case_waits_for_the_earlier_one(cast, chief, mail_server):
    first = filed(cast)
    second, other = urged(cast, first.event), filed(cast)
    mail_server.stop()
    services.deliver_notices(at=MONDAY)
    tried = Delivery.objects.filter(attempts__gt=0).values_list("notice", flat=True)
    assert set(tried) == {first.pk, other.pk}
    mail_server.start()
    services.deliver_notices(at=MONDAY + MINUTE)
    came = identities(mail_server.texts)
    assert sorted(came) == [first.pk, second.pk, other.pk]
    assert came.index(first.pk) < came.index(second.pk)


def test_one_given_up_does_not_hold_up_the_rest_of_the_case(cast, chief, mail_server, settings):
    settings.NOTICE_ATTEMPTS = 1
    first = filed(cast)
    second = urged(cast, first.event, at=MONDAY + MINUTE)
    mail_server.refused.add(chief.email)
    Notice.objects.filter(pk=second.pk).update(delivered_at=MONDAY)
    services.deliver_notices(at=MONDAY)
    mail_server.refused.clear()
    Notice.objects.filter(pk=second.pk).update(delivered_at=None)
    services.deliver_notices(at=MONDAY + MINUTE)
    assert identities(mail_server.texts) == [second.pk]


def test_a_notice_not_handed_on_yet_goes_before_a_later_one_that_is(cast, chief, mail_server):
    """As when another process writes the deliveries of the earlier one just now."""
    first = filed(cast)
    second = urged(cast, first.event)
    Notice.objects.filter(pk=second.pk).update(delivered_at=MONDAY)
    Delivery.objects.create(notice=second, recipient=chief, event=second.event, channel="mail", next_try_at=MONDAY)
    assert list(delivering._due(MONDAY)) == []
    services.deliver_notices(at=MONDAY)
    assert identities(mail_server.texts) == [first.pk, second.pk]


# Quiet hours


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        ("2026-11-23 21:59", "2026-11-23 21:59"),
        ("2026-11-23 22:00", "2026-11-24 07:00"),
        ("2026-11-24 00:30", "2026-11-24 07:00"),
        ("2026-11-24 06:59", "2026-11-24 07:00"),
        ("2026-11-24 07:00", "2026-11-24 07:00"),
    ],
)
def test_quiet_hours_postpone_to_the_morning(cast, chief, mail_server, at, sent):
    filed(cast, at=moment(at))
    services.deliver_notices(at=moment(at))
    assert bool(mail_server.letters) == (at == sent)
    services.deliver_notices(at=moment(sent) - timedelta(seconds=1))
    assert bool(mail_server.letters) == (at == sent)
    services.deliver_notices(at=moment(sent))
    assert len(mail_server.letters) == 1


def test_what_is_urgent_goes_at_once_also_at_night_and_with_a_digest(cast, chief, mail_server):
    choose(chief, digest=True)
    filed(cast, at=EVENING, urgency="urgent")
    services.deliver_notices(at=EVENING)
    assert len(mail_server.letters) == 1


def test_a_worker_that_comes_back_at_night_waits_for_the_morning(cast, chief, mail_server):
    filed(cast, at=EVENING - timedelta(hours=1))
    services.plan_deliveries(at=EVENING - timedelta(hours=1))
    services.deliver_notices(at=EVENING)
    assert (mail_server.letters, Delivery.objects.get().attempts) == ([], 0)
    services.deliver_notices(at=moment("2026-11-24 07:00"))
    assert len(mail_server.letters) == 1


def test_quiet_hours_are_each_persons_own(cast, chief, mail_server):
    choose(chief, quiet_from=time(12), quiet_until=time(14))
    filed(cast, at=EVENING)
    services.deliver_notices(at=EVENING)
    assert len(mail_server.letters) == 1
    filed(cast, at=moment("2026-11-24 12:30"))
    services.deliver_notices(at=moment("2026-11-24 12:30"))
    assert len(mail_server.letters) == 1
    services.deliver_notices(at=moment("2026-11-24 14:00"))
    assert len(mail_server.letters) == 2


# One digest each morning


def test_the_digest_tells_once_what_is_unread(cast, chief, mail_server):
    choose(chief, digest=True)
    read, first, second = (filed(cast) for _turn in range(3))
    services.deliver_notices(at=MONDAY)
    services.read_notices(user=chief, event=read.event, at=MONDAY)
    morning = moment("2026-11-24 07:30")
    assert services.deliver_notices(at=morning - MINUTE)["delivered"] == 0
    for minutes in range(5):
        services.deliver_notices(at=morning + minutes * MINUTE)
    (letter,) = mail_server.letters
    assert identities(mail_server.texts) == [first.pk, second.pk]
    assert "2 条" in letter["Subject"]
    assert states() == ["withdrawn", "delivered", "delivered"]


def test_without_anything_unread_there_is_no_digest(cast, chief, mail_server):
    choose(chief, digest=True)
    filed(cast)
    services.deliver_notices(at=MONDAY)
    services.read_notices(user=chief, at=MONDAY)
    services.deliver_notices(at=moment("2026-11-24 07:30"))
    assert mail_server.letters == []


def test_a_digest_that_failed_comes_later_with_the_same_identity(cast, chief, mail_server):
    choose(chief, digest=True)
    notices = [filed(cast).pk for _turn in range(2)]
    services.deliver_notices(at=MONDAY)
    mail_server.refused.add(chief.email)
    morning = moment("2026-11-24 07:30")
    assert services.deliver_notices(at=morning)["failed"] == 2
    mail_server.refused.clear()
    services.deliver_notices(at=morning + MINUTE)
    Delivery.objects.update(delivered_at=None, next_try_at=morning)  # as if killed before it was marked
    services.deliver_notices(at=morning + 2 * MINUTE)
    assert identities(mail_server.texts) == notices * 2
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == 1


def test_leaving_the_digest_sends_what_waited_for_it(cast, chief, mail_server):
    choose(chief, digest=True)
    notice = filed(cast)
    services.deliver_notices(at=MONDAY)
    choose(chief, digest=False, at=MONDAY)
    services.deliver_notices(at=MONDAY)
    assert identities(mail_server.texts) == [notice.pk]
    assert not Delivery.objects.filter(in_digest=True).exists()


# Nothing lost


def test_a_notice_of_a_change_that_is_rolled_back_is_none(cast, chief, mail_server):
    with transaction.atomic():
        filed(cast)
        transaction.set_rollback(True)
    services.deliver_notices(at=MONDAY)
    assert (Notice.objects.count(), mail_server.letters) == (0, [])


def test_what_was_taken_and_not_marked_is_sent_again_after_a_while(cast, chief, mail_server):
    notice = filed(cast)
    services.plan_deliveries(at=MONDAY)
    assert delivering._take_singles(MONDAY)  # and then the power went
    services.deliver_notices(at=MONDAY)
    assert mail_server.letters == []
    services.deliver_notices(at=MONDAY + delivering.LEASE)
    assert identities(mail_server.texts) == [notice.pk]


def test_a_batch_that_takes_too_long_gives_back_what_it_did_not_try(cast, chief, mail_server, monkeypatch):
    filed(cast)
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "BATCH_SECONDS", -1)
        patch.setattr(delivering, "RUN_SECONDS", 0.2)
        services.deliver_notices(at=MONDAY)
    assert (Delivery.objects.get().attempts, mail_server.letters) == (0, [])
    assert services.deliver_notices(at=MONDAY)["delivered"] == 1


def test_the_work_for_a_full_batch_is_a_fixed_number_of_queries(cast, chief, mail_server, django_assert_num_queries):
    for _turn in range(10):
        filed(cast)
    services.plan_deliveries(at=MONDAY)
    with django_assert_num_queries(6):  # rows, two of choices, the update, and the savepoint
        delivering._take_singles(MONDAY)
