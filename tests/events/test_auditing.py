"""The daily check: made once a day, mailed, and alarming when it finds problems or does not come."""

import os
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.urls import reverse

from events import audit, services, tasks
from events.models import AuditAlarm, AuditDigest, AuditHead, Delivery, Event, Notice
from tests.events.conftest import MONDAY, moment
from tests.factories import make_category, make_event, make_user, take

pytestmark = pytest.mark.django_db

NIGHT = moment("2026-11-24 04:00")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def event(cast) -> Event:
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    services.deliver_notices(at=MONDAY)
    return event


@pytest.fixture
def admin(cast):
    cast.admin.email = "admin@example.org"
    cast.admin.save()
    return cast.admin


@pytest.fixture
def alarm(event) -> AuditAlarm:
    """Somebody has tampered with a title, and the night's check found it."""
    Event.objects.filter(pk=event.pk).update(title="改过的标题")
    return services.make_digest(at=NIGHT).alarms.get()


# Making it


def test_it_is_made_once_a_day_and_at_night(event):
    first = services.check_daily(at=NIGHT)
    assert (first.number, first.day.isoformat(), first.problem_count) == (1, "2026-11-24", 0)
    for at in (NIGHT + HOUR, NIGHT + 19 * HOUR, NIGHT + DAY - HOUR):
        assert services.check_daily(at=at) is None
    second = services.check_daily(at=NIGHT + DAY)
    assert (second.number, second.previous_hash) == (2, first.hash)


def test_the_first_one_does_not_wait_for_the_night(event):
    assert services.check_daily(at=moment("2026-11-24 01:00"))


def test_a_night_that_was_missed_is_made_up_for(event):
    services.make_digest(at=NIGHT)
    assert services.check_daily(at=moment("2026-11-25 15:00")).day.isoformat() == "2026-11-25"


def test_a_day_has_one_digest_whoever_makes_it(event):
    assert services.make_digest(at=NIGHT) == services.make_digest(at=NIGHT + MINUTE)


def test_the_task_makes_it_once(event):
    assert [tasks.check_daily(), tasks.check_daily()] == [1, None]


def test_only_histories_that_grew_are_sealed_again(cast, event):
    services.make_digest(at=NIGHT)
    other = make_event(cast.worker, cast.tree.building, at=NIGHT)
    take(event, "accept", at=NIGHT)
    services.make_digest(at=NIGHT + DAY)
    assert set(AuditHead.objects.values_list("digest__number", "event", "step_count")) == {
        (1, event.pk, 1), (2, event.pk, 2), (2, other.pk, 1)
    }  # fmt: skip


def test_it_tells_the_balance(cast, event):
    take(make_event(cast.worker, cast.tree.building, at=MONDAY), "void", at=MONDAY)
    content = services.make_digest(at=NIGHT).content
    assert (content["events"], content["steps"]) == (2, 3)
    assert content["balance"] == {"received": 2, "open": 1, "closed": 0, "voided": 1, "merged": 0}


def test_it_is_neither_edited_nor_removed(event):
    digest = services.make_digest(at=NIGHT)
    with pytest.raises(TypeError, match="never edited"):
        digest.save()
    with pytest.raises(TypeError, match="never removed"):
        digest.delete()


def test_a_clue_is_named_and_nothing_is_told_of_it(cast):
    clue = make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True), at=MONDAY)
    services.deliver_notices(at=MONDAY)
    Event.objects.filter(pk=clue.pk).update(place_name="某人的家")
    (sentence,) = services.make_digest(at=NIGHT).sentences
    assert sentence == f"主键为 {clue.pk} 的保密事件：地点名称：与记录不符"


def test_a_clue_is_not_named_beside_another_case_either(cast, event):
    clue = make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True), at=MONDAY)
    services.deliver_notices(at=MONDAY)
    Notice.objects.filter(step__event=clue).update(event=event)
    said = "\n".join(services.make_digest(at=NIGHT).sentences)
    assert event.number in said
    assert clue.number not in said


# What waits


def wait_for(notice: Notice, **fields) -> Delivery:
    """A delivery of a notice that was handed on, due since Monday."""
    told = {"notice": notice, "recipient": notice.recipient, "event": notice.event, "channel": "mail"}
    return Delivery.objects.create(**told | {"next_try_at": MONDAY} | fields)


