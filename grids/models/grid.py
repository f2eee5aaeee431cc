"""The six-level tree, and what every row on it has in common."""

import unicodedata
from collections.abc import Iterable
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Count, Exists, F, Func, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, NullIf, Substr
from django.db.models.lookups import StartsWith
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeForeignKey

from grids import tree
from grids.models.people import Role, validate_printable

WORDS = len(tree.DIGITS)  # of a search: one for each level


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
        """By code, name, or the pinyin initials of the name; several words go down the tree: 健康 3号楼, jk 3hl.

        Each word fits the grid or one above it, the last one the grid itself.
        """
        if "\x00" in text:  # PostgreSQL takes no such text, and no name holds it
            return self.none()
        *above, last = text.split()[:WORDS] or [""]
        found = self
        for word in above:
            way = [Substr(OuterRef("code"), 1, digits) for digits in tree.DIGITS]
            found = found.filter(Exists(Grid._base_manager.filter(_fits(word), code__in=way)))
        begun = found.filter(_fits(last))
        if _is_spelt(last) and not begun.exists():
            # Nothing begins so, but a name may hold it: SOHO finds 国贸SOHO.
            return found.filter(initials__contains=last.lower())
        return begun

    def within(self, grid: "Grid"):
        """The grid and everything below it."""
        return self.filter(lft__range=(grid.lft, grid.rght))

    def successors(self, code: str) -> list["Grid"]:
        """The grid in use with this code, or those that took its place since; see `resolve`."""
        return self.resolve([code])[code]

    def resolve(self, codes: Iterable[str]) -> dict[str, list["Grid"]]:
        """For each code the grids in use that it leads to, who continues a divided grid first.

        A code may have been moved, merged and split one after the other. A retired grid without a successor stands for
        itself where nothing else is left; what never was a code leads nowhere.
        """
        codes = set(codes)
        numbers = [code for code in codes if code.isascii() and code.isdigit()]
        found = {grid.code: [grid] for grid in Grid.objects.filter(code__in=numbers)}
        left = [code for code in numbers if code not in found]
        if left:
            for former in _former_codes().filter(code__in=left).order_by("pk").select_related("grid"):
                found.setdefault(former.code, []).append(former.grid)
        ways = _ways_on(grid for grids in found.values() for grid in grids)
        return {code: _ends(found.get(code, []), ways) for code in codes}

    def with_children_count(self):
        """Annotate `children_count`, retired ones left out."""
        below = Grid._base_manager.filter(parent=OuterRef("pk"), retired_at=None).order_by()
        counted = below.values("parent").annotate(count=Count("pk")).values("count")
        return self.annotate(children_count=Coalesce(Subquery(counted), 0))

    def with_household_count(self):
        """Annotate `household_count`: of the buildings in use below, where there are any; else the grid's own."""
        buildings = Grid._base_manager.filter(
            level=Level.BUILDING, retired_at=None, lft__range=(OuterRef("lft"), OuterRef("rght"))
        )
        total = Subquery(buildings.annotate(total=Func("households", function="SUM")).values("total"))
        own = F("households")
        below = Coalesce(NullIf(total, 0), own)
        return self.annotate(household_count=Case(When(level__lt=Level.BUILDING, then=below), default=own))

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


def _is_spelt(word: str) -> bool:
    """Whether it is typed in letters and digits alone: a code, or initials."""
    return word.isascii() and word.isalnum()


def _fits(word: str) -> Q:
    """The grids whose code or initials begin with the word, which an index finds; other words are parts of a name."""
    if _is_spelt(word):
        begins = Q(initials__startswith=word.lower())
        return begins | tree.codes_beginning(word) if word.isdigit() else begins
    # Chinese has no case, and comparing without regard to it costs half of the search.
    return Q(**{"name__contains" if word.lower() == word.upper() else "name__icontains": word})


def _former_codes() -> models.QuerySet:
    return Grid._meta.get_field("former_codes").related_model.objects.all()


