"""Who may see, run and answer for joint meetings, and make cases of what they resolved."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from branches.access import may_run, may_run_for, visible_branches
from branches.meetings.workflow import State
from branches.models import Branch, Invitation, Meeting, Resolution
from branches.models.divided import read_along_by
from grids.access import may_oversee, overseen_ranges, ranges, within, workable_grids
from grids.models import Grid, User


def visible_meetings(user: User) -> QuerySet[Meeting]:
    """What was convened in the user's area or by a branch that they see, and what they are asked to.

    The meetings of a whole grid above one's own are for who is asked; one in preparation is for those who prepare it.
    """
    if not user.is_active:
        return Meeting.objects.none()
    invited = Q(pk__in=Invitation.objects.of(user).values("meeting"))
    inside = within(ranges(user)) | Q(grid__in=workable_grids(user))
    around = (Q(branch=None) & (inside | read_along_by(user))) | Q(branch__in=visible_branches(user))
    prepared = Q(state=State.PLANNED)
    return Meeting.objects.filter((~prepared & (invited | around)) | (prepared & run_by(user)))


def run_by(user: User) -> Q:
    """Those that the user may run, as `may_run_meeting` says of one."""
    own = Q(branch__in=Branch.objects.led_by(user)) | (Q(branch=None) & within(Branch.objects.ranges_led_by(user)))
    return within(overseen_ranges(user)) | own


def get_meeting(user: User, pk: int) -> Meeting:
    """The meeting; 404 where the user may not see it."""
    return get_object_or_404(visible_meetings(user).with_related(), pk=pk)


def get_meeting_to_run(user: User, pk: int) -> Meeting:
    """The meeting, for who runs it; 404 out of sight, PermissionDenied for who only looks on."""
    meeting = get_meeting(user, pk)
    check_may_run_meeting(user, meeting)
    return meeting


def may_convene(user: User, convener: Branch | Grid) -> bool:
    """Whether the user may call the branch or the grid together."""
    return may_run(user, convener) if isinstance(convener, Branch) else may_run_for(user, convener)


def may_run_meeting(user: User, meeting: Meeting) -> bool:
    """Who may call it together again, and for what a dissolved branch left who answers for its grid."""
    return may_oversee(user, meeting.grid) or may_convene(user, meeting.convener)


def check_may_run_meeting(actor: User | None, meeting: Meeting) -> None:
    """PermissionDenied unless the actor may run the meeting; a command, actor None, always may."""
    if actor is not None and not may_run_meeting(actor, meeting):
        raise PermissionDenied(_("You do not run this meeting."))


def check_may_convene(actor: User | None, convener: Branch | Grid) -> None:
    """PermissionDenied unless the actor may call it together; a command, actor None, always may."""
    if actor is not None and not may_convene(actor, convener):
        raise PermissionDenied(_("You do not call %(convener)s together.") % {"convener": convener})


def represents(user: User, organisation_id: int | None) -> bool:
    """Whether the user speaks for the organisation."""
    if organisation_id is None or not user.is_active:
        return False
    return user.organisations.active().filter(pk=organisation_id).exists()


def may_answer(user: User, invitation: Invitation) -> bool:
    return user.pk == invitation.person_id or represents(user, invitation.organisation_id)


def answers_for(user: User, resolution: Resolution) -> bool:
    """Whether the user sees to the resolution: who it was given to, or who runs the meeting."""
    if user.pk == resolution.owner_id or represents(user, resolution.organisation_id):
        return user.is_active
    return may_run_meeting(user, resolution.meeting)


def resolution_to_file(user: User, pk: int) -> Resolution | None:
    """The resolution, if it is not done and the user may make a case of it, as who answers for it."""
    found = Resolution.objects.with_related().filter(pk=pk, done_at=None, meeting__in=visible_meetings(user)).first()
    return found if found and answers_for(user, found) else None