def test_a_standstill_is_a_problem(cast):
    make_event(cast.worker, cast.tree.building, at=MONDAY)
    (sentence,) = services.make_digest(at=NIGHT).sentences
    assert sentence == "待发通知停滞：超过一小时没有转出的通知应为0，实为1"
    Notice.objects.update(delivered_at=MONDAY, ways=1)
    wait_for(Notice.objects.get())
    (sentence,) = services.make_digest(at=NIGHT + DAY).sentences
    assert sentence == "待发通知停滞：到期超过一小时没有发送的应为0，实为1"


def test_what_waits_while_others_go_out_is_told_and_no_problem(cast, event):
    make_event(cast.worker, cast.tree.building, at=MONDAY)
    Notice.objects.filter(event=event).update(delivered_at=NIGHT)
    digest = services.make_digest(at=NIGHT)
    assert (digest.content["delays"], digest.problem_count) == ({"notices": 1, "deliveries": 0}, 0)


def test_waiting_behind_one_that_is_tried_again_is_no_delay(cast):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    first = Notice.objects.get()
    second = Notice.objects.create(
        step=take(event, "accept", at=MONDAY).steps.last(), event=event, recipient=first.recipient, created_at=MONDAY
    )
    Notice.objects.update(delivered_at=MONDAY, ways=1)
    wait_for(first, attempts=9, next_try_at=NIGHT + HOUR)
    wait_for(second)
    assert audit.delays(at=NIGHT) == {"notices": 0, "deliveries": 0}


# Whom it trusts


def forged(number: int, day: date, at: datetime, **fields) -> AuditDigest:
    """A row that somebody wrote past the services: all is well, it says."""
    content = {"events": 0, "steps": 0, "problems": {"count": 0, "hash": ""}, "heads": {}, "kept": {}, "balance": {}}
    told = {"number": number, "day": day, "made_at": at, "content": content, "hash": "0" * 64, "key": "0" * 16}
    return AuditDigest.objects.create(**told | {"signature": "x"} | fields)


@pytest.mark.parametrize("days", [0, 1, 400])
def test_a_row_that_is_not_signed_keeps_no_digest_out(event, days):
    forged(1, (NIGHT + days * DAY).date(), NIGHT + days * DAY)
    assert services.check_daily(at=NIGHT).number == 2
    assert services.check_daily(at=NIGHT + HOUR) is None
    assert services.check_daily(at=NIGHT + DAY).number == 3


def test_the_pages_say_of_a_row_that_it_is_not_signed(cast, as_, event):
    row = forged(1, NIGHT.date(), NIGHT)
    AuditDigest.objects.update(content=["not", "a", "digest"])
    browser = as_(cast.admin)
    for address in (
        reverse("admin:events_auditdigest_changelist"),
        reverse("admin:events_auditdigest_change", args=[row.pk]),
    ):
        assert "未签名" in browser.get(address).content.decode()


def test_a_signature_that_was_spoiled_makes_the_day_be_checked_again(event):
    first = services.make_digest(at=NIGHT)
    AuditDigest.objects.update(signature=first.signature[::-1])
    assert services.check_daily(at=NIGHT + HOUR).number == 2


def test_an_unsigned_row_neither_is_mailed_nor_keeps_the_alarm_away(event, admin):
    services.make_digest(at=NIGHT)
    services.watch_check(at=NIGHT)
    forged(2, (NIGHT + DAY).date(), NIGHT + DAY)
    assert services.check_late_by(at=NIGHT + 2 * DAY) == 22 * HOUR
    services.watch_check(at=NIGHT + 2 * DAY)
    assert [letter.subject for letter in mail.outbox][1:] == ["赛罕网格警报：未按时进行每日核验"]


def test_a_clock_that_was_wrong_once_silences_nothing(event):
    services.make_digest(at=NIGHT + 400 * DAY)
    assert services.check_late_by(at=NIGHT) > timedelta()
    assert services.check_daily(at=NIGHT).number == 2
    assert services.check_late_by(at=NIGHT) == timedelta()
    assert services.check_daily(at=NIGHT + DAY).number == 3


def test_a_row_with_the_highest_number_leaves_room(event):
    forged(2**31 - 1, NIGHT.date(), NIGHT)
    assert services.make_digest(at=NIGHT).number == 1


@pytest.mark.usefixtures("in_english")
def test_what_cannot_be_stored_is_told_and_not_hidden(event, monkeypatch, settings):
    """The index of the numbers is broken: no digest of the day is there to answer with."""

    def refuse(*args, **kwargs):
        raise IntegrityError("broken index")

    monkeypatch.setattr(AuditDigest, "save", refuse)
    with pytest.raises(IntegrityError, match="broken index"):
        services.make_digest(at=NIGHT)


