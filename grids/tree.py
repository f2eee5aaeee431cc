"""Codes and intervals: the tree's own arithmetic. Nobody else counts in the tree.

django-mptt keeps a nested interval in each row and renumbers the tree on every write. Our codes already nest, so the
interval is a function of the code: reads stay django-mptt's, and what counts or shifts is replaced here.
"""

from collections.abc import Iterable
from contextlib import contextmanager

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import IntegrityError, connections, models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Concat, Length, Substr
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _
from mptt.managers import TreeManager
from mptt.querysets import TreeQuerySet

__all__ = [
    "DIGITS",
    "WIDTHS",
    "GridManager",
    "TreeQuerySet",
    "ancestor_codes",
    "community_code",
    "interval",
    "level_of",
    "parent_code",
]

DIGITS = (4, 6, 9, 12, 16, 18)  # of a city's code, a district's … a unit's
WIDTHS = tuple(12 * 10 ** (18 - digits) for digits in DIGITS)  # room of one code in the interval space, by level
LARGEST = 2**63 - 1  # a signed 64-bit column; reached by codes from 7686 on, where no mainland division lies
COMMUNITY = 3


def level_of(code: str) -> int:
    """The level, 0 (city) to 5 (unit), that the code's length says; ValueError for what is no code."""
    if not (code.isascii() and code.isdigit()):
        raise ValueError(_("A code consists of digits only, which “%(code)s” does not.") % {"code": code})
    if len(code) not in DIGITS:
        raise ValueError(
            _("A code has 4, 6, 9, 12, 16 or 18 digits; “%(code)s” has %(count)d.") % {"code": code, "count": len(code)}
        )
    level = DIGITS.index(len(code))
    if code[0] == "0" or (int(code) + 1) * WIDTHS[level] > LARGEST:
        raise ValueError(_("The code “%(code)s” lies outside 1000 to 7685, the range of cities.") % {"code": code})
    return level


def interval(code: str) -> tuple[int, int]:
    """`(lft, rght)` of the code: strictly inside its parent's, apart from every other code's."""
    level = level_of(code)
    start = int(code) * WIDTHS[level]
    return start + level, start + WIDTHS[level] - 1 - level


def ancestor_codes(code: str) -> list[str]:
    """The codes above this one, nearest first."""
    return [code[:digits] for digits in reversed(DIGITS[: level_of(code)])]


def parent_code(code: str) -> str | None:
    """The code directly above, None for a city."""
    level = level_of(code)
    return code[: DIGITS[level - 1]] if level else None


def community_code(code: str) -> str | None:
    """The code of the community that the grid is in or is, None above communities."""
    return code[: DIGITS[COMMUNITY]] if level_of(code) >= COMMUNITY else None


def tree_id_of(code: str) -> int:
    """The number of the code's city."""
    return int(code[: DIGITS[0]])


def code_condition() -> Q:
    """What the database checks in every row: level, interval and tree follow from the code."""
    number = Cast("code", models.BigIntegerField())
    condition = Q()
    for level, (digits, width) in enumerate(zip(DIGITS, WIDTHS, strict=True)):
        condition |= Q(
            Exact(F("level"), level),
            Exact(Length("code"), digits),
            Exact(F("lft"), number * width + level),
            Exact(F("rght"), F("lft") + (width - 1 - 2 * level)),
            Exact(F("tree_id"), Cast(Substr("code", 1, DIGITS[0]), models.IntegerField())),
        )
    return condition


