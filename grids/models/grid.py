"""The six-level tree, and what every row on it has in common."""

from collections.abc import Iterable
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeForeignKey
from pypinyin import Style, lazy_pinyin

from grids import tree
from grids.models.people import Role, validate_printable


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
        """By the beginning of the code, a part of the name, or the pinyin initials that the name begins with."""
        text = text.strip()
        if "\x00" in text:  # PostgreSQL takes no such text, and no name holds it
            return self.none()
        if text.isascii() and text.isdigit():
            return self.filter(Q(code__startswith=text) | Q(name__contains=text))
        if text.isascii() and text.isalpha():
            return self.filter(Q(initials__startswith=text.lower()) | Q(name__icontains=text))
        # Chinese has no case, and comparing without regard to it costs half of the search.
        return self.filter(**{"name__contains" if text.lower() == text.upper() else "name__icontains": text})

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
        return self.annotate(chief_name=Subquery(_working(Role.CHIEF).values("user__name")[:1]))

    def staffed(self, role: str):
        """In use, with somebody in this role whose account is open."""
        return self.active().filter(Exists(_working(role)))

    def vacant(self):
        """In use, without an active chief whose account is open."""
        return self.active().filter(~Exists(_working(Role.CHIEF)))


def _working(role: str) -> models.QuerySet:
    """Of the grid of an outer query. Posts need grids, so they are known here by the reverse relation alone."""
    posts = Grid._meta.get_field("posts").related_model.objects
    return posts.working().filter(grid=OuterRef("pk"), role=role)


def initials_of(name: str) -> str:
    """The first letter of each syllable in pinyin, what is no Chinese as it stands: 人民路街道 is rmljd, 3号楼 3hl."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:64]


class InitialsField(models.CharField):
    """The initials of the name beside it, brought up to date whenever this field is written."""

    def pre_save(self, model_instance, add):
        initials = initials_of(model_instance.name)
        setattr(model_instance, self.attname, initials)
        return initials


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
    initials = InitialsField(_("initials in pinyin"), max_length=64, default="", db_index=True, editable=False)
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
