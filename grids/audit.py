"""Proof that the tree is what its codes say, row by row."""

from collections.abc import Iterator

from django.db.models import F
from django.utils.translation import gettext as _

from grids import tree
from grids.models import Grid


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
