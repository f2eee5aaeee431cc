"""Work lists (工作清单): items that one grid issues, and what the grids below make of them."""

from datetime import date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models.branch import Branch
from branches.models.divided import Divided, read_along_by
from branches.references import Reference
from branches.worklists.workflow import UNDER_WAY, ClaimAction, ClaimState
from grids.access import INSPECTORS, inspected_ranges, overseen_posts, visible_grids, within
from grids.models import Grid, Level, Placed, PlacedQuerySet, User, validate_printable
from grids.text import TEXT_LENGTH, long_text, plain_text
from grids.tree import ancestor_codes

ITEM_LENGTH = 200
SOON_DAYS = 7


class WorkListQuerySet(models.QuerySet):
    def visible_to(self, user: User):
        """Drafts to who issues them; the others to everybody at work in the grid that issued them, or in a branch."""
        if not user.is_active:
            return self.none()
        below = Q(grid__in=visible_grids(user)) | Q(grid__code__in=_codes_over_branches(user)) | read_along_by(user)
        return self.filter(below & ~Q(state="draft") | within(inspected_ranges(user)))


def _codes_over_branches(user: User) -> set[str]:
    """Of the seats of the branches that the user leads, and of all above them."""
    seats = Branch.objects.led_by(user).values_list("grid__code", flat=True)
    return {code for seat in seats for code in (seat, *ancestor_codes(seat))}


class WorkList(Placed, Divided):
    """A list of items for the grids below `grid`, which issues it; what was issued is not rewritten."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ISSUED = "issued", _("issued")
        CLOSED = "closed", _("closed list")

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="work_lists", verbose_name=_("issued by"))
    title = models.CharField(_("title"), max_length=80, validators=[validate_printable])
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT, editable=False)
    copied_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="copies", verbose_name=_("copied from")
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("drafted by")
    )
    created_at = models.DateTimeField(_("drafted at"))
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("released by")
    )
    issued_at = models.DateTimeField(_("released at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = WorkListQuerySet.as_manager()

    class Meta:
        verbose_name = _("work list")
        verbose_name_plural = _("work lists")
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["copied_from", "year"], name="work_list_copied_once_for_a_year"),
            models.UniqueConstraint(fields=["created_by", "idempotency_key"], name="work_list_drafted_once"),
            models.CheckConstraint(condition=Q(state__in=["draft", "issued", "closed"]), name="work_list_state_known"),
            models.CheckConstraint(
                condition=Q(state="draft", issued_at=None) | (~Q(state="draft") & Q(issued_at__isnull=False)),
                name="work_list_issued_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at=None)),
                name="work_list_closed_at_a_time",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.title} ({self.year})"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_under_way(self) -> bool:
        return self.state == self.State.ISSUED

    def today(self, at: datetime) -> date:
        """The day that lateness is measured by: a closed list's clock stopped when it was closed."""
        return timezone.localdate(self.closed_at or at)


class WorkItemQuerySet(models.QuerySet):
    def to_claim(self):
        """Those that the grids themselves may claim."""
        return self.filter(is_mandatory=False, work_list__state=WorkList.State.ISSUED)


