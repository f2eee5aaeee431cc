"""Codes and intervals: the tree's own arithmetic. Nobody else counts in the tree.

django-mptt keeps a nested interval in each row and renumbers the tree on every write. Our codes already nest, so the
interval is a function of the code: reads stay django-mptt's, and what counts or shifts is replaced here.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from contextlib import contextmanager

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import IntegrityError, connections, models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Length, Substr
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _
from mptt.managers import TreeManager
from mptt.querysets import TreeQuerySet

from grids.codes import (
    DIGITS,
    LARGEST,
    WIDTHS,
    ancestor_codes,
    code_at,
    community_code,
    free_numbers,
    interval,
    level_of,
    parent_code,
    tree_id_of,
)
from grids.transfers import Recoded, Run, Transfer, runs_of

__all__ = [
    "DIGITS",
    "LARGEST",
    "WIDTHS",
    "GridManager",
    "Transfer",
    "TreeQuerySet",
    "ancestor_codes",
    "code_at",
    "codes_beginning",
    "community_code",
    "interval",
    "level_of",
    "parent_code",
    "tree_id_of",
    "whole",
]


def codes_beginning(digits: str) -> Q:
    """The grids whose code begins with these digits, as a range of the interval: every database has an index for it."""
    room = 18 - len(digits)
    start = int(digits) * 12 * 10 ** max(room, 0)
    if room < 0 or digits[0] == "0" or start > LARGEST:
        return Q(pk__in=[])
    end = min(start + 12 * 10**room, LARGEST)
    # A shorter code, of a grid above, lies at the start of the range too when the rest are zeros.
    return Q(lft__gte=start, lft__lt=end, level__gte=bisect_left(DIGITS, len(digits)))


def whole(place: F, operator: str, number: int) -> CombinedExpression:
    """A place divided by a whole number, or the rest: `/` and `%` stay whole on both databases, Django is only told."""
    return CombinedExpression(place, operator, Value(number), output_field=models.BigIntegerField())


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

    def reserve(self, *grids) -> list:
        """These grids as they are now, while no other reorganisation touches their cities until the transaction ends.

        Filing and acting go on: a foreign key's lock on a city does not wait for this one.
        """
        pks = [grid.pk for grid in grids]
        locked: set[int] = set()
        while True:
            now = {grid.pk: grid for grid in self.filter(pk__in=pks)}
            if len(now) < len(set(pks)):
                raise ValidationError(changed_message())
            cities = {grid.tree_id for grid in now.values()}
            if cities <= locked:
                return [now[pk] for pk in pks]
            self.lock_cities(map(str, cities))  # and look again: one may have been moved until we had the lock
            locked |= cities

    def lock_cities(self, codes: Iterable[str]) -> None:
        """One reorganisation of a city after the other; the first lock of each, in the same order for all."""
        cities = {code[: DIGITS[0]] for code in codes}
        list(self.select_for_update(no_key=True).filter(code__in=cities).order_by("pk").values_list("pk"))

    def seize(self, node):
        """Lock the subtree of a reserved `node`: what is being placed there comes first, and from now on nothing is."""
        self.hold(ancestor_codes(node.code))
        locked = self.select_for_update().filter(pk=node.pk, code=node.code).first()
        if locked is None:
            raise ValidationError(changed_message())
        return locked

    def reserve_numbers(self, parent):
        """Lock a reserved `parent` so that the numbers under it are given out one after the other."""
        self.hold(ancestor_codes(parent.code))
        locked = self.select_for_update(no_key=True).filter(pk=parent.pk, code=parent.code).first()
        if locked is None:
            raise ValidationError(changed_message())
        return locked

    def _shared(self, queryset):
        """The rows of `queryset` under the lock that a foreign key takes; SQLite has one writer at a time anyway."""
        if connections[self.db].vendor != "postgresql":
            return queryset
        sql, params = queryset.query.sql_with_params()
        return self.raw(f"{sql} FOR KEY SHARE", params)

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

    # Numbers

    def free_code(self, parent) -> str:
        """The number after the last one ever used under `parent`, or the first gap once the last number is taken."""
        return self.codes_under(parent, [None])[0]

    def codes_under(self, parent, nodes: Iterable) -> list[str]:
        """A code under `parent` for each node: with its number where no other has or had it there, else a free one.

        None stands for a node that has no number yet.
        """
        if parent is None or parent.level + 1 == len(DIGITS):
            raise ValidationError(_("Only a code can say where this grid belongs."))
        digits = DIGITS[parent.level + 1] - DIGITS[parent.level]
        taken = self._numbers_under(parent, digits)
        wished = [node and int(node.code[-digits:]) for node in nodes]
        kept = set(wished) - taken - {None}
        free = free_numbers(taken | kept, digits)
        numbers = [number if number in kept else next(free, None) for number in wished]
        if None in numbers:
            raise ValidationError(_("Every number under %(grid)s is taken.") % {"grid": parent})
        return [f"{parent.code}{number:0{digits}d}" for number in numbers]

    def _numbers_under(self, parent, digits: int) -> set[int]:
        """The numbers of the children, and those that were given up and lead to their grid for ever."""
        children = self.filter(parent=parent).order_by().values_list("code")
        former = self._former_codes.annotate(digits=Length("code")).filter(
            code__startswith=parent.code, digits=DIGITS[parent.level + 1]
        )
        return {int(code[-digits:]) for (code,) in children.union(former.values_list("code"))}

    @property
    def _former_codes(self) -> models.QuerySet:
        """They need grids, so they are known here by the reverse relation alone."""
        return self.model._meta.get_field("former_codes").related_model._base_manager.all()

    def refuse_given_up(self, grids: Q) -> None:
        """ValidationError at `code` when one of these grids has a code that another gave up; its own it may have again.

        Asked after the write: a reorganisation that frees a code at this moment has then been waited for.
        """
        former = self._former_codes.filter(code=OuterRef("code"))
        own = former.filter(grid=OuterRef("pk"))
        # A retired grid stands for its successors, so beside it they lead to the same place.
        wrong = self.filter(grids, Exists(former.exclude(grid=OuterRef("pk")))).exclude(
            Exists(own), retired_at__isnull=False
        )
        if code := wrong.order_by("code").values_list("code", flat=True).first():
            raise ValidationError({"code": self.given_up_message(code)})

    def given_up_message(self, code: str) -> str:
        """Whose code this was and where it leads; empty when nobody gave it up."""
        former = self._former_codes.filter(code=code).select_related("grid").order_by("pk").first()
        if former is None:
            return ""
        return _(
            "The code %(code)s belonged to “%(name)s” and leads to %(grid)s for ever; it is not given out again."
        ) % {"code": code, "name": former.name, "grid": former.grid}

    # Move

    def move_node(self, node, target, position="last-child"):
        """As django-mptt's; the subtree gets the next free code under its new parent, siblings stay in code order."""
        self.relocate(node, parent_of(target, position))

    def _move_node(self, node, target, position="last-child", save=True, refresh_target=True):
        self.relocate(node, parent_of(target, position))

    @transaction.atomic
    def relocate(self, node, parent, code: str | None = None) -> Transfer | None:
        """Move the subtree of `node` under `parent`, to `code` or the next free one; None when it is there already.

        Updates `node` in place. `services.move_grid` does this, keeps the old codes and tells the other apps.
        """
        parent = self._lock_for_move(node, parent)
        if node.parent_id == parent.pk and code in (None, node.code):
            return None
        new = self._checked_target(node, parent, code)
        transfer = self.transfer([(node, parent, new)])
        node.code, node.parent = new, parent
        self.set_interval(node)
        node._mptt_meta.update_mptt_cached_fields(node)
        return transfer

    def transfer(self, moves: list[tuple]) -> Transfer:
        """Take each `(node, parent, code)` with all below it to that parent and code; the caller holds the locks.

        Either one node, or all children of one parent. One UPDATE a run for the tree and for each model with positions.
        """
        runs, recoded, counts = list(runs_of(moves)), [], Counter()
        for run in runs:
            inside = self.filter(lft__range=run.old).order_by("lft")
            recoded += [
                Recoded(pk, name, old, run.code(lft, level))
                for pk, name, old, lft, level in inside.values_list("pk", "name", "code", "lft", "level")
            ]
            try:
                with transaction.atomic():
                    counts[self.model._meta.label_lower] += self._shift(run)
            except IntegrityError as error:
                # Somebody created a grid with this very code after it was found free.
                mine = [node.pk for node, _parent, _code in moves]
                taken = self.filter(code__in=[code for _node, _parent, code in moves]).exclude(pk__in=mine).first()
                raise ValidationError({"code": taken_message(taken.code if taken else moves[0][2])}) from error
            # After the tree: rows placed meanwhile have waited for it or are seen here.
            for model in self.placed_models():
                placed = model._base_manager.filter(position__range=run.old)
                counts[model._meta.label_lower] += placed.update(position=F("position") + run.shift)
        for run in runs:
            self.refuse_given_up(Q(lft__range=run.new))
        return Transfer(runs, recoded, counts)

    def _shift(self, run: Run) -> int:
        """Codes, intervals and trees of the run in one UPDATE; a code is what its interval says."""
        start = F("lft") + run.shift - F("level")
        codes = [
            When(level=level, then=Cast(Cast(start, models.BigIntegerField()) / width, models.CharField(max_length=18)))
            for level, width in enumerate(WIDTHS)
        ]
        parents = Case(
            When(parent_id=run.source, then=Value(run.target.pk)),
            default=F("parent_id"),
            output_field=models.BigIntegerField(),
        )
        inside = self.filter(lft__range=run.old).order_by()
        return inside.update(
            code=Case(*codes, output_field=models.CharField()),
            lft=F("lft") + run.shift,
            rght=F("rght") + run.shift,
            tree_id=run.target.tree_id,
            parent_id=parents,
        )

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

    def _lock_for_move(self, node, parent):
        """Lock what a move stands on, top down, and bring `node` up to date; the parent as it is now."""
        now, parent = self.reserve(node, parent) if parent is not None else (node, None)
        self.check_parent(now, parent)
        self.hold({*ancestor_codes(now.code), parent.code, *ancestor_codes(parent.code)})
        parent = self.reserve_numbers(parent)
        locked = self.seize(now)
        self.check_parent(locked, parent)
        for field in ("code", "level", "lft", "rght", "tree_id", "parent_id", "name", "retired_at"):
            setattr(node, field, getattr(locked, field))
        return parent

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


def changed_message() -> str:
    return _("Somebody else has just changed this part of the tree. Look again, then repeat.")


def retired_message(grid) -> str:
    return _("%(grid)s has been retired, so nothing new can be placed under it.") % {"grid": grid}
