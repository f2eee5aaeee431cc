"""What the pages of members' areas send; the services decide."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.areas.dividing import MOST_AREAS
from branches.worklists.forms import NOT_A_CHOICE, GridsField
from grids.forms import TextField
from grids.models import Grid, User

WHO = pgettext_lazy("area", "who answers for it")


class PeopleField(forms.TypedMultipleChoiceField):
    """Some of a few people, by their keys."""

    default_error_messages = {"invalid_choice": NOT_A_CHOICE}

    def offer(self, people: Iterable[User]) -> None:
        by_key = {str(user.pk): user for user in people}
        self.choices = [(key, str(user)) for key, user in by_key.items()]
        self.coerce = by_key.__getitem__


class MembersForm(forms.Form):
    """Who answers for an area."""

    members = PeopleField(label=WHO, required=False)

    def __init__(self, people: Iterable[User], data=None, initial=None):
        super().__init__(data, initial=initial)
        self.fields["members"].offer(people)


class AreaForm(forms.Form):
    """An area: its name and its buildings."""

    name = TextField(label=_("name"), max_length=64)
    grids = GridsField(
        label=_("buildings"),
        error_messages={"required": _("Choose at least one building."), "invalid_choice": NOT_A_CHOICE},
    )

    def __init__(self, grids: Iterable[Grid], data=None, initial=None):
        super().__init__(data, initial=initial)
        self.fields["grids"].offer(grids)


class NewAreaForm(AreaForm):
    """A new area, at once with who answers for it."""

    members = PeopleField(label=WHO, required=False)

    def __init__(self, grids: Iterable[Grid], people: Iterable[User], data=None, initial=None):
        super().__init__(grids, data, initial)
        self.fields["members"].offer(people)


class SuggestForm(forms.Form):
    """Into how many areas the buildings are to be divided."""

    areas = forms.IntegerField(
        label=_("areas"), min_value=1, max_value=MOST_AREAS,
        error_messages={"required": _("Say how many."), "invalid": _("Give a whole number.")},
    )  # fmt: skip
