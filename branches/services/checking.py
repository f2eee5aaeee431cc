"""What is wrong with what a service is about to write."""

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from branches.disclosure import tellers
from grids.models import User


def errors_of(row: Model, *fields: str) -> dict[str, list[str]]:
    """The sentences of these fields, by field; empty when all are good."""
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - set(fields))
    except ValidationError as error:
        return error.message_dict
    return {}


def source_errors(actor: User | None, kind: str, key: str) -> dict[str, list[str]]:
    """A case that is told of must be closed, and in sight of who writes: a clue report is as if it were not there."""
    if actor is None or not tellers.is_known(kind):
        return {}
    gist = tellers.gist_of(actor, kind, key)
    if gist is None:
        return {"source": [_("There is no such case to tell of in your area.")]}
    if not gist.is_done:
        return {"source": [_("The case is not closed yet. Only what is done is told of.")]}
    return {}