def _ways_on(grids: Iterable["Grid"]) -> dict[int, list["Grid"]]:
    """From each retired grid, and each that these lead to, what took its place. By grid: a retired one moves, too."""
    ways: dict[int, list[Grid]] = {}
    frontier = {grid.pk for grid in grids if grid.retired_at}
    while frontier:
        ways |= {pk: [] for pk in frontier}
        endings = _former_codes().filter(
            change__grid__in=frontier, change__kind__in=("merge", "split", "retire"), code=F("change__old_code")
        )
        for former in endings.order_by("pk").select_related("grid", "change"):
            ways[former.change.grid_id].append(former.grid)
        frontier = {grid.pk for pk in frontier for grid in ways[pk] if grid.retired_at} - ways.keys()
    return ways


def _ends(grids: list["Grid"], ways: dict[int, list["Grid"]]) -> list["Grid"]:
    """Where the ways end that begin at these grids, each once and in order; retired ones only if all are."""
    ends: dict[int, Grid] = {}
    seen: set[int] = set()
    waiting = list(reversed(grids))
    while waiting:
        grid = waiting.pop()
        if grid.pk in seen:
            continue
        seen.add(grid.pk)
        if onward := ways.get(grid.pk):
            waiting += reversed(onward)
        else:
            ends[grid.pk] = grid
    return [grid for grid in ends.values() if not grid.retired_at] or list(ends.values())


def initials_of(name: str) -> str:
    """The first letter of each syllable in pinyin; of the rest the letters and digits: 人民路街道 rmljd, 3号楼 3hl."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries fill 60 MB, which most processes never need

    spelt = "".join(lazy_pinyin(unicodedata.normalize("NFKC", name), style=Style.FIRST_LETTER)).lower()
    return "".join(character for character in spelt if character.isalnum())[:64]


class InitialsField(models.CharField):
    """The initials of the name beside it, brought up to date whenever this field is written."""

    def pre_save(self, model_instance, add):
        initials = initials_of(model_instance.name)
        setattr(model_instance, self.attname, initials)
        return initials


@InitialsField.register_lookup
class BeginsWith(StartsWith):
    def as_sqlite(self, compiler, connection):
        """As a range: SQLite's LIKE pays no heed to case and so passes the index by."""
        column, params = self.process_lhs(compiler, connection)
        after = self.rhs[:-1] + chr(ord(self.rhs[-1]) + 1)
        return f"({column} >= %s AND {column} < %s)", [*params, self.rhs, *params, after]


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
        indexes = [
            # The households of whole districts are those of their buildings, added up for each row of a list.
            models.Index(
                fields=["lft", "households"], condition=Q(level=Level.BUILDING, retired_at=None), name="grid_households"
            ),
        ]
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

    def validate_unique(self, exclude=None):
        super().validate_unique(exclude)
        if self._state.adding and (message := Grid.objects.given_up_message(self.code)):
            raise ValidationError({"code": message})

    def save(self, *args, **kwargs):
        with transaction.atomic(using=kwargs.get("using")):
            if not self._state.adding:
                self._refuse_other_code()
                return super().save(*args, **kwargs)
            Grid.objects.place(self)
            super().save(*args, **kwargs)
            Grid.objects.refuse_given_up(Q(pk=self.pk))

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


# django-mptt adds an index by tree and interval, which no query of ours needs beside the one of the interval.
Grid._meta.indexes = [index for index in Grid._meta.indexes if index.name == "grid_households"]


def load_ancestors(grids: Iterable[Grid]) -> None:
    """Fill `ancestors` of every grid of a list with one query, for lists that show full names."""
    grids = list(grids)
    codes = {code for grid in grids for code in tree.ancestor_codes(grid.code)}
    above = {grid.code: grid for grid in Grid.objects.filter(code__in=codes)}
    for grid in grids:
        grid.ancestors = [above[code] for code in reversed(tree.ancestor_codes(grid.code))]


class PlacedQuerySet(models.QuerySet):
    def within(self, grid: Grid):
        """Those on the grid and on everything below it."""
        return self.filter(position__range=(grid.lft, grid.rght))


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