def test_the_copy_is_written_to_the_log_of_a_worker():
    """Celery raises the level of the root logger to its own."""
    script = (
        "import django; django.setup(); import logging; from saihan.celery import app; "
        "app.log.setup(loglevel='WARNING'); logging.getLogger('events.services.auditing').info('audit digest')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert "INFO events.services.auditing audit digest" in done.stderr


# Mail


def test_each_digest_is_mailed_once_with_its_line(event, admin):
    digest = services.make_digest(at=NIGHT)
    assert services.watch_check(at=NIGHT) == 1
    assert services.watch_check(at=NIGHT + 10 * MINUTE) == 0
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["admin@example.org"], "赛罕网格：2026-11-24 每日核验，全部相符")
    assert f"audit digest {digest.key} {digest.signature} " in letter.body
    assert letter.extra_headers["Message-ID"].startswith(f"<auditdigest-{digest.pk}@")


def test_a_mail_of_problems_is_an_alarm_without_a_word_of_the_case(alarm, admin, event):
    services.watch_check(at=NIGHT)
    (letter,) = mail.outbox
    assert letter.subject == "赛罕网格警报：2026-11-24 的每日核验发现 1 处问题"
    assert event.number not in letter.body
    assert "改过的标题" not in letter.body


def test_a_mail_server_that_is_away_is_tried_again(event, admin, settings):
    services.make_digest(at=NIGHT)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 1,
    )  # fmt: skip
    assert services.watch_check(at=NIGHT) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert services.watch_check(at=NIGHT + 10 * MINUTE) == 0  # somebody may still be at it
    assert services.watch_check(at=NIGHT + 20 * MINUTE) == 1


def test_only_active_superusers_are_told(event, admin):
    make_user("前管理员", is_superuser=True, is_active=False, email="former@example.org")
    make_user("职员", is_staff=True, email="clerk@example.org")
    services.make_digest(at=NIGHT)
    services.watch_check(at=NIGHT)
    assert [letter.to for letter in mail.outbox] == [["admin@example.org"]]


# Alarms


def test_a_missed_check_alarms_once(event, admin):
    digest = services.make_digest(at=NIGHT)
    services.watch_check(at=NIGHT + 26 * HOUR)
    assert not AuditAlarm.objects.exists()
    for minutes in (1, 11, 21):
        services.watch_check(at=NIGHT + 26 * HOUR + minutes * MINUTE)
    alarm = AuditAlarm.objects.get()
    assert (alarm.kind, alarm.digest) == ("missed", digest)
    assert [letter.subject for letter in mail.outbox][1:] == ["赛罕网格警报：未按时进行每日核验"]


def test_a_check_that_was_never_made_alarms_as_well(event):
    late = services.check_late_by(at=moment("2036-01-01 00:00"))
    assert late > 300 * DAY
    for _turn in range(2):
        services.watch_check(at=moment("2036-01-01 00:00"))
    assert AuditAlarm.objects.get().digest is None


def test_a_missed_check_is_told_again_when_nothing_came_of_it(event, cast, settings):
    services.make_digest(at=NIGHT)
    services.watch_check(at=NIGHT + 2 * DAY)
    services.acknowledge_alarm(alarm=AuditAlarm.objects.get(), actor=cast.admin, reason="已重启", at=NIGHT + 2 * DAY)
    services.watch_check(at=NIGHT + (1 + settings.AUDIT_MISSED_AGAIN_DAYS) * DAY)
    assert AuditAlarm.objects.count() == 1
    for hours in (1, 2):
        services.watch_check(at=NIGHT + (2 + settings.AUDIT_MISSED_AGAIN_DAYS) * DAY + hours * HOUR)
    assert AuditAlarm.objects.count() == 2


def test_what_was_acknowledged_alarms_no_more_until_there_is_something_new(alarm, cast, event, admin, as_):
    services.acknowledge_alarm(alarm=alarm, actor=cast.admin, reason="改不回去，已留存证据", at=NIGHT)
    known = services.make_digest(at=NIGHT + DAY)
    assert (known.problem_count, known.new_problem_count, known.alarms.count()) == (1, 0, 0)
    services.watch_check(at=NIGHT + DAY)
    assert "已知问题 1 处，无新问题" in [letter.subject for letter in mail.outbox][-1]
    page = as_(cast.admin).get(reverse("admin:events_auditdigest_changelist")).content.decode()
    assert "1 处已知问题" in page
    Event.objects.filter(pk=event.pk).update(place_name="改过的地点")
    new = services.make_digest(at=NIGHT + 2 * DAY)
    assert (new.problem_count, new.new_problem_count, new.alarms.count()) == (2, 1, 1)


