"""The chain of steps: it replays to the row, and no step can be changed, removed or slipped in unnoticed."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from events import services
from events.history import digest, replay
from events.models import Event, Step
from grids.services import rename_grid
from tests.events.conftest import MONDAY
from tests.factories import make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def event(cast):
    """A case that saw a good part of the table."""
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    event = take(event, "escalate", "send_back", at=MONDAY)
    services.sweep(at=event.due_at)
    event = take(Event.objects.with_related().get(pk=event.pk), "accept", "assign", handler=cast.worker)
    event = take(event, "resolve", "fail_check", "resolve", "pass_check")
    event = services.act(event=event, action="reopen", actor=cast.city, reason="又坏了")
    return services.act(event=event, action="supervise", actor=cast.city)


def steps(event: Event) -> list[Step]:
    return list(Step.objects.select_related("event").filter(event=event).order_by("ordinal"))


def is_intact(event: Event) -> bool:
    """Every hash follows from the step's content and the step before, and the row knows the last one."""
    previous = ""
    for ordinal, step in enumerate(steps(event), start=1):
        if (step.ordinal, step.previous_hash, step.hash) != (ordinal, previous, digest(step, step.event.number)):
            return False
        previous = step.hash
    return previous == Event.objects.get(pk=event.pk).head_hash


def test_replaying_the_steps_gives_the_row(event):
    row = Event.objects.get(pk=event.pk)
    assert {name: getattr(row, name) for name in replay(steps(event))} == replay(steps(event))


def test_the_chain_is_intact_as_read_back_from_the_database(event):
    assert is_intact(event)


def test_the_replay_holds_what_the_story_says(cast, event):
    row = replay(steps(event))
    assert (row["status"], row["round"], row["send_backs"], row["reworks"]) == ("handling", 4, 1, 1)
    assert (row["is_supervised"], row["start_loop"], row["loop"]) == (True, "grid", "community")
    assert (row["handler_id"], row["resolved_at"], row["closed_at"]) == (cast.worker.pk, None, None)
    assert row["step_count"] == len(steps(event))


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "别的理由"},
        {"note": "别的说法"},
        {"actor_name": "别人"},
        {"actor_post": "别的岗位"},
        {"to_status": "closed"},
        {"from_loop": "city"},
        {"at": MONDAY - timedelta(microseconds=1)},
        {"due_at": MONDAY},
        {"details": {"limit": [99, "working_day"]}},
        {"holder_name": "别的社区"},
        {"action": "comment"},
        {"side": "system"},
        {"rule": "overdue"},
        {"round": 9},
    ],
)
def test_a_changed_step_breaks_the_chain(event, change):
    Step.objects.filter(event=event, ordinal=2).update(**change)
    assert not is_intact(event)


def test_a_removed_step_breaks_the_chain(event):
    event.notices.all().delete()
    Step.objects.filter(event=event, ordinal=4)._raw_delete("default")
    assert not is_intact(event)


def test_the_chains_of_two_events_cannot_be_swapped(cast):
    first, second = (make_event(cast.worker, cast.tree.unit, at=MONDAY) for _turn in range(2))
    assert first.steps.get().hash != second.steps.get().hash


def test_a_step_is_neither_saved_again_nor_deleted(event):
    step = event.steps.first()
    with pytest.raises(TypeError, match="never edited"):
        step.save()
    with pytest.raises(TypeError, match="never removed"):
        step.delete()


def test_the_database_holds_one_step_for_each_ordinal(event):
    step = event.steps.first()
    step.pk, step._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        step.save()


def test_names_in_the_history_are_those_of_their_time(cast, event):
    rename_grid(actor=None, grid=cast.tree.community, name="新名社区")
    cast.worker.name = "改名"
    cast.worker.save()
    first = event.steps.first()
    assert (first.actor_name, first.holder_name) == ("乌兰", "健康社区 1号楼")
    assert is_intact(event)


def test_a_step_tells_side_post_and_words_of_who_acted(cast):
    event = make_event(cast.worker, cast.tree.unit)
    event = services.act(event=event, action="escalate", actor=cast.chief, reason=" 太难 ", note="附图 3 张")
    step = event.steps.last()
    assert (step.side, step.actor_post, step.reason, step.note) == ("desk", "1号楼 grid chief", "太难", "附图 3 张")
    assert (step.from_status, step.to_status, step.from_loop, step.to_loop) == ("filed", "filed", "grid", "community")


def test_details_are_plain_json(event):
    for step in steps(event):
        assert json.loads(json.dumps(step.details)) == step.details
