"""“It is this one”: a report that goes on in an open case at once, because who makes it says that it is the same."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.drafts import Draft, Limits, Rule
from events.models import Event
from events.nearness import coarse
from events.routing import Staffing
from events.services.merging import taken_in
from events.services.storing import store
from events.transitions import merge
from events.workflow import Action


class TargetMoved(Exception):
    """The case that goes on is at another place, or was merged, since the grids were locked."""


def target_of(into: Event) -> Event:
    """Where a report goes on that is said to be the same as this case: there, or where that one went on itself."""
    return Event.objects.get(pk=into.pk).goes_on_in()


def join(event: Event, shown: Event, at: datetime, staffing: Staffing, limits: Limits) -> None:
    """Merge the report, filed in this transaction, into the case that was shown to who made it; by the system.

    The grids are locked in `staffing`. Raises ValidationError when that case is none for it or has ended, and
    TargetMoved.
    """
    into = _locked(target_of(shown))
    if into.merged_into_id or into.grid.code not in staffing.grids:
        raise TargetMoved
    if problem := _problem(event, shown, into, at):
        raise ValidationError({"into": [problem]})
    draft = Draft(event, Action.MERGE, at, staffing, limits, rule=Rule.SAME_CASE, into=into)
    merge(draft)
    store([draft, taken_in(into, event, at, staffing, limits)])


def _locked(into: Event) -> Event:
    """The row as it is now. Nobody else knows the new report yet, so that this is the only event to wait for."""
    list(Event.objects.select_for_update().filter(pk=into.pk).values_list("pk"))
    return Event.objects.with_people().get(pk=into.pk)


def _problem(event: Event, shown: Event, into: Event, at: datetime) -> str:
    """Why it cannot go on there. What was shown must be like it; it may have gone on elsewhere since."""
    seen = Event.objects.visible_to(event.reporter) if event.reporter else Event.objects.all()
    point = event.point if event.reporter else event.point and coarse(event.point)  # as it was looked for
    alike = seen.alike(category=event.category, grid=event.grid, at=at, point=point)
    if not alike.filter(pk=shown.pk).exists() or into.is_confidential:
        return _("This case does not match what you are reporting any more. Look again, or file yours all the same.")
    if not into.is_open:
        return _("This case has just come to its end. If nothing has become better, file yours all the same.")
    if not into.holder.lft <= event.position <= into.holder.rght:
        return _("Who handles this case does not answer for your place. File yours all the same.")
    return ""
