"""What the page of a template of a sheet asks: which columns in which order under which titles, and which rows."""

from typing import NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from events.models import COLUMN_TITLE_LENGTH, TEMPLATE_NAME_LENGTH, ExportTemplate, Period
from grids.exports import Field, Kind
from grids.forms import DayField, TextField
from grids.models import Grid

GRIDS_TO_CHOOSE = 100
LAST = 99


class Row(NamedTuple):
    """One column to choose, as the page shows it."""

    field: Field
    use: BoundField
    order: BoundField
    title: BoundField


class ExportTemplateForm(forms.Form):
    """One field of use, order and own title for each column of the kind; without an own title it keeps its name."""

    name = TextField(label=_("Name of the template"), max_length=TEMPLATE_NAME_LENGTH)
    period = forms.ChoiceField(label=_("Period"), choices=Period, initial=Period.ALL)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("Until"), required=False)
    area = forms.ChoiceField(label=_("Grid"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, kind: Kind, grid: Grid, template: ExportTemplate | None, *args, **options):
        super().__init__(*args, initial=_initial(kind, template), **options)
        self.kind = kind
        below = Grid.objects.active().filter(parent=grid).order_by("lft")[:GRIDS_TO_CHOOSE]
        self.fields["area"].choices = [("", grid.name), *((each.code, each.name) for each in below)]
        if template and template.area and template.area not in dict(self.fields["area"].choices):
            self.fields["area"].choices.append((template.area, template.area))
        self.fields["state"].choices = [("", _("all")), *kind.states]
        for field in kind.fields:
            self.fields[f"use_{field.key}"] = forms.BooleanField(label=field.title, required=False)
            self.fields[f"order_{field.key}"] = forms.IntegerField(
                label=_("Place"), required=False, min_value=1, max_value=LAST
            )
            self.fields[f"title_{field.key}"] = TextField(
                label=_("Own title"), required=False, max_length=COLUMN_TITLE_LENGTH
            )

    def choices_shown(self) -> list[BoundField]:
        return [self[name] for name in ("period", "area", "state")]

    def column_rows(self) -> list[Row]:
        """The chosen ones first, in their order."""
        rows = [
            Row(field, self[f"use_{field.key}"], self[f"order_{field.key}"], self[f"title_{field.key}"])
            for field in self.kind.fields
        ]
        return sorted(rows, key=lambda row: (not row.use.value(), self._place(row.order.value())))

    def _place(self, value: object) -> int:
        text = str(value or "")
        return int(text) if text.isascii() and text.isdigit() else LAST

    def inputs(self) -> dict:
        """What `save_export_template` takes."""
        given = {name: self.cleaned_data[name] for name in ("name", "period", "since", "until", "area", "state")}
        used = [field.key for field in self.kind.fields if self.cleaned_data[f"use_{field.key}"]]
        used.sort(key=lambda key: self.cleaned_data[f"order_{key}"] or LAST)
        return given | {"kind": self.kind.key, "columns": [(key, self.cleaned_data[f"title_{key}"]) for key in used]}


def _initial(kind: Kind, template: ExportTemplate | None) -> dict:
    """A new template begins with all columns under their own names."""
    chosen = template.columns if template else [[field.key, str(field.title)] for field in kind.fields]
    found: dict = {}
    for place, (key, title) in enumerate(chosen, start=1):
        field = kind.field(key)
        own = title if field and title != str(field.title) else ""
        found |= {f"use_{key}": True, f"order_{key}": place, f"title_{key}": own}
    if template:
        found |= {name: getattr(template, name) for name in ("name", "period", "since", "until", "area", "state")}
    return found
