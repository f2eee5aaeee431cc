"""The event as it stands, and the questions asked of events."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Branch
from events.models.catalogue import Category
from events.nearness import (
    ELSEWHERE,
    LATITUDES,
    LONGITUDES,
    Point,
    latitude_range,
    longitude_range,
    near,
    point_of,
)
from events.searching import read_search
from events.text import PLACE_LENGTH, TEXT_LENGTH, TITLE_LENGTH, long_text, plain_text
from events.workflow import (
    CONCLUDING,
    DESK_ROLES,
    OPEN,
    UPPER_ROLES,
    Case,
    Loop,
    Membership,
    Office,
    Outcome,
    Rating,
    Request,
    Side,
    Status,
    Urgency,
    sides,
)
from grids.access import merged, policed_ranges, ranges, within
from grids.models import Grid, Level, Organisation, Placed, Post, Role, User
from grids.tree import community_code, interval, parent_code

NEAR = 50  # metres
ALIKE_WITHIN = timedelta(weeks=12)


class EventQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status__in=OPEN)

    def overdue(self, at=None):
        return self.open().filter(due_at__lt=at or timezone.now())

    def profiled(self):
        """With the columns that figures ask for and the row itself does not have."""
        return self.alias(
            is_accepted=ExpressionWrapper(Q(accepted_at__isnull=False), models.BooleanField()),
            is_late=ExpressionWrapper(Q(late_at__isnull=False), models.BooleanField()),
        )

    def inside(self, grid: Grid):
        """What happened anywhere in the subtree of the grid."""
        return self.filter(position__range=(grid.lft, grid.rght))

    def alike(self, *, category: Category, grid: Grid, at: datetime, point: Point | None = None):
        """What may be the same as something of this category reported there at that time, newest first.

        In the same building, or above buildings on the very grid, or within 50 metres in the same community; of the
        last twelve weeks. Never a clue report.
        """
        if category.is_confidential:
            return self.none()
        there = Q(position__range=interval(_building_code(grid))) if grid.level >= Level.BUILDING else Q(grid=grid)
        community = community_code(grid.code)
        if point and community:  # anybody can make up a position, but not who answers for it
            there |= near(point, NEAR) & Q(position__range=interval(community))
        lately = {"filed_at__range": (at - ALIKE_WITHIN, at)}
        return self.filter(there, category=category, is_confidential=False, **lately).order_by("-filed_at", "-pk")

    def held_above(self, grid: Grid):
        """Those whose holder also answers for this place: a report from there may go on in them."""
        return self.filter(holder__lft__lte=grid.lft, holder__rght__gte=grid.lft)

    def filed_lately(self, at: datetime):
        """What was filed within the days that make a hot spot, merged cases too: each is a report. No clue reports."""
        since = at - timedelta(days=settings.HOT_SPOT_DAYS)
        return self.filter(filed_at__range=(since, at), is_confidential=False).exclude(status=Status.VOIDED)

    def received_lately(self, at: datetime):
        """The same without hotline orders: a sheet brings those of weeks at once, and its time is not that of the
        trouble."""
        return self.filed_lately(at).filter(hotline_order=None)

    def of_branch(self, branch: Branch):
        """Those that arose on the grids which the branch covers, or below them."""
        return self.filter(within(branch.ranges))

    def concluded_by(self, user: User):
        """Those that the person ever resolved or passed the check of, and so does not re-check."""
        return self.filter(steps__actor=user, steps__action__in=CONCLUDING).distinct()

    def handled_inside(self, places: dict[User, list[Grid]]):
        """The open cases that people handle in the subtrees of grids, given for each of them."""
        condition = Q(pk__in=[])
        for user, grids in places.items():
            condition |= Q(handler=user) & within(merged((grid.lft, grid.rght) for grid in grids))
        return self.open().filter(condition)

    def visible_to(self, user: User):
        """What a person may see: what their posts cover, what they filed and what they or their organisations handle.

        Clue reports are for the reporter, the desk, the assigned handler and the police alone.
        """
        posts = user.active_posts
        own = Q(reporter=user) | (Q(handler=user) if posts else Q(pk__in=[]))
        assigned = Q(is_confidential=False, organisation__in=_represented(user))
        covered = Q() if user.is_superuser else within(ranges(user))
        desks = [post.grid_id for post in posts if post.role in DESK_ROLES]
        police = [(post.grid.lft, post.grid.rght) for post in posts if post.role == Role.POLICE]
        clues = Q(is_confidential=True) & (Q(holder__in=desks) | within(police))
        return self.filter(own | assigned | (Q(is_confidential=False) & covered) | clues)

    def waiting_for(self, user: User):
        """What only this person, or their desk, can bring forward now."""
        desks = [post.grid_id for post in user.active_posts if post.role in DESK_ROLES]
        grids = [post.grid_id for post in user.active_posts]
        # A handler who left, or works elsewhere now, can no longer resolve it.
        working = Post.objects.active().filter(
            user=OuterRef("handler"),
            user__is_active=True,
            position__gte=OuterRef("holder__lft"),
            position__lte=OuterRef("holder__rght"),
        )
        # Nor can an organisation that was dissolved, lost its people, or is elsewhere now.
        serving = Organisation.objects.working().filter(pk=OuterRef("organisation"))
        serving = serving.serving(OuterRef("holder__lft"), OuterRef("holder__rght"))
        cases = self.model.objects.order_by()
        handling, held = cases.filter(status=Status.HANDLING), cases.filter(holder__in=desks)
        # Apart, each is found by an index of its own; of all in one condition PostgreSQL takes 70 ms to make a plan.
        parts = [
            held.filter(status=Status.FILED),
            handling.filter(Exists(working), handler=user),
            handling.filter(_policed_by(user), partner=user),
            handling.filter(Exists(serving), organisation__in=_represented(user)),
            handling.filter(~Exists(working), ~Exists(serving), holder__in=desks),
            cases.filter(status=Status.RESOLVED, checker__in=grids).exclude(resolver=user),
            held.filter(reply_to__isnull=False),
            cases.filter(_to_decide(user)),
        ]
        first, *others = (part.values("pk") for part in parts)
        return self.visible_to(user).filter(pk__in=first.union(*others))

    def search(self, words: str):
        """What every word fits, by text, place, number, or as the name of somebody; see `events.searching`."""
        return self.filter(read_search(words).condition())

    def with_related(self):
        return self.select_related(
            "category", "grid", "holder", "checker", "handler", "organisation", "partner", "reporter"
        )

    def with_people(self):
        """As `with_related`, and whom the organisation that handles it sends."""
        return self.with_related().prefetch_related("organisation__representatives")


def _building_code(grid: Grid) -> str:
    return grid.code if grid.level == Level.BUILDING else parent_code(grid.code)


def _to_decide(user: User) -> Q:
    """The requests of desks below, which an official or chief above decides."""
    condition = Q(pk__in=[])
    for post in user.active_posts:
        if post.role in UPPER_ROLES:
            inside = Q(position__range=(post.grid.lft, post.grid.rght), holder__lft__gt=post.grid.lft)
            condition |= ~Q(request="") & Q(is_confidential=False) & inside
    return condition


def _policed_by(user: User) -> Q:
    """Where they are a police officer: who is none there any more handles nothing together with anybody."""
    return within(policed_ranges(user))


def _represented(user: User) -> list[int]:
    return [organisation.pk for organisation in user.joint_organisations]


class Event(Placed):
    """A case as it stands. Its steps tell how it came here; replaying them gives this row."""

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    category = models.ForeignKey(Category, models.PROTECT, related_name="events", verbose_name=_("category"))
    title = models.CharField(_("title"), max_length=TITLE_LENGTH, validators=plain_text)
    description = models.TextField(_("description"), max_length=TEXT_LENGTH, blank=True, validators=long_text)
    address = models.CharField(_("exact place"), max_length=200, blank=True, validators=plain_text)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True, validators=latitude_range,
        help_text=_("Where exactly, in degrees; given by one tap of who reported it, or not at all."),
    )  # fmt: skip
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True, validators=longitude_range
    )
    place_name = models.CharField(
        _("name of the place"), max_length=PLACE_LENGTH, blank=True, editable=False,
        help_text=_("As it was called when the case last changed; a closed case keeps the name of its time."),
    )  # fmt: skip
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency, default=Urgency.NORMAL)
    is_confidential = models.BooleanField(_("confidential"), default=False)

    status = models.CharField(_("state"), max_length=16, choices=Status, default=Status.FILED)
    start_loop = models.CharField(_("loop where it started"), max_length=16, choices=Loop)
    loop = models.CharField(_("loop"), max_length=16, choices=Loop)
    top_loop = models.CharField(
        _("highest loop"), max_length=16, choices=Loop, default="", editable=False,
        help_text=_("The highest that it reached, even if it was sent back down."),
    )  # fmt: skip
    # Four have no index of their own, since others below begin with them: every change of a case writes each index.
    holder = models.ForeignKey(
        Grid, models.PROTECT, related_name="held_events", verbose_name=_("holder"), db_index=False
    )
    reporter = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="reported_events", verbose_name=_("reporter"),
        db_index=False,
    )  # fmt: skip
    handler = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="handled_events", verbose_name=_("handler"),
        db_index=False,
    )  # fmt: skip
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="handled_events",
        verbose_name=_("organisation that handles it"),
    )  # fmt: skip
    partner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="joined_events",
        verbose_name=_("police officer who handles it together"),
    )  # fmt: skip
    resolver = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="resolved_events", verbose_name=_("resolved by")
    )
    checker = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="checked_events", verbose_name=_("checked by"),
        db_index=False,
    )  # fmt: skip
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    send_backs = models.PositiveSmallIntegerField(_("times sent back"), default=0)
    reworks = models.PositiveSmallIntegerField(_("failed checks"), default=0)
    is_supervised = models.BooleanField(_("supervised"), default=False)

    filed_at = models.DateTimeField(_("filed at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    clock_started_at = models.DateTimeField(_("clock started at"), null=True, blank=True)
    remind_at = models.DateTimeField(_("reminder at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    wake_at = models.DateTimeField(_("the clock acts next at"), null=True, blank=True)
    late_at = models.DateTimeField(
        _("late since"), null=True, blank=True, editable=False,
        help_text=_("When a limit of its handling first ran over; that it was settled later does not take it away."),
    )  # fmt: skip

    asked_at = models.DateTimeField(
        _("asked at"), null=True, blank=True, help_text=_("A question waits for the answer of the reporter.")
    )
    rating = models.CharField(_("rating"), max_length=16, choices=Rating, blank=True)
    rated_at = models.DateTimeField(_("rated at"), null=True, blank=True)
    # Asked with the rating, and may be left open.
    was_contacted = models.BooleanField(_("reporter was contacted"), null=True, blank=True, editable=False)
    was_solved = models.BooleanField(_("solved, says the reporter"), null=True, blank=True, editable=False)

    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, blank=True)
    request = models.CharField(
        _("asked of the upper level"), max_length=16, choices=Request, blank=True,
        help_text=_("Waits for the decision of the upper level."),
    )  # fmt: skip
    requested_until = models.DateField(_("suspension asked until"), null=True, blank=True)
    suspended_until = models.DateField(_("suspended until"), null=True, blank=True)
    suspensions = models.PositiveSmallIntegerField(_("times suspended"), default=0)
    extensions = models.PositiveSmallIntegerField(_("times extended"), default=0)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("merged into")
    )
    reply_to = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reply awaited by")
    )
    reply_due_at = models.DateTimeField(_("reply due at"), null=True, blank=True)
    reply_wake_at = models.DateTimeField(_("the clock asks for the reply at"), null=True, blank=True, editable=False)

    step_count = models.PositiveIntegerField(default=0, editable=False)
    head_hash = models.CharField(max_length=64, blank=True, editable=False)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False, validators=plain_text)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__isnull=False, longitude__isnull=False),
                name="event_coordinates_together",
                violation_error_message=_("Latitude and longitude belong together: give both or neither."),
            ),
            models.CheckConstraint(
                condition=Q(latitude=None) | Q(latitude__range=LATITUDES, longitude__range=LONGITUDES),
                name="event_coordinates_in_china",
                violation_error_message=ELSEWHERE,
            ),
            models.UniqueConstraint(fields=["reporter", "idempotency_key"], name="event_filed_once"),
            # Without a reporter the database takes no two of those for the same.
            models.UniqueConstraint(fields=["idempotency_key"], condition=Q(reporter=None), name="event_reported_once"),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.FILED, Status.HANDLING, Status.RESOLVED]) | Q(due_at__isnull=False),
                name="event_running_has_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.RESOLVED) | Q(checker__isnull=False), name="event_resolved_has_checker"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.SUSPENDED) | Q(suspended_until__isnull=False), name="event_suspended_until"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.MERGED) | Q(merged_into__isnull=False), name="event_merged_into_one"
            ),
            models.CheckConstraint(
                condition=Q(handler=None) | Q(organisation=None),
                name="event_handled_by_one",
                violation_error_message=_("A person or an organisation handles a case, never both."),
            ),
            models.CheckConstraint(
                condition=Q(is_confidential=False) | Q(partner=None),
                name="event_clue_without_partner",
                violation_error_message=_("Nobody is asked to a clue report."),
            ),
            models.CheckConstraint(
                condition=Q(is_confidential=False) | Q(organisation=None),
                name="event_clue_without_organisation",
                violation_error_message=_("A clue report is never given to an organisation."),
            ),
        ]
        indexes = [
            # The sweep takes what is due, oldest first; most rows are closed and not in it.
            models.Index(fields=["wake_at"], condition=Q(wake_at__isnull=False), name="event_wakes"),
            # The workbench: what a desk holds, what a person handles, what a grid checks, by due time.
            models.Index(fields=["holder", "status", "due_at"], name="event_held"),
            models.Index(fields=["handler", "status", "due_at"], name="event_handled"),
            models.Index(fields=["checker", "status", "due_at"], name="event_checked"),
            models.Index(fields=["reporter", "-filed_at"], name="event_reported"),
            # Lists: newest first, in all or in one state, and the overdue ones.
            models.Index(F("filed_at").desc(), F("id").desc(), name="event_newest"),
            models.Index(fields=["status", "-filed_at", "-id"], name="event_state_newest"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="event_due"),
            models.Index(fields=["reply_wake_at"], condition=Q(reply_wake_at__isnull=False), name="event_reply_wakes"),
            models.Index(fields=["position"], condition=~Q(request=""), name="event_requested"),
            # What was closed in a period: samples are drawn from it, and medians are taken of it.
            models.Index(
                fields=["closed_at", "position"],
                condition=Q(status=Status.CLOSED, is_confidential=False),
                name="event_closed_public",
            ),
            # How many cases are open in a subtree, for each row of a list of grids.
            models.Index(fields=["position"], condition=Q(status__in=sorted(OPEN)), name="event_open_position"),
            # While filing: the open cases of one category in a building, and those near a point.
            models.Index(
                fields=["category", "position"], condition=Q(status__in=sorted(OPEN)), name="event_open_alike"
            ),
            models.Index(
                fields=["category", "latitude", "longitude"],
                condition=Q(status__in=sorted(OPEN), latitude__isnull=False),
                name="event_open_near",
            ),
            # Hot spots, and the categories of a dashboard: what came in within days, by place, from the index alone.
            models.Index(
                fields=["filed_at", "position"],
                include=["category", "status", "id"],
                condition=Q(is_confidential=False),
                name="event_filed_figures",
            ),
            # The stocks of a dashboard: what is open by place, how late and how old, from the index alone.
            models.Index(
                fields=["position"],
                include=["status", "filed_at", "accepted_at", "due_at"],
                condition=Q(status__in=sorted(OPEN), is_confidential=False),
                name="event_open_figures",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def point(self) -> Point | None:
        """Where exactly it was reported, where that is known."""
        return point_of(self.latitude, self.longitude)

    @property
    def is_of_resident(self) -> bool:
        """Reported without an account, through the public page."""
        return self.reporter_id is None and hasattr(self, "contact")

    def is_followed(self) -> bool:
        """Whether who reported it can look after it here: by their account, or by the code of their receipt."""
        contact = None if self.reporter_id else getattr(self, "contact", None)
        return bool(self.reporter_id or (contact and contact.code_hash))

    def is_overdue(self, at=None) -> bool:
        return self.is_open and self.due_at is not None and self.due_at < (at or timezone.now())

    def goes_on_in(self) -> "Event":
        """The case that goes on with this one: itself, or where the merging of cases into each other ends."""
        event, seen = self, {self.pk}
        while event.merged_into_id and event.merged_into_id not in seen:
            seen.add(event.merged_into_id)
            event = event.merged_into
        return event

    def _goes_on_code(self) -> str:
        """The holder of the case that it goes on in; a clue report is never more widely known for being merged."""
        is_told = self.status == Status.MERGED and not self.is_confidential
        return self.goes_on_in().holder.code if is_told else ""

    def case(self, at=None) -> Case:
        """This row as `workflow` asks for it, at that time or now."""
        return Case(
            status=self.status,
            loop=self.loop,
            start_loop=self.start_loop,
            grid_code=self.grid.code,
            holder_code=self.holder.code,
            checker_code=self.checker.code if self.checker else "",
            reporter_id=self.reporter_id,
            handler_id=self.handler_id,
            organisation_id=self.organisation_id,
            partner_id=self.partner_id,
            resolver_id=self.resolver_id,
            send_backs=self.send_backs,
            is_confidential=self.is_confidential,
            is_asked=self.asked_at is not None,
            is_rated=self.rated_at is not None,
            request=self.request,
            requested_until=self.requested_until,
            suspensions=self.suspensions,
            extensions=self.extensions,
            is_reply_due=self.reply_to_id is not None,
            goes_on_code=self._goes_on_code(),
            due_at=self.due_at,
            closed_at=self.closed_at,
            at=at or timezone.now(),
            is_followed=self.is_followed,
        )

    def sides_of(self, user: User) -> frozenset[Side]:
        """Where the user stands in this case."""
        return sides(self.case(), user.pk, offices(user), memberships(user))


def offices(user: User) -> list[Office]:
    """The user's active posts as `workflow` asks for them; a superuser stands above all grids, in no role."""
    posts = [Office(post.role, post.grid.code) for post in user.active_posts]
    return [*posts, Office("", "")] if user.is_superuser else posts


def memberships(user: User) -> list[Membership]:
    """The joint organisations that the user represents, as `workflow` asks for them."""
    return [Membership(organisation.pk, organisation.grid_code) for organisation in user.joint_organisations]
