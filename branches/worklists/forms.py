"""What the pages of work lists send; the services decide."""

from collections.abc import Iterable

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import WorkItem
from branches.models.worklist import ITEM_LENGTH
from branches.references import Shown, offered, sources
from branches.worklists.references import ClaimSource
from grids.forms import DayField, KeyField, TextField
from grids.models import Grid, User
from grids.text import TEXT_LENGTH

WORDS_LENGTH = 64
CASE = "event"  # offered first: most of what is done is one
NO_EVIDENCE = {ClaimSource.kind, "hot_spot"}  # a hot spot is gone in a week
NOT_A_CHOICE = _("Something that was sent is none of the choices. Choose again.")


class GridsField(forms.TypedMultipleChoiceField):
    """Some of a few grids, by their codes."""

    def offer(self, grids: Iterable[Grid]) -> None:
        by_code = {grid.code: grid for grid in grids}
        self.choices = [(code, grid.name) for code, grid in by_code.items()]
        self.coerce = by_code.__getitem__


class ListForm(forms.Form):
    """A new list: whose, what it is called, which year. The hidden key makes a form that is sent twice draft once."""

    grid = forms.TypedChoiceField(
        label=_("issued by"), error_messages={"invalid_choice": _("There is no such grid in your area.")}
    )
    title = TextField(label=_("title"), max_length=80, error_messages={"required": _("Give the list a title.")})
    year = forms.IntegerField(label=_("year"), min_value=2000, max_value=2100)
    idempotency_key = KeyField()

    def __init__(self, grids: list[Grid], data=None):
        super().__init__(data, initial={"year": timezone.localdate().year})
        by_code = {grid.code: grid for grid in grids}
        self.fields["grid"].choices = [(code, grid.name) for code, grid in by_code.items()]
        self.fields["grid"].coerce = by_code.__getitem__


class TitleForm(forms.Form):
    """What a draft is called."""

    title = TextField(label=_("title"), max_length=80, error_messages={"required": _("Give the list a title.")})
    year = forms.IntegerField(label=_("year"), min_value=2000, max_value=2100)


class ItemForm(forms.Form):
    """An item of a draft."""

    text = TextField(
        label=_("what is to be done"), max_length=ITEM_LENGTH,
        error_messages={"required": _("Write what is to be done.")},
    )  # fmt: skip
    done_when = TextField(
        label=_("what counts as done"), max_length=TEXT_LENGTH,
        error_messages={"required": _("Write what counts as done.")},
    )  # fmt: skip
    for_streets = forms.BooleanField(label=_("for streets"), required=False)
    for_communities = forms.BooleanField(label=_("for communities"), required=False)
    due_on = DayField(label=_("due on"))
    is_mandatory = forms.TypedChoiceField(
        label=_("how it is taken on"),
        choices=[("yes", _("mandatory: assigned to all")), ("no", _("to be claimed"))],
        coerce=lambda value: value == "yes",
    )

    @classmethod
    def of(cls, item: WorkItem) -> "ItemForm":
        names = ("text", "done_when", "for_streets", "for_communities", "due_on")
        initial = {name: getattr(item, name) for name in names}
        return cls(initial=initial | {"is_mandatory": "yes" if item.is_mandatory else "no"})

    def put_into(self, item: WorkItem) -> WorkItem:
        for name, value in self.cleaned_data.items():
            setattr(item, name, value)
        return item


class AssignForm(forms.Form):
    """Which grids get an item, or a part of one."""

    grids = GridsField(
        label=_("grids"), error_messages={"required": _("Choose at least one grid."), "invalid_choice": NOT_A_CHOICE}
    )

    def __init__(self, grids: Iterable[Grid], data=None):
        super().__init__(data)
        self.fields["grids"].offer(grids)


class ClaimForm(forms.Form):
    """For which of one's own grids an item is claimed."""

    grid = forms.TypedChoiceField(label=_("for"), error_messages={"invalid_choice": NOT_A_CHOICE})

    def __init__(self, grids: Iterable[Grid], data=None):
        super().__init__(data)
        by_code = {grid.code: grid for grid in grids}
        self.fields["grid"].choices = [(code, grid.name) for code, grid in by_code.items()]
        self.fields["grid"].coerce = by_code.__getitem__


class ResponsibleForm(forms.Form):
    responsible = forms.TypedChoiceField(
        label=_("who answers for it"), required=False, empty_value=None,
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )  # fmt: skip

    def __init__(self, people: Iterable[User], data=None, initial: User | None = None):
        super().__init__(data, initial={"responsible": str(initial.pk) if initial else ""})
        by_key = {str(user.pk): user for user in people}
        self.fields["responsible"].choices = [("", _("nobody")), *((key, str(user)) for key, user in by_key.items())]
        self.fields["responsible"].coerce = by_key.__getitem__


class WordForm(forms.Form):
    """A word with a decision, and which report was read."""

    text = TextField(max_length=TEXT_LENGTH, required=False)
    round = forms.IntegerField(required=False, min_value=1)


class ReportForm(forms.Form):
    """A report with evidence chosen from a list; a search shows another list and loses nothing of it."""

    text = TextField(label=pgettext_lazy("work list", "What was done"), max_length=TEXT_LENGTH, required=False)
    evidence = forms.MultipleChoiceField(
        label=_("evidence"), required=False, error_messages={"invalid_choice": NOT_A_CHOICE}
    )
    kind = forms.ChoiceField(label=_("kind"), required=False, error_messages={"invalid_choice": NOT_A_CHOICE})
    words = TextField(label=_("Search"), max_length=WORDS_LENGTH, required=False)

    def __init__(self, user: User, grid: Grid, data=None):
        super().__init__(data)
        kinds = sorted(
            (source for source in sources() if source.kind not in NO_EVIDENCE), key=lambda source: source.kind != CASE
        )
        self.fields["kind"].choices = [(source.kind, source.title) for source in kinds]
        self.user, self.grid, self.kinds = user, grid, kinds
        self.chosen = self._chosen() if self.is_bound else []
        self.fields["evidence"].choices = [(mark(one), one.name) for one in self.chosen]

    def _chosen(self) -> list[Shown]:
        """What was ticked, as far as it is there and in sight; the same queries however much it is."""
        ticked = [value.partition(":") for value in self.data.getlist("evidence")]
        shown = []
        for source in self.kinds:
            keys = list(dict.fromkeys(key for kind, _colon, key in ticked if kind == source.kind and "\0" not in key))
            found = source.show(self.user, keys) if keys else {}
            shown += [found[key] for key in keys if key in found]
        return shown

    def offers(self) -> list[Shown]:
        """What of the chosen kind could be ticked, besides what is ticked already."""
        if not self.kinds:
            return []
        self.is_valid()
        given = getattr(self, "cleaned_data", {})
        kind, words = given.get("kind") or self.kinds[0].kind, given.get("words", "")
        ticked = {mark(one) for one in self.chosen}
        return [one for one in offered(self.user, self.grid, kind, words) if mark(one) not in ticked]

    def pairs(self) -> list[tuple[str, str]]:
        """The ticked evidence as the service takes it."""
        return [(one.kind, one.key) for one in self.chosen]


def mark(one: Shown) -> str:
    """How a thing is called in the form."""
    return f"{one.kind}:{one.key}"
