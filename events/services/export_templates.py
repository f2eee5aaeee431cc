"""Templates of sheets for other departments: saved by the desk of a grid, and carried along with it."""

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import COLUMN_TITLE_LENGTH, TEMPLATE_NAME_LENGTH, ExportTemplate, Period
from events.text import plain_text
from grids import exports
from grids.access import overseen_posts
from grids.models import Grid, User
from grids.moments import aware_now

MOST_TEMPLATES = 50


def template_grids(user: User) -> list[Grid]:
    """The grids whose templates the person keeps: those that they answer for, the highest first."""
    return list({post.grid_id: post.grid for post in overseen_posts(user)}.values())


def save_export_template(
    *,
    actor: User,
    grid: Grid,
    name: str,
    kind: str,
    columns: Sequence[tuple[str, str]],
    template: ExportTemplate | None = None,
    period: str = Period.ALL,
    since: date | None = None,
    until: date | None = None,
    area: str = "",
    state: str = "",
    at: datetime | None = None,
) -> ExportTemplate:
    """Save a new template, or change one; the very same again is the one that is there. ValidationError by field."""
    given = {
        "name": " ".join(name.split()), "kind": kind, "columns": _checked(kind, columns), "period": period,
        "since": since if period == Period.DAYS else None, "until": until if period == Period.DAYS else None,
        "area": area, "state": state,
    }  # fmt: skip
    with transaction.atomic():
        grid = Grid.objects.settle(grid)  # two tabs at once shall not save one name twice, or one too many
        _check_may_keep(actor, grid)
        if template is None:
            if first := ExportTemplate.objects.filter(grid=grid, **given).first():
                return first
            template = ExportTemplate(grid=grid)
        else:
            template = ExportTemplate.objects.select_for_update(of=("self",)).select_related("grid").get(pk=template.pk)
        _check_room(grid, template)
        for field, value in given.items():
            setattr(template, field, value)
        template.saved_by, template.saved_at = actor, aware_now(at)
        _check(template)
        template.save()
    return template


def _check_may_keep(actor: User, grid: Grid) -> None:
    if grid.pk not in {own.pk for own in template_grids(actor)}:
        raise PermissionDenied(_("You do not answer for %(grid)s.") % {"grid": grid})


def _check_room(grid: Grid, template: ExportTemplate) -> None:
    others = ExportTemplate.objects.filter(grid=grid).exclude(pk=template.pk)
    if template._state.adding and others.count() >= MOST_TEMPLATES:
        full = _("At most %(most)d templates of one grid. Delete one that nobody needs any more.")
        raise ValidationError({"name": full % {"most": MOST_TEMPLATES}})


def _checked(kind: str, columns: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The columns as they are stored: known ones, each once, under titles that differ."""
    known = exports.find(kind)
    if known is None:
        raise ValidationError({"kind": _("There are no such rows.")})
    chosen = [(known.field(key), " ".join(title.split())) for key, title in columns]
    found = [[field.key, title or str(field.title)] for field, title in chosen if field]
    if not found:
        raise ValidationError({"columns": _("Choose at least one column.")})
    titles = [title for _key, title in found]
    if double := next((title for title in titles if titles.count(title) > 1), None):
        raise ValidationError({"columns": _("Two columns are called “%(title)s”.") % {"title": double}})
    for title in titles:
        if len(title) > COLUMN_TITLE_LENGTH:
            most = {"title": title, "most": COLUMN_TITLE_LENGTH}
            raise ValidationError({"columns": _("“%(title)s” has more than %(most)d characters.") % most})
        for validate in plain_text:
            _at_columns(validate, title)
    if len({key for key, _title in found}) < len(found):
        raise ValidationError({"columns": _("A column can be chosen once.")})
    return found


def _at_columns(validate, title: str) -> None:
    try:
        validate(title)
    except ValidationError as error:
        raise ValidationError({"columns": error.messages}) from error


def _check(template: ExportTemplate) -> None:
    states = {value for value, _label in exports.find(template.kind).states}
    if template.state and template.state not in states:
        raise ValidationError({"state": _("There is no such state.")})
    if template.area and not Grid.objects.within(template.grid).filter(code=template.area).exists():
        raise ValidationError({"area": _("This grid is not inside yours.")})
    template.clean_fields(exclude=["grid", "position", "saved_by", "columns"])
    if template.period == Period.DAYS and not (template.since and template.until and template.since <= template.until):
        raise ValidationError({"since": _("Give the first and the last day, in this order.")})
    if ExportTemplate.objects.filter(grid=template.grid, name=template.name).exclude(pk=template.pk).exists():
        raise ValidationError({"name": _("Another template of this grid has this name.")})


@transaction.atomic
def delete_export_template(*, actor: User, template: ExportTemplate) -> None:
    """What is gone already is fine."""
    _check_may_keep(actor, template.grid)
    ExportTemplate.objects.filter(pk=template.pk).delete()


def rehome_export_templates(*, ended: Grid, successors: Sequence[Grid]) -> None:
    """Give the templates of a grid that went out of use to the desk of who continues it, under a free name."""
    if not ended.retired_at or not successors:
        return
    home = successors[0]
    taken = set(ExportTemplate.objects.filter(grid=home).values_list("name", flat=True))
    for template in ExportTemplate.objects.select_for_update().filter(grid=ended):
        template.grid, template.name = home, _free(template.name, taken)
        taken.add(template.name)
        template.save()


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name[: TEMPLATE_NAME_LENGTH - 3]} {number}"
    return free
