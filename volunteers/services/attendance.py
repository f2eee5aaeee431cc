"""Activities from the door on: who was there, the hours that count, and what is told of it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from branches.exceptions import StateConflict
from branches.models import Picture
from branches.services.checking import errors_of
from branches.services.pictures import delete_files_of, stored, take
from grids.models import User
from grids.moments import aware_now
from grids.pictures import FileRefused, Redrawn, prepare_photo
from grids.text import says_nothing
from volunteers.activities import door
from volunteers.activities.access import walk_ins
from volunteers.activities.workflow import ActivityAction, ActivitySide, ActivityState
from volunteers.models import Activity, Participation
from volunteers.services.activities import SIGNED_UP, go_on, has_room, lock, record

Status, Way = Participation.Status, Participation.Way
MOST_PICTURES = 6  # of a report


@transaction.atomic
def arrive(*, actor: User, activity: Activity, token: door.Token, at: datetime | None = None) -> Participation:
    """Confirm with the code at the door that one is there, once; who had not signed up joins with it."""
    at = aware_now(at)
    locked = lock(activity, actor, ActivityAction.ARRIVE, sides=frozenset({ActivitySide.GUEST}))
    if problem := door.why_closed(token, locked, at):
        raise StateConflict(problem)
    row = locked.participations.filter(user=actor).first() or Participation(activity=locked, user=actor)
    if row.attended_at:
        return row
    if row.status not in SIGNED_UP:
        row.status, row.queued_at = Status.JOINED if has_room(locked) else Status.WAITING, at
    row.attended_at, row.way, row.hours = at, Way.DOOR, locked.hours
    row.save()
    record(locked, actor, ActivityAction.ARRIVE, at)
    return row


@transaction.atomic
def note_attendance(
    *,
    actor: User | None,
    activity: Activity,
    present: Collection[int],
    walked_in: Collection[User] = (),
    at: datetime | None = None,
) -> Activity:
    """Which of the participations, by key, were there, and who came without having signed up.

    Until the report is written it can be put right.
    """
    at, locked = aware_now(at), lock(activity, actor, ActivityAction.HOLD)
    if at < locked.starts_at:
        raise StateConflict(_("It has not begun yet. Note who is there when it has."))
    rows = list(locked.participations.select_for_update().exclude(status=Status.LEFT))
    if strangers := set(present) - {row.pk for row in rows}:
        text = _("%(count)d of those you ticked have not signed up. Open the list anew.")
        raise ValidationError({"present": [text % {"count": len(strangers)}]})
    rows += _walk_ins(locked, walked_in, at)
    present = {*present, *(row.pk for row in rows if row.user in walked_in)}
    was_held = locked.state == ActivityState.HELD
    changed = [row for row in rows if _note(row, row.pk in present, locked, at)]
    if was_held and not changed:
        return locked
    Participation.objects.bulk_update(changed, ["attended_at", "way", "hours"])
    count = sum(1 for row in rows if row.attended_at)
    go_on(locked, actor, ActivityAction.HOLD, at, _("%(count)d people were there.") % {"count": count})
    return locked


def _walk_ins(activity: Activity, people: Collection[User], at: datetime) -> list[Participation]:
    """Rows for people who had not signed up; who signed up meanwhile stands on the list already."""
    signed_up = activity.participations.exclude(status=Status.LEFT).values_list("user", flat=True)
    new = [person for person in people if person.pk not in set(signed_up)]
    if set(new) - set(walk_ins(activity).filter(pk__in=[person.pk for person in new])):
        raise ValidationError({"walked_in": [_("Choose people who serve or work there.")]})
    found = []
    for person in new:
        values = {"status": Status.JOINED if has_room(activity) else Status.WAITING, "queued_at": at}
        row, _is_new = Participation.objects.update_or_create(activity=activity, user=person, defaults=values)
        found.append(row)
    return found


def _note(row: Participation, is_here: bool, activity: Activity, at: datetime) -> bool:
    """Whether the row changed."""
    if is_here == bool(row.attended_at):
        return False
    row.attended_at, row.way, row.hours = (at, Way.LIST, activity.hours) if is_here else (None, "", None)
    return True


def report_activity(
    *,
    actor: User | None,
    activity: Activity,
    report: str,
    photos: Iterable[File | Picture] = (),
    removed: Collection[int] = (),
    at: datetime | None = None,
) -> Activity:
    """A few words and photos of what was; it can be rewritten. The same photo sent again is kept once."""
    at, trial = aware_now(at), Activity(report=report.strip())
    errors = errors_of(trial, "report")
    if "report" not in errors and says_nothing(report):
        errors["report"] = [_("Say in a few words what was done.")]
    drawn = _drawn(photos, errors)
    if errors:
        raise ValidationError(errors)
    try:
        with stored(drawn, uploader=actor, at=at) as pictures, transaction.atomic():
            return _report(actor, activity, trial.report, pictures, removed, at)
    except FileRefused as error:
        raise ValidationError({"photos": [str(error)]}) from error


def _drawn(photos: Iterable[File | Picture], errors: dict[str, list[str]]) -> list[Redrawn | Picture]:
    """Each photo once, made anew; what waited is so already."""
    drawn = {}
    for file in photos:
        try:
            one = file if isinstance(file, Picture) else prepare_photo(file)
        except FileRefused as error:
            errors.setdefault("photos", []).append(str(error))
        else:
            drawn[one.sha256] = one
    return list(drawn.values())


def _report(
    actor: User | None,
    activity: Activity,
    report: str,
    pictures: list[Picture],
    removed: Collection[int],
    at: datetime,
) -> Activity:
    locked = lock(activity, actor, ActivityAction.REPORT)
    gone = list(locked.pictures.filter(pk__in=removed))
    known = set(locked.pictures.values_list("sha256", flat=True))
    new = [picture for picture in pictures if picture.sha256 not in known]
    if len(known) - len(gone) + len(new) > MOST_PICTURES:
        text = _("A report shows at most %(count)d photos.") % {"count": MOST_PICTURES}
        raise ValidationError({"photos": [text]})
    if locked.state == ActivityState.REPORTED and locked.report == report and not (gone or new):
        _forget(pictures)
        return locked
    for picture in new:
        take(picture)
    locked.pictures.add(*new)
    Picture.objects.filter(pk__in=[picture.pk for picture in gone]).delete()
    transaction.on_commit(partial(delete_files_of, gone))
    _forget(picture for picture in pictures if picture not in new)
    locked.report, locked.reported_at, locked.state = report, locked.reported_at or at, ActivityState.REPORTED
    locked.save(update_fields=["report", "reported_at", "state"])
    record(locked, actor, ActivityAction.REPORT, at, report)
    return locked


def _forget(needless: Iterable[Picture]) -> None:
    """The files of pictures that the report has already; those that wait have a row, and go with it."""
    transaction.on_commit(partial(delete_files_of, [picture for picture in needless if picture.pk is None]))
