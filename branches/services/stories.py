"""Stories: written, handed in, reviewed, published and withdrawn; and the consents of who is named or shown."""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.disclosure import tellers
from branches.disclosure.access import check_may_write, check_writes, sides_of
from branches.disclosure.workflow import EDITABLE, TABLE, Action, Side, State, why_refused
from branches.exceptions import StateConflict
from branches.models import Picture, Story, StoryConsent, StoryPicture, StoryStep
from branches.services.checking import errors_of, in_use
from branches.services.pictures import delete_files_of, stored, take
from branches.services.repeating import done_before
from grids.models import Grid, User
from grids.moments import aware_now
from grids.pictures import FileRefused, Redrawn, prepare_photo
from grids.text import says_nothing

MOST_PICTURES = 6  # of a story
TEXTS = ("title", "before", "after")
Photos = Mapping[str, Iterable[File | Picture]]  # by the moment that they show


def write_story(
    *,
    actor: User | None,
    grid: Grid,
    title: str,
    before: str,
    after: str,
    shows_people: bool = False,
    photos: Photos | None = None,
    chosen: Mapping[str, Iterable[str]] | None = None,
    source_kind: str = "",
    source_key: str = "",
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> Story:
    """A draft, told of a closed case or an activity; `chosen` are keys of photos that staff took there.

    The same actor and key again return the first. Raises PermissionDenied, or ValidationError by field.
    """
    at, key = aware_now(at), idempotency_key or None
    gist = tellers.gist_of(actor, source_kind, source_key) if actor else None
    check_may_write(actor, grid, gist and gist.grid)
    if first := done_before(Story, key, written_by=actor):
        return first
    story = Story(
        grid=grid,
        shows_people=shows_people,
        source_kind=source_kind,
        source_key=source_key,
        written_by=actor,
        written_at=at,
        idempotency_key=key,
    )
    errors = _fill(story, title, before, after)
    errors |= tellers.source_errors(actor, source_kind, source_key)
    photos = _with_chosen(actor, story, photos or {}, chosen or {})
    try:
        with _illustrated(story, photos, errors, actor, at) as pictures, transaction.atomic():
            in_use(grid)
            story.save()
            _bind(story, pictures)
            _step(story, StoryStep.WRITE, "", actor, at)
    except IntegrityError:  # the same form is being served beside this one
        if first := done_before(Story, key, written_by=actor):
            return first
        raise
    return story


def edit_story(
    *,
    actor: User | None,
    story: Story,
    title: str,
    before: str,
    after: str,
    shows_people: bool = False,
    photos: Photos | None = None,
    chosen: Mapping[str, Iterable[str]] | None = None,
    removed: Iterable[int] = (),
    at: datetime | None = None,
) -> Story:
    """Another text, more photos, or fewer; while it is a draft or was sent back. Errors as of `write_story`."""
    at = aware_now(at)
    check_writes(actor, story)
    photos = _with_chosen(actor, story, photos or {}, chosen or {})
    errors = _fill(story, title, before, after)
    with _illustrated(story, photos, errors, actor, at, kept_without=removed) as pictures, transaction.atomic():
        story = _locked(story)
        if story.state not in EDITABLE:
            raise StateConflict(
                _("The story is %(state)s, so it is not changed now.") % {"state": story.get_state_display()}
            )
        _fill(story, title, before, after)
        story.shows_people = shows_people
        story.save()
        _remove(story, removed)
        _bind(story, pictures)
        _step(story, StoryStep.EDIT, story.state, actor, at)
    return story


@transaction.atomic
def move_story(*, actor: User | None, story: Story, action: str, reason: str = "", at: datetime | None = None) -> Story:
    """Take an action of the table. Raises PermissionDenied, or StateConflict with why it is not open."""
    story, at, move = _locked(story), aware_now(at), TABLE[Action(action)]
    sides = sides_of(actor, story) if actor else frozenset(Side)
    if refusal := why_refused(action, story.state, sides):
        raise StateConflict(refusal) if story.state not in move.begins else PermissionDenied(refusal)
    if move.needs_reason and says_nothing(reason):
        raise ValidationError({"reason": [_("Say why; who wrote it reads this.")]})
    if move.action in (Action.SUBMIT, Action.PUBLISH) and (hindrance := why_not_public(story)):
        raise ValidationError(hindrance)
    _go(story, move.ends, action, actor, at, reason.strip())
    return story


def why_not_public(story: Story) -> str:
    """What keeps the story from the public: people without a consent that holds; nothing when nothing does."""
    consents = list(story.consents.all())
    words = " ".join(getattr(story, name) for name in TEXTS)
    for consent in consents:
        holds = any(other.name == consent.name and not other.withdrawn_at for other in consents)
        if not holds and consent.name in words:
            return _("%(name)s took the consent back and is still named. Take the name out first.") % {
                "name": consent.name
            }
    if story.shows_people and not any(not consent.withdrawn_at for consent in consents):
        return _("Somebody can be recognised, and no consent is recorded. Record the consent of each first.")
    return ""


@transaction.atomic
def record_consent(
    *, actor: User | None, story: Story, name: str, how: str, agreed_on: date, at: datetime | None = None
) -> StoryConsent:
    """That somebody agreed; recorded again under the same name, the one that holds. Errors by field."""
    story, at = _locked(story), aware_now(at)
    check_writes(actor, story)
    consent = StoryConsent(
        story=story, name=name.strip(), how=how, agreed_on=agreed_on, recorded_by=actor, recorded_at=at
    )
    errors = errors_of(consent, "name", "how")
    if agreed_on > timezone.localdate(at):
        errors["agreed_on"] = [_("That day has not come yet. Choose today or a day before.")]
    if errors:
        raise ValidationError(errors)
    if first := story.consents.filter(name=consent.name, withdrawn_at=None).first():
        return first
    consent.save()
    return consent


@transaction.atomic
def withdraw_consent(*, actor: User | None, consent: StoryConsent, at: datetime | None = None) -> StoryConsent:
    """Take a consent back, which takes a published story from the public in the same moment."""
    story, at = _locked(consent.story), aware_now(at)
    if actor is not None and not sides_of(actor, story):
        raise PermissionDenied(_("You do not publish for %(grid)s.") % {"grid": story.grid})
    consent = StoryConsent.objects.select_for_update().get(pk=consent.pk)
    if consent.withdrawn_at:
        return consent
    consent.withdrawn_by, consent.withdrawn_at = actor, at
    consent.save(update_fields=["withdrawn_by", "withdrawn_at"])
    if story.state == State.PUBLISHED:
        _go(story, State.WITHDRAWN, StoryStep.CONSENT_WITHDRAWN, actor, at)
    return consent


def _locked(story: Story) -> Story:
    return Story.objects.select_for_update(of=("self",)).select_related("grid").get(pk=story.pk)


def _go(story: Story, state: str, action: str, actor: User | None, at: datetime, reason: str = "") -> None:
    before, story.state = story.state, state
    if state == State.PUBLISHED:
        story.published_at = at
    step = _step(story, action, before, actor, at, reason, is_saved=False)
    if errors := errors_of(step, "reason"):
        raise ValidationError(errors)
    story.save(update_fields=["state", "published_at"])
    step.save()


def _step(
    story: Story, action: str, before: str, actor: User | None, at: datetime, reason: str = "", *, is_saved: bool = True
) -> StoryStep:
    step = StoryStep(
        story=story, action=action, from_state=before, to_state=story.state, actor=actor, reason=reason, at=at
    )
    if is_saved:
        step.save()
    return step


def _fill(story: Story, title: str, before: str, after: str) -> dict[str, list[str]]:
    story.title, story.before, story.after = title.strip(), before.strip(), after.strip()
    return errors_of(story, *TEXTS)


def _with_chosen(actor: User | None, story: Story, photos: Photos, chosen: Mapping[str, Iterable[str]]) -> Photos:
    """The uploaded photos, and copies of those that staff took."""
    return {
        moment: [
            *photos.get(moment, ()),
            *tellers.open_photos(actor, story.source_kind, story.source_key, chosen.get(moment, ())),
        ]
        for moment in StoryPicture.Moment.values
    }


@contextmanager
def _illustrated(
    story: Story, photos: Photos, errors: dict, actor: User | None, at: datetime, kept_without: Iterable[int] = ()
):
    """The new pictures by moment, stored for the block; all that is wrong with story and photos is raised before it."""
    drawn = _drawn(story, photos, errors)
    kept = story.pictures.exclude(pk__in=list(kept_without)).count() if story.pk else 0
    if kept + len(drawn) > MOST_PICTURES:
        errors.setdefault("photos", []).append(_("A story shows at most %(count)d photos.") % {"count": MOST_PICTURES})
    if errors:
        raise ValidationError(errors)
    try:
        with stored([one for _moment, one in drawn], uploader=actor, at=at) as pictures:
            yield [(moment, picture) for (moment, _one), picture in zip(drawn, pictures, strict=True)]
    except FileRefused as error:
        raise ValidationError({"photos": [str(error)]}) from error


def _drawn(story: Story, photos: Photos, errors: dict) -> list[tuple[str, Redrawn | Picture]]:
    """Checked and made anew; what the story has already is left out, as of a form that is sent twice."""
    own = set(story.pictures.values_list("picture", flat=True)) if story.pk else set()
    drawn = []
    for moment, files in photos.items():
        for file in files:
            if isinstance(file, Picture) and file.pk in own:
                continue
            try:
                drawn.append((moment, file if isinstance(file, Picture) else prepare_photo(file)))
            except FileRefused as error:
                errors.setdefault("photos", []).append(str(error))
    return drawn


def _bind(story: Story, pictures: Iterable[tuple[str, Picture]]) -> None:
    for moment, picture in pictures:
        StoryPicture.objects.create(story=story, picture=take(picture), moment=moment)


def _remove(story: Story, removed: Iterable[int]) -> None:
    """Photos that a story no longer shows are gone for good, files and all."""
    gone = list(story.pictures.filter(pk__in=list(removed)).select_related("picture"))
    pictures = [one.picture for one in gone]
    StoryPicture.objects.filter(pk__in=[one.pk for one in gone]).delete()
    Picture.objects.filter(pk__in=[picture.pk for picture in pictures]).delete()
    transaction.on_commit(partial(delete_files_of, pictures))
