"""What the pages of grids are asked."""

from django import forms

from grids.models import validate_printable


class GridSearchForm(forms.Form):
    search = forms.CharField(max_length=64, required=False, validators=[validate_printable])

    def words(self) -> str:
        """What to look for; nothing when it cannot be looked for."""
        return self.cleaned_data["search"] if self.is_valid() else ""
