"""Double check-in: reporting, answering, placing and ending; what is offered stands in `offers`.

Grids are locked first, then the person, then the enrolment: the order in which everybody locks.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.access import may_run_for
from grids.access import may_manage
from grids.models import Grid, Level, Organisation, Post, Role, StaffSource, User
from grids.moments import aware_now
from grids.services import appoint, end_posts, notify
from grids.text import says_nothing
from volunteers.enrolments.access import Enrolment, Row, may_report_for, sides_of
from volunteers.enrolments.workflow import TABLE, EnrolmentAction, EnrolmentState
from volunteers.models import EnrolmentStep, MemberEnrolment, OrganisationEnrolment
from volunteers.services.moving import check_move, lock_row
from volunteers.services.offers import Giving, write_offers

YEARS = range(2000, 2101)  # of the days that a report may be about

# Reporting


@transaction.atomic
def enrol_member(
    *,
    actor: User | None,
    user: User,
    organisation: Organisation,
    grid: Grid,
    offers: Sequence[Giving] = (),
    is_moving: bool = False,
    is_demo: bool = False,
    at: datetime | None = None,
) -> MemberEnrolment:
    """Report a member to a community; who has reported there already, as it stands.

    One person is enrolled in one community: who is so elsewhere says that they move, which ends that in the same step.
    """
    at = aware_now(at)
    if actor is not None and actor != user and not may_report_for(actor, organisation):
        raise PermissionDenied(_("Members report by themselves, or by who represents their organisation."))
    before = _current(user)
    grid = _settled(grid, *_places_of(before))
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _check_reporting(user, organisation)
    now = _current(user)
    if now and now.grid_id == grid.pk:
        return _same(now, organisation)
    if now and not is_moving:
        raise ValidationError({"grid": elsewhere_text(now)})
    if now:
        _end(now, actor, _("Moved to %(grid)s.") % {"grid": grid.full_name}, at)
    enrolment = MemberEnrolment(
        grid=grid, user=user, organisation=organisation, since=timezone.localdate(at), is_demo=is_demo
    )
    enrolment.save()
    record(enrolment, EnrolmentAction.APPLY, actor, at)
    write_offers(enrolment, offers, timezone.localdate(at))
    return enrolment


def _current(user: User) -> MemberEnrolment | None:
    return user.enrolments.current().select_related("grid", "organisation", "place", "post__grid").first()


def _places_of(enrolment: Enrolment | None) -> list[Grid]:
    """The grids that ending or placing the enrolment anew would touch."""
    if enrolment is None:
        return []
    post = getattr(enrolment, "post", None)
    return [enrolment.grid, *([post.grid] if post else [])]


def _settled(grid: Grid, *others: Grid) -> Grid:
    """The community as it is now, held with the others; ValidationError for what nobody reports to."""
    (grid, *_others) = Grid.objects.settle_all(dict.fromkeys([grid, *others]))
    if grid.level != Level.COMMUNITY:
        raise ValidationError({"grid": _("Choose a community; one reports to no other grid.")})
    if grid.retired_at:
        raise ValidationError({"grid": _("%(grid)s is retired. Choose the community in its place.") % {"grid": grid}})
    return grid


def _check_reporting(user: User, organisation: Organisation) -> None:
    if not user.is_active:
        raise ValidationError(_("The account of %(user)s has been closed.") % {"user": user})
    if organisation.dissolved_at:
        raise ValidationError({"organisation": _("%(organisation)s is dissolved.") % {"organisation": organisation}})


def _same(now: MemberEnrolment, organisation: Organisation) -> MemberEnrolment:
    if now.organisation_id == organisation.pk:
        return now
    said = {"grid": now.grid.name, "organisation": now.organisation, "day": now.since}
    raise ValidationError(
        {
            "organisation": _(
                "%(grid)s has the report since %(day)s, as of %(organisation)s. End that first, then report anew."
            )
            % said
        }
    )


def elsewhere_text(now: MemberEnrolment) -> str:
    """Where somebody is enrolled already, since when, and what to do."""
    return _(
        "Enrolled in %(grid)s since %(day)s. One person is enrolled in one community: move, which ends it there, or "
        "stay."
    ) % {"grid": now.grid.full_name, "day": now.since}


@transaction.atomic
def enrol_organisation(
    *,
    actor: User | None,
    organisation: Organisation,
    grid: Grid,
    offers: Sequence[Giving] = (),
    contact: User | None = None,
    since: date | None = None,
    until: date | None = None,
    is_demo: bool = False,
    at: datetime | None = None,
) -> OrganisationEnrolment:
    """Report an organisation to a community: what it offers, from when to when, and who is asked.

    The very same report again is the one there is; one whose time has run out ends as the new one begins.
    """
    at = aware_now(at)
    grid = _settled(grid)
    if actor is not None and not (may_report_for(actor, organisation) or may_run_for(actor, grid)):
        raise PermissionDenied(_("Who represents the organisation reports for it, or the community enters it."))
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    today = timezone.localdate(at)
    given = OrganisationEnrolment(
        grid=grid, organisation=organisation, contact=contact, since=since or today, until=until, applied_by=actor,
        is_demo=is_demo,
    )  # fmt: skip
    _check_organisation(given)
    now = organisation.enrolments.current().filter(grid=grid).select_related("grid").first()
    if now and now.is_over(today):
        _end(now, actor, _("Its time has run out; it reports anew."), at)
    elif now:
        return _same_report(now, given)
    given.save()
    record(given, EnrolmentAction.APPLY, actor, at)
    write_offers(given, offers, today)
    return given


def _check_organisation(given: OrganisationEnrolment) -> None:
    errors = {}
    if given.organisation.dissolved_at:
        errors["organisation"] = _("%(organisation)s is dissolved.") % {"organisation": given.organisation}
    if given.contact and not given.contact.is_active:
        errors["contact"] = _("The account of %(user)s has been closed.") % {"user": given.contact}
    for name in ("since", "until"):
        day = getattr(given, name)
        if day and day.year not in YEARS:
            errors[name] = _("Choose a day from %(first)d to %(last)d.") % {"first": YEARS[0], "last": YEARS[-1]}
    if given.until and given.until < given.since and not errors:
        errors["until"] = _("It ends after it began.")
    if errors:
        raise ValidationError(errors)


def _same_report(now: OrganisationEnrolment, given: OrganisationEnrolment) -> OrganisationEnrolment:
    names = ("contact_id", "since", "until")
    if all(getattr(now, name) == getattr(given, name) for name in names):
        return now
    said = {"grid": now.grid.name, "day": now.since}
    text = _("It has reported to %(grid)s since %(day)s already. What it offers and until when is changed there.")
    raise ValidationError({"grid": text % said})


# Answering


def confirm_enrolment(*, actor: User | None, enrolment: Row, at: datetime | None = None) -> Row:
    """Take the report; taken already: as it was."""
    return _answer(actor, enrolment, EnrolmentAction.CONFIRM, "", at)


def refuse_enrolment(*, actor: User | None, enrolment: Row, text: str, at: datetime | None = None) -> Row:
    """Refuse the report with a reason that whoever reported reads; refused already: as it was."""
    return _answer(actor, enrolment, EnrolmentAction.REFUSE, text, at)


def end_enrolment(*, actor: User | None, enrolment: Row, text: str, at: datetime | None = None) -> Row:
    """End it with a reason, and with it the post that came with the placing; ended already: as it was."""
    return _answer(actor, enrolment, EnrolmentAction.END, text, at)


@transaction.atomic
def confirm_enrolments(
    *, actor: User | None, enrolments: Iterable[MemberEnrolment], at: datetime | None = None
) -> list[MemberEnrolment]:
    """Take many reports, all or none; those answered meanwhile stay as they are. Returns what was taken."""
    at, taken = aware_now(at), []
    for enrolment in sorted(enrolments, key=lambda one: one.pk):
        if enrolment.state == EnrolmentState.APPLIED:
            locked = _locked(enrolment)
            if locked.state == EnrolmentState.APPLIED:
                taken.append(_take(locked, EnrolmentAction.CONFIRM, actor, "", at))
    return taken


@transaction.atomic
def _answer(actor: User | None, enrolment: Row, action: EnrolmentAction, text: str, at: datetime | None) -> Row:
    enrolment = _locked(enrolment)
    move = TABLE[action]
    if enrolment.state == move.to and move.sides & sides_of(actor, enrolment):
        return enrolment
    return _take(enrolment, action, actor, text, aware_now(at))


def _take(enrolment: Row, action: EnrolmentAction, actor: User | None, text: str, at: datetime) -> Row:
    check_open(enrolment, action, actor)
    text = text.strip()
    if TABLE[action].needs_text and says_nothing(text):
        raise ValidationError({"text": _("Say why; the other side reads it.")})
    if action == EnrolmentAction.END:
        return _end(enrolment, actor, text, at)
    enrolment.state = TABLE[action].to
    enrolment.save(update_fields=["state"])
    _tell(record(enrolment, action, actor, at, text), enrolment, actor)
    return enrolment


def _end(enrolment: Row, actor: User | None, text: str, at: datetime) -> Row:
    """It ends today, though not before it began; so does the post."""
    today = max(timezone.localdate(at), enrolment.since)
    enrolment.state = EnrolmentState.ENDED
    if isinstance(enrolment, MemberEnrolment):
        enrolment.ended_on = today
        enrolment.save(update_fields=["state", "ended_on"])
        _end_post(enrolment.post, at)
    else:
        enrolment.until = min(enrolment.until or today, today)
        enrolment.save(update_fields=["state", "until"])
    _tell(record(enrolment, EnrolmentAction.END, actor, at, text), enrolment, actor)
    return enrolment


# Placing


@transaction.atomic
def place_member(
    *,
    actor: User | None,
    enrolment: MemberEnrolment,
    place: Grid,
    with_post: bool = False,
    at: datetime | None = None,
) -> MemberEnrolment:
    """Let the member serve with a grid of the community, if wished with a post of volunteers; so already: as it was."""
    at = aware_now(at)
    (place, *_others) = Grid.objects.settle_all(dict.fromkeys([place, *_places_of(enrolment)]))
    enrolment = _locked(enrolment)
    check_open(enrolment, EnrolmentAction.PLACE, actor)
    if not enrolment.grid.lft <= place.lft <= enrolment.grid.rght or place.retired_at:
        raise ValidationError({"place": _("Choose a grid of %(grid)s that is in use.") % {"grid": enrolment.grid.name}})
    has_post = bool(enrolment.post and enrolment.post.is_active)
    if enrolment.state == EnrolmentState.PLACED and (enrolment.place_id, has_post) == (place.pk, with_post):
        return enrolment
    post = enrolment.post if has_post and with_post and enrolment.place_id == place.pk else None
    if post is None:
        _end_post(enrolment.post, at)
        post = _new_post(enrolment, place, actor, at) if with_post else None
    enrolment.state, enrolment.place, enrolment.post = EnrolmentState.PLACED, place, post
    enrolment.save(update_fields=["state", "place", "post"])
    text = _("%(place)s, with a post of volunteers") if post else "%(place)s"
    _tell(record(enrolment, EnrolmentAction.PLACE, actor, at, text % {"place": place.name}), enrolment, actor)
    return enrolment


def _new_post(enrolment: MemberEnrolment, place: Grid, actor: User | None, at: datetime) -> Post | None:
    """A volunteer's post; None where the member holds such a post by themselves, which is not ours to end.

    Who acts for the community may give this one post inside it: the placing is the right, so beside who manages the
    grid nobody needs a further one, and the history says who placed.
    """
    if Post.objects.active().filter(user=enrolment.user, role=Role.STAFF, grid=place).exists():
        return None
    appointer = actor if actor and may_manage(actor, place) else None
    skills = [offer.skill.name for offer in enrolment.offers.filter(withdrawn_on=None).select_related("skill")]
    try:
        return appoint(
            actor=appointer, user=enrolment.user, role=Role.STAFF, grid=place, source=StaffSource.VOLUNTEER, at=at,
            duties=_("Volunteer service: %(skills)s") % {"skills": "、".join(skills) or _("as agreed")},
        )  # fmt: skip
    except ValidationError as error:  # its fields are those of a post, the form's are not
        raise ValidationError({"place": error.messages}) from error


def _end_post(post: Post | None, at: datetime) -> None:
    if post and post.is_active:
        end_posts(actor=None, posts=[post], at=max(at, post.started_at))


# What they share


def _locked(enrolment: Row) -> Row:
    """The enrolment as it is now, its grids and whoever reported held before it."""
    Grid.objects.settle_all(dict.fromkeys(_places_of(enrolment)))
    _hold_reporter(enrolment)
    related = ("grid", "organisation__grid")
    related += ("user", "place", "post__grid", "post__user") if isinstance(enrolment, MemberEnrolment) else ()
    return lock_row(type(enrolment).objects.select_related(*related), enrolment.pk)


def _hold_reporter(enrolment: Enrolment) -> None:
    """So that nobody moves elsewhere, or reports anew, while the enrolment is answered, placed or ended."""
    is_member = isinstance(enrolment, MemberEnrolment)
    model, pk = (User, enrolment.user_id) if is_member else (Organisation, enrolment.organisation_id)
    model.objects.select_for_update(no_key=True).values_list("pk").get(pk=pk)


def check_open(enrolment: Enrolment, action: EnrolmentAction, actor: User | None) -> None:
    """PermissionDenied or StateConflict unless the table opens the action to the actor."""
    check_move(TABLE, EnrolmentState(enrolment.state), action, sides_of(actor, enrolment))


def record(
    enrolment: Enrolment, action: EnrolmentAction, actor: User | None, at: datetime, text: str = ""
) -> EnrolmentStep:
    """The entry of the history; the enrolment stands as the action left it."""
    key = "member_enrolment" if isinstance(enrolment, MemberEnrolment) else "organisation_enrolment"
    step = EnrolmentStep(action=action, to_state=enrolment.state, text=text, by=actor, at=at, **{key: enrolment})
    step.clean_fields(exclude=["member_enrolment", "organisation_enrolment", "by"])
    step.save()
    return step


SENTENCES = {
    EnrolmentAction.CONFIRM: lambda: _("%(grid)s has confirmed the report."),
    EnrolmentAction.REFUSE: lambda: _("%(grid)s has not taken the report; it says why."),
    EnrolmentAction.PLACE: lambda: _("%(grid)s has said where you serve."),
    EnrolmentAction.END: lambda: _("The enrolment in %(grid)s has ended."),
}


def _tell(step: EnrolmentStep, enrolment: Enrolment, actor: User | None) -> None:
    """Those who reported, unless it was they who did it."""
    if isinstance(enrolment, MemberEnrolment):
        users, url = [enrolment.user], reverse("enrolment_mine")
    else:
        users = list(enrolment.organisation.representatives.all())
        url = reverse("organisation_enrolment_detail", args=[enrolment.pk])
    text = SENTENCES[EnrolmentAction(step.action)]() % {"grid": enrolment.grid.name}
    others = [user for user in users if user != actor]
    notify(users=others, text=text, url=url, key=f"enrolment-step-{step.pk}", at=step.at)


# What is offered


@transaction.atomic
def change_offers(*, actor: User | None, enrolment: Row, offers: Sequence[Giving], at: datetime | None = None) -> Row:
    """Let just these be offered from now on; the same again changes nothing."""
    at = aware_now(at)
    enrolment = _locked(enrolment)
    check_open(enrolment, EnrolmentAction.CHANGE, actor)
    if write_offers(enrolment, offers, timezone.localdate(at)):
        record(enrolment, EnrolmentAction.CHANGE, actor, at)
    return enrolment


@transaction.atomic
def change_organisation_enrolment(
    *,
    actor: User | None,
    enrolment: OrganisationEnrolment,
    offers: Sequence[Giving],
    contact: User | None,
    until: date | None,
    at: datetime | None = None,
) -> OrganisationEnrolment:
    """Who is asked, until when, and what is offered; the same again changes nothing."""
    at = aware_now(at)
    enrolment = _locked(enrolment)
    check_open(enrolment, EnrolmentAction.CHANGE, actor)
    is_same = (enrolment.contact, enrolment.until) == (contact, until)
    enrolment.contact, enrolment.until = contact, until
    if not is_same:
        _check_organisation(enrolment)
        enrolment.save(update_fields=["contact", "until"])
    if write_offers(enrolment, offers, timezone.localdate(at)) or not is_same:
        record(enrolment, EnrolmentAction.CHANGE, actor, at)
    return enrolment
