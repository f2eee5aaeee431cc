"""Who is told what, and that the outbox loses and doubles nothing."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from events import services
from events.models import Delivery, Event, Notice
from events.services import notices
from grids.services import end_post
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


# Handing on; how they are delivered is in test_deliveries


def test_what_the_inbox_shows_needs_no_delivery(event):
    notice = event.notices.get()
    assert services.deliver_notices()["handed_on"] == 1
    notice.refresh_from_db()
    assert notice.delivered_at
    assert notice.read_at is None
    assert not Delivery.objects.exists()
    assert services.deliver_notices()["handed_on"] == 0


# Reading


def test_reading_marks_the_notices_of_one_event_or_of_all(cast):
    first, second = (make_event(cast.worker, cast.tree.unit) for _turn in range(2))
    assert services.read_notices(user=cast.chief, event=first) == 1
    assert services.read_notices(user=cast.chief, event=first) == 0
    assert cast.chief.notices.unread().get().event == second
    assert services.read_notices(user=cast.worker) == 0
    assert services.read_notices(user=cast.chief) == 1


# The bell of every page


def write_many(user, count: int, page: str, kind: str) -> None:
    notices = [
        Notice(recipient=user, text="完成", page=page, key=f"{kind}-{number}", created_at=timezone.now())
        for number in range(count)
    ]
    Notice.objects.bulk_create(notices)


def test_the_bell_counts_no_further_than_it_tells(cast, as_):
    write_many(cast.worker, 120, "/volunteers/", "many")
    page = as_(cast.worker).get("/").content.decode()
    assert ">99+<" in page
    assert "More than 99 unread notices" in page


def test_a_page_that_many_notices_tell_of_reads_them_all(cast, as_):
    write_many(cast.worker, 120, "/events/", "here")
    write_many(cast.worker, 3, "/volunteers/", "there")
    assert 'aria-label="3 unread notices"' in as_(cast.worker).get("/events/").content.decode()
    assert Notice.objects.unread().filter(recipient=cast.worker).count() == 3


# One run for what belongs together


def test_changes_of_a_second_ask_for_one_run(private_redis):
    for _n in range(5):
        notices.queue_delivery()
    assert private_redis.client.llen("celery") == 1
    time.sleep(notices.TOGETHER_SECONDS)
    notices.queue_delivery()
    assert private_redis.client.llen("celery") == 2


def test_a_run_begins_after_all_that_did_not_ask_for_one(private_redis):
    before = timezone.now()
    notices.queue_delivery()
    message = json.loads(private_redis.client.lindex("celery", 0))
    assert parse_datetime(message["headers"]["eta"]) >= before + timedelta(seconds=notices.TOGETHER_SECONDS)


def test_who_found_the_broker_away_asks_again(private_redis):
    private_redis.stop()
    notices.queue_delivery()
    private_redis.start()
    notices.queue_delivery()
    assert private_redis.client.llen("celery") == 1
