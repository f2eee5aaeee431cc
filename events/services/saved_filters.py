"""What a person saves of the list's filters, for themselves alone."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import FILTER_NAME_LENGTH, SavedFilter
from grids.models import User

MOST_SAVED = 20


@transaction.atomic
def save_filter(*, user: User, name: str, query: dict[str, str]) -> SavedFilter:
    """Save filters under a name, in place of what it stood for before; raises ValidationError by field.

    `query` is what `FilterForm.given` says.
    """
    if not query:
        raise ValidationError({"name": [_("Choose a filter first; there is nothing to be saved.")]})
    name = _clean(name)
    User.objects.select_for_update().get(pk=user.pk)  # two tabs at once shall not save one too many
    saved = SavedFilter.objects.filter(user=user, name=name).first() or SavedFilter(user=user, name=name)
    if saved._state.adding and SavedFilter.objects.filter(user=user).count() >= MOST_SAVED:
        full = _("At most %(most)d filters are saved. Delete one that you do not need any more.")
        raise ValidationError({"name": [full % {"most": MOST_SAVED}]})
    saved.query = query
    saved.save()
    return saved


@transaction.atomic
def rename_filter(*, saved: SavedFilter, name: str) -> SavedFilter:
    """Raises ValidationError by field, also where another one has this name."""
    saved.name = _clean(name)
    User.objects.select_for_update().get(pk=saved.user_id)
    if SavedFilter.objects.filter(user=saved.user_id, name=saved.name).exclude(pk=saved.pk).exists():
        raise ValidationError({"name": [_("Another filter of yours has this name.")]})
    SavedFilter.objects.filter(pk=saved.pk).update(name=saved.name)  # it may just have been deleted in another tab
    return saved


def delete_filter(*, user: User, key: int) -> None:
    """Delete one of the person's own; what is gone already is fine."""
    SavedFilter.objects.filter(user=user, pk=key).delete()


def _clean(name: str) -> str:
    """The name in one line; raises ValidationError where it is none."""
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": [_("Give it a name.")]})
    if len(name) > FILTER_NAME_LENGTH:
        raise ValidationError({"name": [_("At most %(most)d characters.") % {"most": FILTER_NAME_LENGTH}]})
    try:
        return SavedFilter._meta.get_field("name").clean(name, None)
    except ValidationError as error:
        raise ValidationError({"name": error.messages}) from error
