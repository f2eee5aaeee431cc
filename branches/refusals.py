"""What a service refused, said where the form asks for it."""

from django.core.exceptions import ValidationError
from django.forms import Form


def add_refusal(form: Form, error: ValidationError) -> None:
    """At the fields that the form has; all else above them."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
