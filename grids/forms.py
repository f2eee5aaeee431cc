"""What the pages of grids are asked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from grids.models import Level, validate_printable
from grids.paper import Paper


class GridSearchForm(forms.Form):
    search = forms.CharField(max_length=64, required=False, validators=[validate_printable])

    def words(self) -> str:
        """What to look for; nothing when it cannot be looked for."""
        return self.cleaned_data["search"] if self.is_valid() else ""


class SignboardForm(forms.Form):
    """How a signboard is printed; what is not known prints on A4."""

    paper = forms.ChoiceField(choices=Paper, required=False, label=_("Paper"))

    def chosen_paper(self) -> Paper:
        return Paper(self.cleaned_data["paper"] or Paper.A4) if self.is_valid() else Paper.A4


class SignboardRunForm(SignboardForm):
    """Of which levels boards are printed: without a choice of the community and its buildings."""

    LEVELS = (Level.COMMUNITY, Level.BUILDING, Level.UNIT)
    USUAL = (Level.COMMUNITY, Level.BUILDING)

    levels = forms.TypedMultipleChoiceField(
        choices=[(level.name.lower(), level.label) for level in LEVELS],
        coerce=lambda name: Level[name.upper()],
        required=False,
        label=_("Levels"),
    )

    def chosen_levels(self) -> list[Level]:
        return (self.cleaned_data["levels"] if self.is_valid() else []) or list(self.USUAL)