class WorkItem(models.Model):
    """Something to be done, by when, and what counts as done; a mandatory one is assigned when the list is issued."""

    work_list = models.ForeignKey(WorkList, models.CASCADE, related_name="items", verbose_name=_("work list"))
    ordinal = models.PositiveSmallIntegerField(_("number"))
    text = models.CharField(_("what is to be done"), max_length=ITEM_LENGTH, validators=plain_text)
    done_when = models.TextField(_("what counts as done"), validators=long_text)
    for_streets = models.BooleanField(_("for streets"), default=False)
    for_communities = models.BooleanField(_("for communities"), default=False)
    due_on = models.DateField(_("due on"))
    is_mandatory = models.BooleanField(_("mandatory"), default=True)

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item of a work list")
        verbose_name_plural = _("items of a work list")
        ordering = ["work_list", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["work_list", "ordinal"], name="work_item_has_its_number"),
            models.CheckConstraint(
                condition=Q(for_streets=True) | Q(for_communities=True),
                name="work_item_is_for_somebody",
                violation_error_message=_("Say for which levels the item is."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.ordinal}. {self.text}"

    @property
    def levels(self) -> list[Level]:
        """Whose it is, the highest first."""
        asked = ((Level.STREET, self.for_streets), (Level.COMMUNITY, self.for_communities))
        return [level for level, is_asked in asked if is_asked]

    def is_past_due(self, at: datetime) -> bool:
        """The day itself is still in time."""
        return self.work_list.today(at) > self.due_on


class ClaimQuerySet(PlacedQuerySet):
    def active(self):
        return self.exclude(state=ClaimState.WITHDRAWN)

    def visible_to(self, user: User):
        """Those on the grids that the user may see, and those that a branch they lead, or they themselves, do."""
        if not user.is_active:
            return self.none()
        led = Q(grid__in=Branch.objects.covers_led_by(user).values("grid"))
        return self.filter(Q(grid__in=visible_grids(user)) | led | read_along_by(user) | Q(responsible=user))

    def under_way(self):
        """Still to be reported, in lists that are not closed."""
        return self.filter(state__in=UNDER_WAY, item__work_list__state=WorkList.State.ISSUED)

    def late(self, at: datetime):
        """Not reported though the day has passed; of a closed list, had passed when it was closed."""
        passed = Q(item__work_list__closed_at=None, item__due_on__lt=timezone.localdate(at))
        had_passed = Q(item__work_list__closed_at__date__gt=F("item__due_on"))
        return self.filter(passed | had_passed, state__in=UNDER_WAY)

    def done_by(self, user: User):
        """What waits for this person to do it: on the very grids that they, or a branch they lead, answer for."""
        own = [post.grid_id for post in overseen_posts(user)]
        branches = Branch.objects.covers_led_by(user).values("grid")
        return self.filter(Q(grid__in=own) | Q(grid__in=branches) | Q(responsible=user))

    def to_be_judged_by(self, user: User):
        """What was reported to the very grids that they answer for: parts to the street, the rest one level up."""
        own = [post.grid_id for post in overseen_posts(user)]
        issuing = [post.grid_id for post in overseen_posts(user) if post.role in INSPECTORS]
        handed = Q(parent__grid__in=own) | Q(parent=None, grid__parent__in=issuing)
        return self.filter(handed, state=ClaimState.REPORTED, item__work_list__state=WorkList.State.ISSUED)


class Claim(Placed, Divided):
    """That a street or community does an item; split downward, its parts point to it."""

    item = models.ForeignKey(WorkItem, models.PROTECT, related_name="claims", verbose_name=_("item of a work list"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("part of")
    )
    state = models.CharField(_("state"), max_length=12, choices=ClaimState, default=ClaimState.OPEN)
    is_assigned = models.BooleanField(_("assigned"), default=False)
    responsible = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("who answers for it")
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    taken_at = models.DateTimeField(_("claimed or assigned at"))
    reported_on = models.DateField(_("reported on"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["item", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "grid"],
                condition=~Q(state="withdrawn"),
                name="claim_once_for_each_grid",
                violation_error_message=_("The grid has this item already."),
            ),
            models.CheckConstraint(condition=Q(state__in=ClaimState.values), name="claim_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["reported", "accepted"]) | Q(reported_on__isnull=False),
                name="claim_judged_after_report",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["item", "state", "position"], name="claim_by_item")]

    def __str__(self) -> str:
        return f"{self.grid.name} · {self.item}"

    def is_late(self, at: datetime) -> bool:
        return self.state in UNDER_WAY and self.item.is_past_due(at)

    @property
    def is_reported_late(self) -> bool:
        return bool(self.reported_on and self.state not in UNDER_WAY and self.reported_on > self.item.due_on)

    def days_left(self, at: datetime) -> int:
        """Until the day it is due, negative afterwards."""
        return (self.item.due_on - self.item.work_list.today(at)).days


class ClaimStep(models.Model):
    """One entry of a claim's history, never edited; a report and a decision are each made once for each round."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="steps", verbose_name=_("claim"))
    action = models.CharField(_("action"), max_length=12, choices=ClaimAction)
    to_state = models.CharField(_("state afterwards"), max_length=12, choices=ClaimState)
    round = models.PositiveSmallIntegerField(_("round"))
    text = models.TextField(_("text"), max_length=TEXT_LENGTH, blank=True, validators=long_text)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by whom"))
    by_name = models.CharField(_("name of who did it"), max_length=64, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step of a claim")
        verbose_name_plural = _("steps of claims")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "round"], condition=Q(action="report"), name="claim_reported_once_a_round"
            ),
            models.UniqueConstraint(
                fields=["claim", "round"],
                condition=Q(action__in=["accept", "send_back"]),
                name="claim_decided_once_a_round",
            ),
            models.CheckConstraint(
                condition=~Q(action__in=["report", "send_back"]) | ~Q(text=""), name="claim_step_says_why"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.by_name}".strip()


class Evidence(Reference):
    """A case, a meeting or the like that a report points to."""

    step = models.ForeignKey(ClaimStep, models.PROTECT, related_name="evidence", verbose_name=_("report"))

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["step", "kind", "key"], name="evidence_given_once")]


def in_year(day: date, year: int) -> date:
    """The same day of another year; 29 February becomes the 28th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
