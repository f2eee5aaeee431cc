"""What is wrong with what a service is about to write."""

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from grids.models import Grid
from grids.text import says_nothing


def errors_of(row: Model, *fields: str) -> dict[str, list[str]]:
    """The sentences of these fields, by field; empty when all are good."""
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - set(fields))
    except ValidationError as error:
        return error.message_dict
    return {}


def check_text(row: Model, *fields: str, required: str = "") -> None:
    """ValidationError by field for what cannot be stored, and at `required` where that says nothing."""
    errors = errors_of(row, *fields)
    if required and required not in errors and says_nothing(getattr(row, required)):
        errors[required] = [_("Say it in a few words.")]
    if errors:
        raise ValidationError(errors)


def in_use(grid: Grid) -> Grid:
    """The grid, where it stays until the transaction ends; ValidationError where it has gone out of use meanwhile."""
    now = Grid.objects.settle(grid)
    if now.retired_at:
        raise ValidationError(_("This grid is retired. Choose the one that took its place."))
    return now
