"""Joint meetings: when and where, about what, with whom, what was said, what was resolved and what became of it."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.cases import CLOSED
from branches.meetings.workflow import OPEN, TOOK_PLACE, Action, State
from branches.models.branch import Branch
from branches.models.divided import Divided
from branches.references import Reference
from grids.models import Grid, GridChange, Level, Organisation, Placed, PlacedQuerySet, User, validate_printable

TITLE_LENGTH = 120
WORD_LENGTH = 200
RESOLUTION_LENGTH = 500
MINUTES_LENGTH = 20_000


def validate_lines(text: str) -> None:
    """As `validate_printable`, for text of several lines."""
    for line in text.splitlines():
        validate_printable(line.replace("\t", " "))


class MeetingLevel(models.TextChoices):
    BRANCH = "branch", _("branch")
    COMMUNITY = "community", _("community")
    STREET = "street", _("street")
    DISTRICT = "district", _("district")


LEVELS = {
    Level.COMMUNITY: MeetingLevel.COMMUNITY,
    Level.STREET: MeetingLevel.STREET,
    Level.DISTRICT: MeetingLevel.DISTRICT,
}


class MeetingQuerySet(PlacedQuerySet):
    def of(self, convener: Branch | Grid):
        """Those of a branch, or those of a grid as a whole and of the grids that it continues, wholly or in part."""
        if isinstance(convener, Branch):
            return self.filter(branch=convener)
        # What only moved along with a part of a divided grid has a former code by that change, too.
        became = GridChange.objects.filter(codes__grid=convener, codes__code=F("old_code"))
        ended = became.filter(grid__retired_at__isnull=False)
        before = Q(grid__in=ended.values("grid")) | Q(divided_by__in=ended.values("pk"))
        return self.filter(Q(grid=convener) | before, branch=None)

    def upcoming(self):
        """Those still to be held, the next one first; one that nobody has closed yet stays among them."""
        return self.filter(state__in=OPEN).order_by("starts_at", "pk")

    def past(self):
        """Held or called off, the last one first."""
        return self.exclude(state__in=OPEN).order_by("-starts_at", "-pk")

    def held(self):
        return self.filter(state__in=TOOK_PLACE)

    def with_related(self):
        return self.select_related("grid", "branch", "convened_by")


class Meeting(Placed, Divided):
    """A joint meeting of a branch, or of a community, street or district; `grid` is that, or the branch's seat."""

    level = models.CharField(_("level"), max_length=16, choices=MeetingLevel)
    branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="meetings", verbose_name=_("branch")
    )
    title = models.CharField(
        pgettext_lazy("meeting", "title"), max_length=TITLE_LENGTH, validators=[validate_printable]
    )
    place = models.CharField(pgettext_lazy("meeting", "place"), max_length=WORD_LENGTH, validators=[validate_printable])
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.PLANNED)
    convened_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="meetings_convened", verbose_name=_("convened by")
    )
    minutes = models.TextField(
        pgettext_lazy("meeting", "minutes"), max_length=MINUTES_LENGTH, blank=True, validators=[validate_lines]
    )
    # A convening that is sent twice makes one meeting of it, and calendars know the meeting by it.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(_("version for calendars"), default=0, editable=False)
    changed_at = models.DateTimeField(_("changed at"), editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("joint meeting")
        verbose_name_plural = _("joint meetings")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["position", "starts_at"], name="meeting_place_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="meeting_ends_after_it_begins",
                violation_error_message=_("A meeting ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(level=MeetingLevel.BRANCH, branch__isnull=False)
                | (~Q(level=MeetingLevel.BRANCH) & Q(branch=None)),
                name="meeting_of_branch_or_grid",
            ),
            models.CheckConstraint(condition=Q(level__in=MeetingLevel.values), name="meeting_level_known"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="meeting_state_known"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def convener(self) -> Branch | Grid:
        """Whose meeting it is."""
        return self.branch or self.grid

    @property
    def is_open(self) -> bool:
        """Still to be held."""
        return self.state in OPEN

    @property
    def was_held(self) -> bool:
        return self.state in TOOK_PLACE


class MeetingStep(models.Model):
    """One row of a meeting's history; written once with the change it tells of."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="steps", verbose_name=_("joint meeting"))
    at = models.DateTimeField(_("at"))
    action = models.CharField(_("action"), max_length=16, choices=Action)
    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by"))
    actor_name = models.CharField(_("name of who acted"), max_length=64, blank=True)
    word = models.TextField(_("word"), blank=True)

    class Meta:
        verbose_name = _("step of a meeting")
        verbose_name_plural = _("steps of meetings")
        ordering = ["meeting", "pk"]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.get_action_display()}"


class ResolutionQuerySet(models.QuerySet):
    def unfinished(self):
        """Neither reported as done nor with a case that was closed, it or the one that it went on in."""
        over = Q(occasions__event__status=CLOSED) | Q(occasions__event__merged_into__status=CLOSED)
        return self.filter(done_at=None).exclude(pk__in=self.model.objects.filter(over).values("pk"))

    def owned_by(self, user: User):
        """Those that the person answers for, by themselves or for an organisation that they represent."""
        return self.filter(Q(owner=user) | Q(organisation__representatives=user, organisation__dissolved_at=None))

    def with_related(self):
        return self.select_related("meeting__grid", "meeting__branch", "owner", "organisation", "done_by")


class Resolution(models.Model):
    """What a meeting resolved: who sees to it until when, and what became of it. `occasions` lead to its case."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="resolutions", verbose_name=_("joint meeting"))
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    text = models.CharField(_("resolution"), max_length=RESOLUTION_LENGTH, validators=[validate_printable])
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="resolutions", verbose_name=_("person responsible")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="resolutions",
        verbose_name=_("organisation responsible"),
    )  # fmt: skip
    due_on = models.DateField(_("to be done by"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reported by")
    )
    done_word = models.CharField(
        _("what was done"), max_length=WORD_LENGTH, blank=True, validators=[validate_printable]
    )

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        verbose_name = _("resolution of a meeting")
        verbose_name_plural = _("resolutions of meetings")
        ordering = ["meeting", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "ordinal"], name="resolution_numbered_once"),
            models.CheckConstraint(
                condition=Q(owner=None, organisation__isnull=False) | Q(owner__isnull=False, organisation=None),
                name="resolution_of_one",
                violation_error_message=_("A person or an organisation sees to a resolution: choose one."),
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, done_word="") | (Q(done_at__isnull=False) & ~Q(done_word="")),
                name="resolution_done_with_a_word",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text

    @property
    def responsible(self) -> User | Organisation:
        return self.owner or self.organisation

    def is_late(self, at: datetime | None = None) -> bool:
        """Past its day and not reported as done; whether a case has settled it is another question."""
        return self.done_at is None and self.due_on < timezone.localdate(at)


class AgendaItem(Reference):
    """A point of the agenda: a pointer, an unfinished resolution, or free text, which has neither."""

    kind = models.CharField(_("kind"), max_length=16, blank=True)
    key = models.CharField(_("key"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=RESOLUTION_LENGTH, validators=[validate_printable])
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="agenda", verbose_name=_("joint meeting"))
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    why = models.CharField(_("why it is on the agenda"), max_length=WORD_LENGTH, blank=True)

    class Meta:
        verbose_name = _("point of an agenda")
        verbose_name_plural = _("points of agendas")
        ordering = ["meeting", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "ordinal"], name="agenda_numbered_once"),
            models.CheckConstraint(
                condition=Q(kind="", key="") | ~(Q(kind="") | Q(key="")), name="agenda_points_whole_or_not"
            ),
        ]