class GridManager(TreeManager):
    """django-mptt's manager with one-row inserts and deletes, one-statement moves and a rebuild from the codes."""

    # Locks, always taken from the top down: a level never changes, so no two writers wait for each other.

    def hold(self, codes: Iterable[str]) -> dict:
        """Lock grids until the transaction ends, by code, so that none is moved, retired or deleted meanwhile.

        Shared: many writers may place rows under one grid at once. Codes that do not exist are left out.
        """
        return {grid.code: grid for grid in shared(self.filter(code__in=set(codes)).order_by("level", "pk"))}

    def settle(self, grid):
        """The grid as it is now; it and all above it stay where they are until the transaction ends."""
        code = grid.code
        while True:
            now = self.hold([code, *ancestor_codes(code)]).get(code)
            if now and now.pk == grid.pk:
                return now
            # It was moved between reading its code and locking: look again, DoesNotExist if it is gone.
            code = self.values_list("code", flat=True).get(pk=grid.pk)

    def settle_all(self, grids: Iterable) -> list:
        """As `settle`, for many at once and in their order."""
        codes = {grid.pk: grid.code for grid in grids}
        while True:
            held = self.hold({part for code in codes.values() for part in (code, *ancestor_codes(code))})
            if all(code in held and held[code].pk == pk for pk, code in codes.items()):
                return [held[code] for code in codes.values()]
            now = dict(self.filter(pk__in=codes).values_list("pk", "code"))
            if missing := codes.keys() - now.keys():
                raise self.model.DoesNotExist(f"Grids that are gone: {sorted(missing)}")
            codes = {pk: now[pk] for pk in codes}

    # Insert

    def set_interval(self, node) -> None:
        """Fill level, interval and tree of `node` from its code; ValidationError at `code`."""
        try:
            node.level = level_of(node.code)
        except ValueError as error:
            raise ValidationError({"code": str(error)}) from error
        node.lft, node.rght = interval(node.code)
        node.tree_id = tree_id_of(node.code)

    def set_parent(self, node, above: dict) -> None:
        """Hang `node` under the grid its code names, out of `above` (grids by code); ValidationError at `code`."""
        code = parent_code(node.code)
        parent = above.get(code)
        if code and parent is None:
            raise ValidationError(
                {"code": _("There is no grid %(parent)s to hold %(code)s.") % {"parent": code, "code": node.code}}
            )
        if node.parent_id and (parent is None or node.parent_id != parent.pk):
            raise ValidationError(
                {
                    "code": _("The code %(code)s does not begin with the code of its parent, %(parent)s.")
                    % {"code": node.code, "parent": node.parent.code}
                }
            )
        if parent and parent.retired_at:
            raise ValidationError({"code": retired_message(parent)})
        node.parent = parent

    def place(self, node) -> None:
        """Make a new `node` ready to be saved: everything from its code, its ancestors locked."""
        self.set_interval(node)
        above = ancestor_codes(node.code)
        self.set_parent(node, self.hold(above) if above else {})

    def insert_node(
        self, node, target, position="last-child", save=False, allow_existing_pk=False, refresh_target=True
    ):
        """As django-mptt's; the code decides the place, and a node without one gets the next free one."""
        parent = parent_of(target, position)
        if not node.code:
            node.code = self.free_code(parent)
        node.parent = parent
        self.place(node)
        if save:
            node.save()
        return node

    def build_tree_nodes(self, data, target=None, position="last-child"):
        """As django-mptt's: unsaved nodes of a nested dictionary for `bulk_create`, tree fields from the codes."""
        data = dict(data)
        children = data.pop("children", [])
        node = self.model(**data)
        self.set_interval(node)
        return [node, *(below for child in children for below in self.build_tree_nodes(child))]

    def free_code(self, parent) -> str:
        """The number after the last child's, or the first gap once the last number is taken."""
        if parent is None or parent.level + 1 == len(DIGITS):
            raise ValidationError(_("Only a code can say where this grid belongs."))
        digits = DIGITS[parent.level + 1] - DIGITS[parent.level]
        taken = [int(code[-digits:]) for code in self.filter(parent=parent).values_list("code", flat=True)]
        number = max(taken, default=0) + 1
        if number == 10**digits:
            number = next((gap for gap in range(1, number) if gap not in set(taken)), None)
        if number is None:
            raise ValidationError(_("Every number under %(grid)s is taken.") % {"grid": parent})
        return f"{parent.code}{number:0{digits}d}"

    # Move

    def move_node(self, node, target, position="last-child"):
        """As django-mptt's; the subtree gets the next free code under its new parent, siblings stay in code order."""
        self.relocate(node, parent_of(target, position))

    def _move_node(self, node, target, position="last-child", save=True, refresh_target=True):
        self.relocate(node, parent_of(target, position))

    @transaction.atomic
    def relocate(self, node, parent, code: str | None = None) -> None:
        """Move the subtree of `node` under `parent`, to `code` or the next free one.

        One UPDATE for the tree and one for each model whose rows have a position. Updates `node` in place.
        `services.move_grid` does this and tells the other apps.
        """
        self._lock_for_move(node, parent)
        if node.parent_id == parent.pk and code in (None, node.code):
            return
        new = self._checked_target(node, parent, code)
        old, (lft, rght) = node.code, (node.lft, node.rght)
        shift = interval(new)[0] - lft
        parent_id = Case(
            When(pk=node.pk, then=Value(parent.pk)), default=F("parent_id"), output_field=models.BigIntegerField()
        )
        try:
            with transaction.atomic():
                self.filter(lft__range=(lft, rght)).order_by().update(
                    code=Concat(Value(new), Substr("code", len(old) + 1)),
                    lft=F("lft") + shift,
                    rght=F("rght") + shift,
                    tree_id=tree_id_of(new),
                    parent_id=parent_id,
                )
        except IntegrityError as error:
            # Somebody created a grid with this very code after it was found free.
            raise ValidationError({"code": taken_message(new)}) from error
        # After the tree: rows placed meanwhile have waited for it or are seen here.
        for model in self.placed_models():
            model._base_manager.filter(position__range=(lft, rght)).update(position=F("position") + shift)
        node.code, node.parent = new, parent
        self.set_interval(node)
        node._mptt_meta.update_mptt_cached_fields(node)

    def check_parent(self, node, parent) -> None:
        """ValidationError when `node` cannot be moved under `parent`, whatever its level."""
        if parent is None or parent.level != node.level - 1:
            raise ValidationError(
                _("%(grid)s stays a %(level)s, so it can only be placed directly under a %(above)s.")
                % {"grid": node, "level": node.get_level_display(), "above": _level_name(node, node.level - 1)}
                if node.level
                else _("A city stands at the top of the tree.")
            )
        if parent.retired_at:
            raise ValidationError(retired_message(parent))

    def _lock_for_move(self, node, parent) -> None:
        """Lock what a move stands on, top down, and bring `node` up to date; ValidationError if it changed."""
        now = self.get(pk=node.pk)
        self.check_parent(now, parent)
        held = self.hold({*ancestor_codes(now.code), parent.code, *ancestor_codes(parent.code)})
        # Numbers under one parent are given out one after the other.
        self.select_for_update(no_key=True).filter(pk=parent.pk).first()
        locked = self.select_for_update().filter(pk=node.pk, code=now.code).first()
        if locked is None or parent.code not in held or held[parent.code].pk != parent.pk:
            raise ValidationError(_("Somebody else has just changed this part of the tree. Look again, then repeat."))
        self.check_parent(locked, held[parent.code])
        for field in ("code", "level", "lft", "rght", "tree_id", "parent_id"):
            setattr(node, field, getattr(locked, field))

    def _checked_target(self, node, parent, code: str | None) -> str:
        if code is None:
            return self.free_code(parent)
        try:
            fits = level_of(code) == node.level and parent_code(code) == parent.code
        except ValueError as error:
            raise ValidationError({"code": str(error)}) from error
        if not fits:
            raise ValidationError(
                {
                    "code": _("The code %(code)s does not begin with the code of its parent, %(parent)s.")
                    % {"code": code, "parent": parent.code}
                }
            )
        if self.filter(code=code).exists():
            raise ValidationError({"code": taken_message(code)})
        return code

    def placed_models(self) -> list[type[models.Model]]:
        """The models whose rows have a `grid` and its `position`."""
        return [
            relation.related_model
            for relation in self.model._meta.related_objects
            if relation.field.name == "grid"
            and any(field.name == "position" for field in relation.related_model._meta.concrete_fields)
        ]

    # Rebuild

    @transaction.atomic
    def rebuild(self, batch_size=1000, **filters) -> None:
        """Recompute parent, level, interval and tree of every row from its code, and every position from its grid."""
        for level, digits in enumerate(DIGITS):
            start = Cast("code", models.BigIntegerField()) * WIDTHS[level]
            above = self.model._base_manager.filter(code=Substr(OuterRef("code"), 1, DIGITS[level - 1]))
            self.annotate(digits=Length("code")).filter(digits=digits, **filters).order_by().update(
                level=level,
                lft=start + level,
                rght=start + (WIDTHS[level] - 1 - level),
                tree_id=Cast(Substr("code", 1, DIGITS[0]), models.IntegerField()),
                parent_id=Subquery(above.values("pk")[:1]) if level else None,
            )
        for model in self.placed_models():
            where = self.model._base_manager.filter(pk=OuterRef("grid_id")).values("lft")[:1]
            model._base_manager.exclude(position=Subquery(where)).update(position=Subquery(where))

    rebuild.alters_data = True

    def partial_rebuild(self, tree_id, batch_size=1000, **filters):
        self.rebuild(tree_id=tree_id, **filters)

    # Nothing is ever shifted to make room, so there is nothing to delay either.

    @contextmanager
    def disable_mptt_updates(self):
        yield

    @contextmanager
    def delay_mptt_updates(self):
        yield

    def _manage_space(self, size, target, tree_id):
        pass

    def _create_tree_space(self, target_tree_id, num_trees=1):
        pass

    def _post_insert_update_cached_parent_right(self, instance, right_shift, seen=None):
        pass

    # Counts

    def below(self, node) -> models.QuerySet:
        """The descendants of `node`, by its interval alone."""
        return self.filter(lft__gt=node.lft, lft__lt=node.rght)

    def leaves(self, queryset) -> models.QuerySet:
        """Those of `queryset` that have no children."""
        return queryset.filter(~Exists(self.model._base_manager.filter(parent=OuterRef("pk"))))


def shared(queryset):
    """The rows of `queryset` under the lock that a foreign key takes; SQLite has one writer at a time anyway."""
    if connections[queryset.db].vendor != "postgresql":
        return queryset
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:  # nothing is asked for, and Django writes no statement for that
        return queryset.none()
    return queryset.model._base_manager.raw(f'{sql} FOR KEY SHARE OF "{queryset.model._meta.db_table}"', params)


def parent_of(target, position: str):
    """The parent that django-mptt's pair of target and position means."""
    return target.parent if target is not None and position in ("left", "right") else target


def _level_name(node, level: int) -> str:
    return dict(node._meta.get_field("level").flatchoices)[level]


def taken_message(code: str) -> str:
    return _("There is already a grid %(code)s.") % {"code": code}


def retired_message(grid) -> str:
    return _("%(grid)s has been retired, so nothing new can be placed under it.") % {"grid": grid}
