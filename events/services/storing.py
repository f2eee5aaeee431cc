"""What every change of an event ends with: its row, tallies, steps and notices, in one transaction."""

from django.db import connection, transaction

from events.drafts import Draft
from events.models import Event, Notice, Step
from events.services.notices import queue_delivery
from events.services.tallying import enter_changes
from events.transitions import seal_all
from grids.models import Post

CHANGING = (
    "grid", "position", "place_name", "status", "loop", "top_loop", "holder", "handler", "organisation", "partner",
    "resolver", "checker", "round", "send_backs", "reworks", "is_supervised", "asked_at", "rating", "rated_at",
    "was_contacted", "was_solved", "outcome", "request", "requested_until", "suspended_until", "suspensions",
    "extensions", "merged_into", "reply_to", "reply_due_at", "reply_wake_at", "accepted_at", "resolved_at", "closed_at",
    "clock_started_at", "remind_at", "due_at", "wake_at", "late_at", "step_count", "head_hash",
)  # fmt: skip


def store(drafts: list[Draft]) -> None:
    """Write the events, their tallies, steps and notices, and have the notices delivered after the commit."""
    events = {id(draft.event): draft.event for draft in drafts}.values()
    sealed = [pair for draft in drafts for pair in seal_all(draft)]
    _store_events(list(events))
    enter_changes(drafts)
    for step, _people in sealed:
        step.event = step.event  # takes over the key that a new event has only now
    Step.objects.bulk_create([step for step, _people in sealed])
    notices = [
        Notice(step_id=step.pk, event_id=step.event_id, recipient_id=person, created_at=step.at)
        for step, people in sealed
        for person in sorted(people)
    ]
    if notices:
        Notice.objects.bulk_create(notices)
        # What is committed stands, whatever becomes of this message; the beat delivers too.
        transaction.on_commit(queue_delivery, robust=True)


def _store_events(events: list[Event]) -> None:
    """New events are inserted; known ones, which the caller has locked, are changed in one statement."""
    if events[0]._state.adding:
        Event.objects.bulk_create(events)
    elif connection.vendor == "postgresql":
        _update_from_arrays(events)
    else:  # every one conflicts with the row that it is
        Event.objects.bulk_create(events, update_conflicts=True, unique_fields=["id"], update_fields=CHANGING)


def _update_from_arrays(events: list[Event]) -> None:
    """Half the price of the conflicts, which send and check all columns, also those that never change."""
    fields = [Event._meta.pk, *map(Event._meta.get_field, CHANGING)]
    columns = [[getattr(event, field.attname) for event in events] for field in fields]
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
    names = ", ".join(field.column for field in fields)
    changes = ", ".join(f"{field.column} = new.{field.column}" for field in fields[1:])
    table = Event._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM unnest({arrays}) AS new ({names}) WHERE {table}.id = new.id",  # noqa: S608 (our own names)
            columns,
        )


def post_name(post: Post) -> str:
    return f"{post.grid.name} {post.get_role_display()}"
