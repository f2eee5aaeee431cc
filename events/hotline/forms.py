"""What the pages of the hotline's sheets ask: which column is what, what a word means, where an area lies."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.hotline.columns import FIELDS, Reading
from events.hotline.words import named
from events.models import Category, HotlineImport
from grids.access import workable_grids
from grids.models import Grid, User, load_ancestors, validate_printable

TYPED_LENGTH = 100
MOST_CHOICES = 20


@dataclass
class Question:
    """One thing to be said, of all rows that are alike; `row` is the first of them."""

    row: int
    text: str
    count: int
    suggestion: str = ""
    samples: list[str] = field(default_factory=list)


class ColumnsForm(forms.Form):
    """Each heading of a sheet with the column of ours that it is; what is new stands first."""

    def __init__(self, hotline_import: HotlineImport, reading: Reading, samples: dict[int, list[str]], data=None):
        super().__init__(data)
        self.headings = hotline_import.layout["columns"]
        of_heading = {heading: key for key, heading in reading.columns.items()}
        choices = [("", gettext_lazy("not used")), *((column.key, column.title) for column in FIELDS)]
        for heading in sorted(self.headings, key=lambda name: (name not in reading.undecided, self.headings[name])):
            index = self.headings[heading]
            self.fields[f"column-{index}"] = one = forms.ChoiceField(
                choices=choices, required=False, label=heading, initial=of_heading.get(heading, "")
            )
            one.error_messages["invalid_choice"] = _("This is none of the columns.")
            one.samples, one.is_new = samples.get(index, []), heading in reading.undecided
            one.widget.attrs["class"] = "form-select"

    def meanings(self) -> dict[str, str]:
        return {heading: self.cleaned_data[f"column-{index}"] for heading, index in self.headings.items()}


class CategoryNameField(forms.CharField):
    """A category by its name, chosen from a list or typed."""

    def __init__(self, categories: list[Category], **options):
        super().__init__(max_length=TYPED_LENGTH, required=False, **options)
        self.categories = categories

    def clean(self, value: str) -> Category | None:
        text = super().clean(value)
        if not text:
            return None
        category = named(text, self.categories)
        if category is None:
            raise ValidationError(_("There is no such category. Choose one of the list."))
        return category


class WordsForm(forms.Form):
    """What categories of the hotline are here; what is left empty is asked again."""

    def __init__(self, questions: Iterable[Question], categories: list[Category], data=None):
        super().__init__(data)
        self.questions = list(questions)
        for question in self.questions:
            one = CategoryNameField(categories, label=question.text, initial=question.suggestion)
            one.question = question
            one.widget.attrs |= {"class": "form-control", "list": "categories", "autocomplete": "off"}
            self.fields[f"word-{question.row}"] = one

    def meanings(self) -> dict[str, Category]:
        given = {question.text: self.cleaned_data[f"word-{question.row}"] for question in self.questions}
        return {word: category for word, category in given.items() if category}


class PlaceNameField(forms.CharField):
    """A grid that the user may file for, by name, initials or code; of several `choices` are to choose from."""

    default_validators = [validate_printable]

    def __init__(self, user: User, **options):
        super().__init__(max_length=TYPED_LENGTH, required=False, **options)
        self.user = user
        self.choices: list[Grid] = []

    def clean(self, value: str) -> Grid | None:
        text = super().clean(value)
        if not text:
            return None
        grids = workable_grids(self.user)
        if grid := grids.filter(code=text).first():
            return grid
        found = list(grids.search(text).order_by("lft")[: MOST_CHOICES + 1])
        same = [grid for grid in found if grid.name == text]
        if len(same or found) == 1:
            return (same or found)[0]
        if not found:
            raise ValidationError(_("No grid that you may file for is called so."))
        self.choices = found[:MOST_CHOICES]
        load_ancestors(self.choices)
        raise ValidationError(_("Several grids are called so. Choose one, or write more of the name."))


class PlacesForm(forms.Form):
    """Where areas and single orders lie; what is left empty is asked again."""

    def __init__(self, questions: Iterable[Question], user: User, data=None):
        super().__init__(data)
        self.questions = list(questions)
        for question in self.questions:
            one = PlaceNameField(user, label=question.text)
            one.question = question
            one.widget.attrs |= {"class": "form-control", "list": "places", "autocomplete": "off"}
            self.fields[f"place-{question.row}"] = one

    def places(self) -> dict[int, Grid]:
        given = {question.row: self.cleaned_data[f"place-{question.row}"] for question in self.questions}
        return {row: grid for row, grid in given.items() if grid}
