"""Who is told what, and that the outbox loses and doubles nothing."""

import socket
from datetime import timedelta

import pytest
from django.core import mail

from events import services
from events.models import Event, Notice
from grids.services import end_post
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def told(event: Event) -> set[str]:
    """The names of those who are told of the last step."""
    return {notice.recipient.name for notice in event.steps.last().notices.all()}


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.unit)


# Who is told


def test_a_new_case_is_told_to_the_desk(event):
    assert told(event) == {"王建国"}


def test_nobody_is_told_of_what_they_did_themselves(cast):
    assert told(make_event(cast.chief, cast.tree.unit)) == set()


def test_accepting_tells_nobody(event):
    assert told(take(event, "accept")) == set()


def test_who_is_assigned_is_told(cast, event):
    assert told(take(event, "accept", "assign", handler=cast.worker)) == {"乌兰"}


def test_a_resolution_is_told_to_who_may_check_it(event):
    assert told(take(event, "accept", "resolve")) == {"乌兰"}


def test_closing_is_told_to_reporter_and_resolver_but_not_to_who_checked(cast, event):
    event = take(event, "accept", "resolve")
    event = services.act(event=event, action="pass_check", actor=cast.police)
    assert told(event) == {"乌兰", "王建国"}


def test_a_failed_check_is_told_to_handler_and_desk(cast, event):
    event = take(event, "accept", "assign", handler=cast.worker)
    event = services.act(event=event, action="resolve", actor=cast.worker, note="好了")
    event = services.act(event=event, action="fail_check", actor=cast.police, reason="还在漏")
    assert told(event) == {"乌兰", "王建国"}


def test_climbing_is_told_to_those_who_lose_it_and_those_who_get_it(cast, event):
    event = take(event, "accept", "assign", handler=cast.worker)
    assert told(take(event, "escalate")) == {"乌兰", "李秀英"}


def test_sending_back_is_told_to_the_desk_below(event):
    assert told(take(event, "escalate", "send_back")) == {"王建国"}


def test_voiding_is_told_to_the_reporter(event):
    assert told(take(event, "void")) == {"乌兰"}


def test_reopening_is_told_to_the_desk(cast, event):
    event = take(event, "accept", "resolve", "pass_check")
    assert told(services.act(event=event, action="reopen", actor=cast.city, reason="又漏")) == {"王建国"}


@pytest.mark.parametrize("action", ["urge", "supervise"])
def test_pressing_is_told_to_handler_and_desk(cast, event, action):
    event = take(event, "accept", "assign", handler=cast.worker)
    assert told(services.act(event=event, action=action, actor=cast.city)) == {"乌兰", "王建国"}


@pytest.mark.parametrize("action", ["urge", "supervise"])
def test_while_a_check_is_due_pressing_is_told_to_who_has_to_check(cast, event, action):
    event = take(event, "accept", "resolve")
    assert told(services.act(event=event, action=action, actor=cast.city)) == {"乌兰"}


def test_a_remark_is_told_to_reporter_and_desk(cast, event):
    assert told(services.act(event=event, action="comment", actor=cast.police, note="看到了")) == {"乌兰", "王建国"}


def test_only_people_in_post_are_told(cast, event):
    end_post(actor=None, post=cast.chief.active_posts[0])
    make_post(make_user("新网格长"), cast.tree.building, "chief")
    assert told(services.act(event=event, action="urge", actor=cast.city)) == {"新网格长"}


def test_of_a_clue_report_those_who_lose_it_hear_nothing(cast):
    clue = make_category("线索举报", is_confidential=True)
    event = make_event(cast.worker, cast.tree.unit, category=clue)
    services.sweep(at=event.due_at)
    assert told(event) == {"李秀英"}


def test_with_the_sight_of_a_clue_report_its_notices_leave_the_inbox(cast):
    clue = make_category("线索举报", is_confidential=True)
    event = make_event(cast.worker, cast.tree.unit, category=clue)
    assert Notice.objects.shown_to(cast.chief).count() == 1
    services.act(event=event, action="escalate", actor=cast.chief, reason="超出职责")
    assert not Notice.objects.shown_to(cast.chief).exists()


# Delivery


def test_what_the_inbox_shows_needs_no_mail(event):
    notice = event.notices.get()
    assert services.deliver_notices() == 1
    notice.refresh_from_db()
    assert (notice.attempts, notice.read_at) == (1, None)
    assert notice.delivered_at
    assert mail.outbox == []
    assert services.deliver_notices() == 0


def test_with_an_address_a_mail_goes_out_once_and_holds_no_content(cast):
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    event = make_event(cast.worker, cast.tree.unit, title="邻居打孩子")
    services.deliver_notices()
    services.deliver_notices()
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [(["wang@example.org"], f"[{event.number}] file")]
    assert "邻居" not in mail.outbox[0].subject + mail.outbox[0].body


@pytest.fixture
def closed_mail_server(settings):
    """An address where nobody answers; call the result to let the mail through again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = probe.getsockname()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    def reopen():
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    return reopen


@pytest.fixture
def letter(cast):
    """A notice to somebody with an address, written on Monday at nine."""
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    return make_event(cast.worker, cast.tree.unit, at=MONDAY).notices.get()


def test_a_mail_that_fails_is_tried_again_later_and_later(letter, closed_mail_server):
    waits, at = [], MONDAY
    for _turn in range(12):
        assert services.deliver_notices(at=at) == 0
        letter.refresh_from_db()
        waits.append((letter.next_try_at - at) // timedelta(minutes=1))
        at = letter.next_try_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    assert letter.delivered_at is None
    closed_mail_server()
    assert services.deliver_notices(at=at - timedelta(seconds=1)) == 0
    assert services.deliver_notices(at=at) == 1
    assert len(mail.outbox) == 1


def test_a_mail_server_away_for_weeks_stops_nothing(letter, closed_mail_server):
    Notice.objects.filter(pk=letter.pk).update(attempts=400)
    assert services.deliver_notices(at=MONDAY) == 0
    letter.refresh_from_db()
    assert (letter.attempts, letter.next_try_at) == (401, MONDAY + timedelta(hours=6))


def test_an_address_that_is_none_does_not_block_the_outbox(cast, letter, caplog):
    cast.chief.email = "王建国\n<none>"
    cast.chief.save()
    other = make_event(cast.community, cast.tree.community, at=MONDAY)
    urged = services.act(event=other, action="urge", actor=cast.city, at=MONDAY)
    assert services.deliver_notices(at=MONDAY) == 1
    assert urged.notices.get().delivered_at
    letter.refresh_from_db()
    assert (letter.delivered_at, letter.attempts) == (None, 1)
    assert f"Notice {letter.pk} could not be mailed" in caplog.text


def test_a_waiting_mail_does_not_hide_the_notice_from_the_inbox(cast, letter, closed_mail_server):
    services.deliver_notices(at=MONDAY)
    assert cast.chief.notices.unread().count() == 1


# Reading


def test_reading_marks_the_notices_of_one_event_or_of_all(cast):
    first, second = (make_event(cast.worker, cast.tree.unit) for _turn in range(2))
    assert services.read_notices(user=cast.chief, event=first) == 1
    assert services.read_notices(user=cast.chief, event=first) == 0
    assert cast.chief.notices.unread().get().event == second
    assert services.read_notices(user=cast.worker) == 0
    assert services.read_notices(user=cast.chief) == 1