def test_problems_alarm_once_for_each_digest(alarm):
    services.make_digest(at=NIGHT + HOUR)
    assert AuditAlarm.objects.count() == 1
    services.make_digest(at=NIGHT + DAY)
    assert AuditAlarm.objects.count() == 2


def test_an_alarm_is_acknowledged_once_and_with_a_reason(alarm, cast):
    with pytest.raises(ValidationError, match="请写明查明的情况"):
        services.acknowledge_alarm(alarm=alarm, actor=cast.admin, reason="  ")
    with pytest.raises(PermissionDenied):
        services.acknowledge_alarm(alarm=alarm, actor=cast.city, reason="已查明")
    done = services.acknowledge_alarm(alarm=alarm, actor=cast.admin, reason="已从备份恢复", at=NIGHT)
    assert (done.acknowledged_by, done.acknowledged_at, done.reason) == (cast.admin, NIGHT, "已从备份恢复")
    with pytest.raises(ValidationError, match="已有人确认"):
        services.acknowledge_alarm(alarm=alarm, actor=cast.admin, reason="再次")


def test_the_database_holds_that_nobody_acknowledges_without_a_reason(alarm, cast):
    with pytest.raises(IntegrityError):
        AuditAlarm.objects.update(acknowledged_at=NIGHT, acknowledged_by=cast.admin)


# Pages


BANNER = "警报：2026年11月24日 的每日核验发现 1 处问题。"


def test_the_banner_stands_until_it_is_acknowledged(alarm, cast, as_):
    browser = as_(cast.admin)
    for name in ("admin:index", "workbench"):
        assert BANNER in browser.get(reverse(name)).content.decode()
    page = reverse("admin:events_auditalarm_change", args=[alarm.pk])
    assert browser.post(page, {"reason": ""}).status_code == 400
    assert browser.post(page, {"reason": "已从备份恢复"}).status_code == 302
    assert "已从备份恢复" in browser.get(page).content.decode()
    for name in ("admin:index", "workbench"):
        assert BANNER not in browser.get(reverse(name)).content.decode()


def test_the_banner_needs_no_worker_to_be_raised(event, cast, as_):
    services.make_digest(at=MONDAY - 300 * DAY)
    browser = as_(cast.admin)
    assert "没有再进行每日核验" in browser.get(reverse("workbench")).content.decode()
    assert not AuditAlarm.objects.exists()


def test_nobody_else_sees_the_banner(alarm, cast, as_):
    assert "警报" not in as_(cast.city).get(reverse("workbench")).content.decode()


def test_the_page_of_a_digest_says_what_was_checked(alarm, cast, as_, event):
    page = as_(cast.admin).get(reverse("admin:events_auditdigest_change", args=[alarm.digest_id])).content.decode()
    for words in (
        "发现 1 处问题",
        "全部 1 步办理记录核验了全部 1 件事件",
        f">{event.number}</a>：上报内容",
        "核验内容",
        "尚未确认",
    ):
        assert words in page
    assert f"{reverse('admin:events_event_changelist')}?status__in=" in page
    assert reverse("event_detail", args=[event.number]) in page


def test_the_page_of_a_digest_does_not_list_clues(cast, as_):
    clue = make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True), at=MONDAY)
    digest = services.make_digest(at=NIGHT)
    page = as_(cast.admin).get(reverse("admin:events_auditdigest_change", args=[digest.pk])).content.decode()
    assert clue.number not in page
    assert "保密事件不列出" in page


def test_the_lists_are_made_in_few_queries(alarm, cast, as_, django_assert_max_num_queries):
    for day in range(1, 6):
        services.make_digest(at=NIGHT + day * DAY)
    browser = as_(cast.admin)
    for model in ("auditdigest", "auditalarm"):
        with django_assert_max_num_queries(6):
            assert browser.get(reverse(f"admin:events_{model}_changelist")).status_code == 200
    with django_assert_max_num_queries(10):
        browser.get(reverse("admin:events_auditdigest_change", args=[AuditDigest.objects.first().pk]))


def test_health_tells_of_alarms_and_of_a_check_that_is_late(alarm, client):
    told = client.get("/healthz").json()
    assert told["alarms"] == 1
    assert told["check_late_by_seconds"] >= 0
