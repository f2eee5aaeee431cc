"""What a patrol finds, filed in place."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from events.models import Attachment, Category, Event, Occasion
from events.routing import Staffing
from events.services.filing import file_event
from grids.models import Grid, User
from grids.moments import aware_now
from volunteers.models import Patrol
from volunteers.services import note_finding


@transaction.atomic
def file_finding(
    *,
    actor: User,
    patrol: Patrol,
    grid: Grid,
    category: Category,
    text: str,
    attachments: Sequence[Attachment] = (),
    key: str | None = None,
    at: datetime | None = None,
) -> Event:
    """Note a finding and file the case of it at once; the same actor and key again return the first case.

    ValidationError by field, PermissionDenied and StateConflict as `note_finding` and `file_event` raise them; then
    neither is written.
    """
    at = aware_now(at)
    Staffing.above([grid.code])  # the grids before the patrol, as a reorganisation locks them
    finding = note_finding(actor=actor, patrol=patrol, grid=grid, text=text, key=key, at=at)
    return file_event(
        actor=actor,
        category=category,
        grid=finding.grid,
        title=finding.text,
        attachments=attachments,
        occasion=Occasion(finding=finding),
        at=at,
    )
