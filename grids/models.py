"""The six-level tree, the people in it and their posts."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeForeignKey

from grids import tree


def validate_printable(value: str) -> None:
    """No control characters and no marks that turn the reading direction: names are shown everywhere."""
    if not value.isprintable():
        raise ValidationError(_("Invisible control characters are not allowed here."))


class User(AbstractUser):
    """A person. One without a usable password holds posts but has no account."""

    first_name = None
    last_name = None
    name = models.CharField(_("person's name"), max_length=64, validators=[validate_printable])

    REQUIRED_FIELDS = ["name"]

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    @cached_property
    def active_posts(self) -> list["Post"]:
        """The posts that give this user's rights, read once for each request."""
        return list(self.posts.active().select_related("grid"))


class Level(models.IntegerChoices):
    CITY = 0, _("city")
    DISTRICT = 1, _("district")
    STREET = 2, _("street")
    COMMUNITY = 3, _("community")
    BUILDING = 4, _("building")
    UNIT = 5, _("unit")


class GridQuerySet(tree.TreeQuerySet):
    def active(self):
        """Not retired."""
        return self.filter(retired_at=None)

    def search(self, text: str):
        """By the beginning of the code or a part of the name."""
        text = text.strip()
        if "\x00" in text:  # PostgreSQL takes no such text, and no name holds it
            return self.none()
        if text.isascii() and text.isdigit():
            return self.filter(Q(code__startswith=text) | Q(name__contains=text))
        return self.filter(name__icontains=text)

    def within(self, grid: "Grid"):
        """The grid and everything below it."""
        return self.filter(lft__range=(grid.lft, grid.rght))

    def with_children_count(self):
        """Annotate `children_count`, retired ones left out."""
        below = Grid._base_manager.filter(parent=OuterRef("pk"), retired_at=None).order_by()
        counted = below.values("parent").annotate(count=Count("pk")).values("count")
        return self.annotate(children_count=Coalesce(Subquery(counted), 0))

    def with_chief_name(self):
        """Annotate `chief_name`, null where the grid is vacant."""
        chief = Post.objects.active().filter(grid=OuterRef("pk"), role=Role.CHIEF)
        return self.annotate(chief_name=Subquery(chief.values("user__name")[:1]))

    def vacant(self):
        """In use and without an active chief."""
        return self.active().filter(~Exists(Post.objects.active().filter(grid=OuterRef("pk"), role=Role.CHIEF)))


