"""Who works where: posts, and what a role has to do."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids.models.grid import Grid, Placed, PlacedQuerySet
from grids.models.organisation import Organisation
from grids.models.people import Role, StaffSource, User, validate_printable


class PostQuerySet(PlacedQuerySet):
    def active(self):
        return self.filter(ended_at=None)

    def working(self):
        """The active posts of people whose account is open: a closed account fills no post."""
        return self.active().filter(user__is_active=True)

    def held_at(self, at: datetime):
        """The posts that somebody held at that moment."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), started_at__lte=at)

    def search(self, text: str):
        """By a part of the person's name or username, or by the place, as grids are searched."""
        if "\x00" in text:  # PostgreSQL takes no such text, and no name holds it
            return self.none()
        people = User.objects.filter(Q(name__icontains=text.strip()) | Q(username__icontains=text.strip()))
        return self.filter(Q(user__in=people) | Q(grid__in=Grid.objects.search(text)))

    def held_on(self, day: date):
        """The posts that somebody held at some time of that day, here."""
        start = timezone.make_aware(datetime.combine(day, time.min))
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=start), started_at__lt=end)

    def with_representation(self):
        """Annotate `represents`: whether the person also represents an organisation that takes cases."""
        return self.annotate(represents=Exists(Organisation.objects.joint().filter(representatives=OuterRef("user"))))


class Post(Placed):
    """One person, one role, one grid, listed duties, a start and an end (定人定岗定责)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=16, choices=Role)
    duties = models.TextField(_("duties"), blank=True)
    source = models.CharField(_("source of staff"), max_length=24, choices=StaffSource, blank=True)
    is_manager = models.BooleanField(
        _("manages the grid"),
        default=False,
        help_text=_("May keep the tree, posts and organisations of this grid and all below it; for officials only."),
    )
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    appointed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("appointed by")
    )
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("ended by")
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        indexes = [
            # The list of all posts, newest first; without it each page sorts the history of the whole city.
            models.Index(F("started_at").desc(), F("id").desc(), name="post_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(role="chief", ended_at=None),
                name="post_one_active_chief",
                violation_error_message=_("This grid already has an active chief. End that post first."),
            ),
            models.UniqueConstraint(
                fields=["user", "grid", "role"],
                condition=Q(ended_at=None),
                name="post_held_once",
                violation_error_message=_("This person already holds this post."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="post_ends_after_start",
                violation_error_message=_("A post cannot end before it started."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="post_role_known",
                violation_error_message=_("This is none of the roles."),
            ),
            models.CheckConstraint(
                condition=Q(is_manager=False) | Q(role="official"),
                name="post_manager_is_official",
                violation_error_message=_("Only an official can manage a grid."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid.name} {self.get_role_display()} {self.user}"

    @property
    def is_active(self) -> bool:
        return self.ended_at is None


class Duty(models.Model):
    """One of the duties of a role (定责): what a post has to do unless something else was written for it."""

    role = models.CharField(_("role"), max_length=16, choices=Role)
    ordinal = models.PositiveSmallIntegerField(_("ordinal"), default=0)
    text = models.CharField(_("duty"), max_length=200, validators=[validate_printable])

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        ordering = ["role", "ordinal", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["role", "text"],
                name="duty_once_for_each_role",
                violation_error_message=_("This role has this duty already."),
            )
        ]

    def __str__(self) -> str:
        return self.text


def load_duties(posts: Iterable[Post]) -> None:
    """Fill `shown_duties` of every post of a list: its own, or those of its role. One query for the list."""
    posts = list(posts)
    by_role: dict[str, list[str]] = defaultdict(list)
    for role, text in Duty.objects.filter(role__in={post.role for post in posts}).values_list("role", "text"):
        by_role[role].append(text)
    for post in posts:
        own = [line.strip() for line in post.duties.splitlines() if line.strip()]
        post.shown_duties = own or by_role[post.role]
