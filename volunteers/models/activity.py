"""Activities: what, where and when, who joins, who was there, what is told of it, and certificates of the hours."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import Branch, Picture
from grids.models import Grid, Placed, PlacedQuerySet, User, validate_printable
from grids.text import TEXT_LENGTH, TITLE_LENGTH, long_text
from volunteers.activities.workflow import COMING, TOOK_PLACE, ActivityAction, ActivityState
from volunteers.models.skill import Skill
from volunteers.models.step import Step

PLACE_LENGTH = 200
MOST_PLACES = 500  # as many names fit on a list that somebody ticks at the door
PLACES_TEXT = _("From 1 to 500 places; leave it empty for as many as come.")
CODE_LENGTH = 16  # of 24 letters each: 73 bits, which nobody finds by trying
MINUTE = Decimal(60)
CENT = Decimal("0.01")


class ActivityKind(models.Model):
    """What kind of activity it is, from a list that is edited in the administration."""

    name = models.CharField(_("name"), max_length=32, unique=True, validators=[validate_printable])
    ordinal = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("kind of activity")
        verbose_name_plural = _("kinds of activities")
        ordering = ["ordinal", "name"]

    def __str__(self) -> str:
        return self.name


class ActivityQuerySet(PlacedQuerySet):
    def of(self, organiser: Branch | Grid):
        """Those of a branch, or those on a grid and below it."""
        return self.filter(branch=organiser) if isinstance(organiser, Branch) else self.within(organiser)

    def upcoming(self, at: datetime):
        """Still to be held or under way, the next one first."""
        return self.filter(state__in=COMING, ends_at__gte=at).order_by("starts_at", "pk")

    def past(self, at: datetime):
        """Held, called off, or over with nobody having noted it; the last one first."""
        return self.exclude(state__in=COMING, ends_at__gte=at).order_by("-starts_at", "-pk")

    def to_join(self, at: datetime):
        """Published, and not begun."""
        return self.filter(state=ActivityState.PUBLISHED, starts_at__gt=at).order_by("starts_at", "pk")

    def public(self):
        """Those that everybody may read of: published or held, unless they are for members alone."""
        return self.filter(is_public=True).exclude(state__in=[ActivityState.PLANNED, ActivityState.CALLED_OFF])

    def held(self):
        return self.filter(state__in=TOOK_PLACE)

    def with_related(self):
        return self.select_related("grid", "branch", "kind", "planned_by")

    def with_counts(self):
        """`joined` and `waiting`: how many of each."""
        status = Participation.Status
        return self.annotate(
            joined=Count("participations", filter=Q(participations__status=status.JOINED)),
            waiting=Count("participations", filter=Q(participations__status=status.WAITING)),
        )


class Activity(Placed):
    """Something that people do together for a branch or a grid; `grid` is where, or the branch's seat."""

    branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="activities", verbose_name=_("branch")
    )
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="activities", verbose_name=_("grid"))
    kind = models.ForeignKey(ActivityKind, models.PROTECT, related_name="activities", verbose_name=_("kind"))
    title = models.CharField(
        pgettext_lazy("activity", "title"), max_length=TITLE_LENGTH, validators=[validate_printable]
    )
    place = models.CharField(
        pgettext_lazy("activity", "place"), max_length=PLACE_LENGTH, validators=[validate_printable]
    )
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    places = models.PositiveSmallIntegerField(pgettext_lazy("activity", "places"), null=True, blank=True)
    needs = models.TextField(_("what is needed"), max_length=TEXT_LENGTH, blank=True, validators=long_text)
    skills = models.ManyToManyField(Skill, blank=True, related_name="activities", verbose_name=_("skills"))
    is_public = models.BooleanField(_("told of on the public page"), default=True)
    state = models.CharField(_("state"), max_length=16, choices=ActivityState, default=ActivityState.PLANNED)
    planned_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="activities_planned",
        verbose_name=pgettext_lazy("activity", "planned by"),
    )
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True, editable=False)
    report = models.TextField(
        pgettext_lazy("activity", "report"), max_length=TEXT_LENGTH, blank=True, validators=long_text
    )
    reported_at = models.DateTimeField(_("reported at"), null=True, blank=True, editable=False)
    pictures = models.ManyToManyField(Picture, blank=True, related_name="activities", verbose_name=_("photos"))
    # A plan that is sent twice makes one activity of it.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-starts_at", "-pk"]
        indexes = [
            models.Index(fields=["position", "starts_at"], name="activity_place_time"),
            models.Index(fields=["starts_at"], condition=Q(state="published"), name="activity_published"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="activity_ends_after_it_begins",
                violation_error_message=_("An activity ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(places=None) | Q(places__range=(1, MOST_PLACES)),
                name="activity_has_places",
                violation_error_message=PLACES_TEXT,
            ),
            models.CheckConstraint(condition=Q(state__in=ActivityState.values), name="activity_state_known"),
            models.CheckConstraint(
                condition=Q(state=ActivityState.REPORTED) ^ Q(reported_at=None), name="activity_reported_with_a_time"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def organiser(self) -> Branch | Grid:
        """Whose activity it is."""
        return self.branch or self.grid

    @property
    def hours(self) -> Decimal:
        """How long it takes, which is what counts for everybody who was there."""
        minutes = Decimal(int((self.ends_at - self.starts_at).total_seconds() // 60))
        return (minutes / MINUTE).quantize(CENT)

    @property
    def took_place(self) -> bool:
        return self.state in TOOK_PLACE


class ParticipationQuerySet(models.QuerySet):
    def counted(self, at: datetime):
        """Hours that were served: the person was there, and the activity is over."""
        return self.filter(hours__isnull=False, activity__ends_at__lte=at).exclude(
            activity__state=ActivityState.CALLED_OFF
        )


class Participation(models.Model):
    """That somebody signed up, where they stand in the queue, and whether they were there."""

    class Status(models.TextChoices):
        JOINED = "joined", pgettext_lazy("participation", "has a place")
        WAITING = "waiting", pgettext_lazy("participation", "on the waiting list")
        LEFT = "left", pgettext_lazy("participation", "withdrew")

    class Way(models.TextChoices):
        """By whom it was noted that the person was there."""

        DOOR = "door", pgettext_lazy("participation", "by themselves at the door")
        LIST = "list", pgettext_lazy("participation", "by the organiser")

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="participations", verbose_name=_("activity"))
    user = models.ForeignKey(User, models.PROTECT, related_name="participations", verbose_name=_("person"))
    status = models.CharField(_("status"), max_length=8, choices=Status)
    queued_at = models.DateTimeField(_("signed up at"))
    attended_at = models.DateTimeField(_("noted as there at"), null=True, blank=True)
    way = models.CharField(pgettext_lazy("participation", "noted"), max_length=4, choices=Way, blank=True)
    hours = models.DecimalField(_("hours"), max_digits=5, decimal_places=2, null=True, blank=True)

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        # Of two who come at the same moment, the one whose row is the older.
        ordering = ["queued_at", "pk"]
        indexes = [models.Index(fields=["user", "status"], name="participation_of_person")]
        constraints = [
            models.UniqueConstraint(fields=["activity", "user"], name="participation_once"),
            models.CheckConstraint(
                condition=Q(attended_at=None, way="", hours=None)
                | (Q(attended_at__isnull=False, way__in=["door", "list"], hours__gt=0)),
                name="participation_hours_of_who_was_there",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["joined", "waiting", "left"]), name="participation_status_known"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.user)


class ActivityStep(Step):
    """One entry of the history of an activity."""

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="steps", verbose_name=_("activity"))
    action = models.CharField(_("action"), max_length=12, choices=ActivityAction)

    class Meta(Step.Meta):
        verbose_name = _("step of an activity")
        verbose_name_plural = _("steps of activities")

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.by_name}".strip()


class Certificate(models.Model):
    """What somebody had served when it was issued. Never edited: more hours make another one."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH, unique=True, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="certificates", verbose_name=_("person"))
    name = models.CharField(_("name of then"), max_length=64)
    hours = models.DecimalField(_("hours"), max_digits=8, decimal_places=2)
    lines = models.JSONField(_("activities"))  # of each: key of the participation, day, title, organiser, hours
    digest = models.CharField(max_length=64, editable=False)
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("certificate of service hours")
        verbose_name_plural = _("certificates of service hours")
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="certificate_once"),
            models.CheckConstraint(condition=Q(hours__gt=0), name="certificate_of_some_hours"),
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A certificate is never edited.")
        super().save(*args, **kwargs)

    def holds(self) -> bool:
        """Whether all that it certifies still stands; an organiser may have put a list right since. One query."""
        rows = Participation.objects.filter(pk__in=[line["row"] for line in self.lines], hours__isnull=False)
        hours = {pk: f"{hours:.2f}" for pk, hours in rows.values_list("pk", "hours")}
        return all(hours.get(line["row"]) == line["hours"] for line in self.lines)