class Answer(models.TextChoices):
    YES = "yes", pgettext_lazy("invitation", "will come")
    NO = "no", pgettext_lazy("invitation", "cannot come")
    LATER = "later", pgettext_lazy("invitation", "not sure yet")


class InvitationQuerySet(models.QuerySet):
    def of(self, user: User):
        """Those of the person, and of the organisations that they represent."""
        return self.filter(Q(person=user) | Q(organisation__representatives=user, organisation__dissolved_at=None))


class Invitation(models.Model):
    """That a person or an organisation is asked to a meeting, what they answer, and whether they were there."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="invitations", verbose_name=_("joint meeting"))
    person = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="invitations", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="invitations",
        verbose_name=_("organisation"),
    )  # fmt: skip
    answer = models.CharField(_("answer"), max_length=8, choices=Answer, blank=True)
    word = models.CharField(_("word"), max_length=WORD_LENGTH, blank=True, validators=[validate_printable])
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    attended = models.BooleanField(_("was there"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["meeting", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "person"], name="invitation_once_for_person"),
            models.UniqueConstraint(fields=["meeting", "organisation"], name="invitation_once_for_organisation"),
            models.CheckConstraint(
                condition=Q(person=None, organisation__isnull=False) | Q(person__isnull=False, organisation=None),
                name="invitation_of_one",
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["", *Answer.values]), name="invitation_answer_known"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.invited)

    @property
    def invited(self) -> User | Organisation:
        return self.person or self.organisation


class CalendarKey(models.Model):
    """What opens a person's calendar of meetings without a login; renewed, the old address is dead.

    Kept as its hash, so that no dump of the database opens anybody's calendar.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="calendar_key", verbose_name=_("person"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    renewed_at = models.DateTimeField(_("renewed at"), editable=False)

    class Meta:
        verbose_name = _("key to a calendar")
        verbose_name_plural = _("keys to calendars")

    def __str__(self) -> str:
        return str(self.user)
