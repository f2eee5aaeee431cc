"""What is wrong with the fields of a row that a service is about to write."""

from django.core.exceptions import ValidationError
from django.db.models import Model


def errors_of(row: Model, *fields: str) -> dict[str, list[str]]:
    """The sentences of these fields, by field; empty when all are good."""
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - set(fields))
    except ValidationError as error:
        return error.message_dict
    return {}
