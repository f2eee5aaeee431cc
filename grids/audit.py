"""Proof that the tree is what its codes say, row by row, and that every code of before leads somewhere."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from grids import tree
from grids.models import FormerCode, Grid, Post


def problems() -> Iterator[str]:
    """One sentence for each thing wrong with a grid or with the position of a row; nothing when all is well."""
    columns = ("code", "name", "level", "lft", "rght", "tree_id", "parent__code")
    for row in Grid._base_manager.order_by("code").values_list(*columns).iterator(chunk_size=5000):
        yield from _grid_problems(*row)
    for model in Grid.objects.placed_models():
        wrong = model._base_manager.exclude(position=F("grid__lft")).order_by("pk")
        for pk, position, lft, code in wrong.values_list("pk", "position", "grid__lft", "grid__code").iterator():
            yield _("%(model)s %(pk)s on grid %(code)s: position %(position)d instead of %(lft)d") % {
                "model": model._meta.verbose_name,
                "pk": pk,
                "code": code,
                "position": position,
                "lft": lft,
            }
    yield from _retired_problems()
    yield from _former_code_problems()


def _retired_problems() -> Iterator[str]:
    """Retired grids with somebody in office on them or something in use below."""
    retired = Grid._base_manager.filter(retired_at__isnull=False).order_by("code")
    for grid in retired.filter(Exists(Post.objects.active().filter(grid=OuterRef("pk")))):
        yield _("%(grid)s is retired and has active posts") % {"grid": grid}
    for grid in retired.filter(Exists(Grid._base_manager.filter(parent=OuterRef("pk"), retired_at=None))):
        yield _("%(grid)s is retired and has grids in use below it") % {"grid": grid}


def _former_code_problems() -> Iterator[str]:
    """Former codes that another grid has now, and those that lead round in a circle."""
    taken = Grid._base_manager.filter(code=OuterRef("code"), retired_at=None).exclude(pk=OuterRef("grid"))
    for former in FormerCode.objects.filter(Exists(taken)).select_related("grid").order_by("code", "pk"):
        yield _("former code %(code)s leads to %(grid)s, but another grid in use has it") % {
            "code": former.code,
            "grid": former.grid,
        }
    # Only a retired grid can lead on and on; a code of one in use has arrived.
    ended = FormerCode.objects.filter(grid__retired_at__isnull=False).order_by("code").values_list("code", flat=True)
    for code, successors in sorted(Grid.objects.resolve(ended.distinct()).items()):
        if not successors:
            yield _("former code %(code)s leads to no grid") % {"code": code}


def _grid_problems(code, name, level, lft, rght, tree_id, parent) -> Iterator[str]:
    grid = {"grid": f"{name} ({code})"}
    try:
        right_level = tree.level_of(code)
    except ValueError as error:
        yield _("%(grid)s: %(reason)s") % (grid | {"reason": str(error)})
        return
    above = tree.parent_code(code)
    if parent and not code.startswith(parent):
        yield _("%(grid)s: the code does not begin with that of its parent %(parent)s") % (grid | {"parent": parent})
    if parent != above:
        yield _("%(grid)s: parent %(parent)s instead of %(right)s") % (grid | {"parent": parent, "right": above})
    if level != right_level:
        yield _("%(grid)s: level %(level)d instead of %(right)d") % (grid | {"level": level, "right": right_level})
    if (lft, rght) != tree.interval(code):
        yield _("%(grid)s: interval %(interval)s instead of %(right)s") % (
            grid | {"interval": (lft, rght), "right": tree.interval(code)}
        )
    if tree_id != tree.tree_id_of(code):
        yield _("%(grid)s: tree %(tree)d instead of %(right)d") % (
            grid | {"tree": tree_id, "right": tree.tree_id_of(code)}
        )