class Grid(MPTTModel):
    """A node of the tree. Place, level and interval are functions of `code`; see `grids/tree.py`."""

    code = models.CharField(
        _("code"), max_length=18, unique=True, error_messages={"unique": _("There is already a grid with this code.")}
    )
    name = models.CharField(_("name"), max_length=64, validators=[validate_printable])
    parent = TreeForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    level = models.PositiveSmallIntegerField(_("level"), choices=Level, editable=False)
    lft = models.PositiveBigIntegerField(editable=False, db_index=True)
    rght = models.PositiveBigIntegerField(editable=False)
    tree_id = models.PositiveIntegerField(editable=False)
    households = models.PositiveIntegerField(_("households"), default=0)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True, editable=False)

    objects = tree.GridManager.from_queryset(GridQuerySet)()

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")
        constraints = [
            models.CheckConstraint(
                condition=tree.code_condition(),
                name="grid_follows_from_code",
                violation_error_message=_("Level and interval do not follow from the code."),
            ),
            models.CheckConstraint(
                condition=Q(level=Level.CITY, parent=None) | Q(level__gt=Level.CITY, parent__isnull=False),
                name="grid_root_is_city",
                violation_error_message=_("Cities stand at the top of the tree, and nothing else does."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @cached_property
    def ancestors(self) -> list["Grid"]:
        """From the city down to the parent; `load_ancestors` fills it for a whole list with one query."""
        return list(self.get_ancestors())

    @property
    def full_name(self) -> str:
        """The name with the ancestors' from the street on, as people say it: 人民路街道 健康社区 3号楼."""
        shown = [grid.name for grid in self.ancestors if grid.level >= Level.STREET]
        return " ".join([*shown, self.name])

    def clean_fields(self, exclude=None):
        exclude, errors = set(exclude or ()), {}
        if self._state.adding and "code" not in exclude:
            try:
                self._take_place()
            except ValidationError as error:
                errors = error.update_error_dict(errors)
                exclude |= {"code", "level", "lft", "rght", "tree_id"}
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _take_place(self) -> None:
        Grid.objects.set_interval(self)
        codes = tree.ancestor_codes(self.code)
        Grid.objects.set_parent(self, {grid.code: grid for grid in Grid.objects.filter(code__in=codes)})

    def save(self, *args, **kwargs):
        with transaction.atomic(using=kwargs.get("using")):
            if self._state.adding:
                Grid.objects.place(self)
            else:
                self._refuse_other_code()
            super().save(*args, **kwargs)

    def _refuse_other_code(self) -> None:
        if "code" in self.get_deferred_fields() or tree.interval(self.code)[0] == self.lft:
            return
        raise ValidationError({"code": gettext("The code of a grid only changes when the grid is moved.")})

    def delete(self, *args, **kwargs):
        """Delete this one row; ProtectedError when anything hangs on it."""
        return super(MPTTModel, self).delete(*args, **kwargs)

    # What django-mptt would count from the interval.

    def get_ancestors(self, ascending=False, include_self=False):
        ancestors = super().get_ancestors(ascending, include_self)
        if ancestors._result_cache is not None:
            return ancestors
        # The interval alone would read half the city; the codes are five look-ups.
        return ancestors.filter(code__in=[self.code, *tree.ancestor_codes(self.code)])

    def get_descendant_count(self) -> int:
        return Grid.objects.below(self).count() if self.pk else 0

    def is_leaf_node(self) -> bool:
        if self.level == Level.UNIT or not self.pk:
            return True
        if getattr(self, "_cached_children", None):
            return False
        return not Grid.objects.below(self).exists()

    def get_leafnodes(self, include_self=False):
        return Grid.objects.leaves(self.get_descendants(include_self=include_self))


def load_ancestors(grids: Iterable[Grid]) -> None:
    """Fill `ancestors` of every grid of a list with one query, for lists that show full names."""
    grids = list(grids)
    codes = {code for grid in grids for code in tree.ancestor_codes(grid.code)}
    above = {grid.code: grid for grid in Grid.objects.filter(code__in=codes)}
    for grid in grids:
        grid.ancestors = [above[code] for code in reversed(tree.ancestor_codes(grid.code))]


class Placed(models.Model):
    """A row that belongs to a place: `position` is `grid.lft`, so one range selects a subtree without a join."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="%(class)ss", verbose_name=_("grid"))
    position = models.PositiveBigIntegerField(editable=False, db_index=True)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        with transaction.atomic(using=kwargs.get("using")):
            if self._state.adding or (not kwargs.get("update_fields") and self.grid.lft != self.position):
                # Read under a lock: a move of the tree at this moment waits for the row, or the row for the move.
                self.position = Grid.objects.settle(self.grid).lft
            super().save(*args, **kwargs)


class Role(models.TextChoices):
    CHIEF = "chief", _("grid chief")
    STAFF = "staff", _("grid staff")
    POLICE = "police", _("grid police officer")
    OFFICIAL = "official", _("official")
    DISPATCHER = "dispatcher", _("dispatcher")


class StaffSource(models.TextChoices):
    COMMUNITY_WORKER = "community_worker", _("community worker")
    HIRED = "hired", _("hired")
    VOLUNTEER = "volunteer", _("volunteer")
    POLICE = "police", _("police")
    CIVIL_SERVANT = "civil_servant", _("civil servant")


class PostQuerySet(models.QuerySet):
    def active(self):
        return self.filter(ended_at=None)

    def held_at(self, at: datetime):
        """The posts that somebody held at that moment."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), started_at__lte=at)

    def within(self, grid: Grid):
        """The posts on the grid and on everything below it."""
        return self.filter(position__range=(grid.lft, grid.rght))


class Post(Placed):
    """One person, one role, one grid, listed duties, a start and an end (定人定岗定责)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=16, choices=Role)
    duties = models.TextField(_("duties"), blank=True)
    source = models.CharField(_("source of staff"), max_length=24, choices=StaffSource, blank=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.grid.name} {self.get_role_display()} {self.user}"

    @property
    def is_active(self) -> bool:
        return self.ended_at is None
