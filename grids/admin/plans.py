"""What is asked before a reorganisation. The forms shape a plan; whether it can be is for the services to say."""

from collections.abc import Iterable

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grids.access import SeveralSuccessors, find_grid, managed_ranges, within
from grids.models import Grid, GridChange, Level, User, validate_printable
from grids.models.change import REASON_LENGTH
from grids.services import Part, Plan

CANDIDATES = 300
MOST_PARTS = 20
Kind = GridChange.Kind


class CodeField(forms.CharField):
    """A grid by its code, also by one of before. Candidates are offered as one types; any other code is as good."""

    def __init__(self, **options):
        super().__init__(max_length=100, validators=[validate_printable], **options)
        self.user: User | None = None
        self.candidates: list[Grid] = []

    def clean(self, value: str) -> Grid | None:
        code = super().clean(value).split(" ")[0]
        if not code:
            return None
        try:
            grid = find_grid(self.user, code) if code.isascii() and code.isdecimal() else None
        except SeveralSuccessors as error:
            raise forms.ValidationError(str(error)) from error
        if grid is None:
            raise forms.ValidationError(_("There is no grid %(code)s in your area.") % {"code": code})
        return grid


class ReorganiseForm(forms.Form):
    """What all are asked: why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        validators=[validate_printable],
        help_text=gettext_lazy("Such as the number of the document; it stays in the history of the grids."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    def __init__(self, user: User, grids: list[Grid], data=None, typed=None):
        """`data` is to be checked; `typed` only stands in the fields, to be changed further."""
        super().__init__(data, initial=dict((typed or {}).items()))
        self.user, self.grids = user, grids
        if target := self.fields.get("target"):
            target.user = user
            target.candidates = list(self.candidates()[:CANDIDATES])
            target.widget.attrs |= {"list": "candidates", "class": "vTextField", "autocomplete": "off"}
        self.order_fields([*[name for name in self.fields if name != "reason"], "reason"])

    def candidates(self) -> QuerySet[Grid]:
        """What somebody most likely means by the target."""
        return Grid.objects.none()

    def managed(self) -> QuerySet[Grid]:
        """The grids in use that the user may manage, without those that are to be reorganised."""
        grids = Grid.objects.active().filter(within(managed_ranges(self.user), "lft")).order_by("lft")
        return grids.exclude(pk__in=[grid.pk for grid in self.grids])

    def around(self) -> Q:
        """In the same street or above it, the same district or city."""
        first = self.grids[0]
        above = [grid for grid in first.ancestors if grid.level <= Level.STREET]
        holder = above[-1] if first.level > Level.COMMUNITY else (above[-2:] or [None])[0]
        return Q(lft__range=(holder.lft, holder.rght)) if holder else Q()

    def plan(self, kind: str) -> Plan:
        given = {
            name: value for name, value in self.cleaned_data.items() if name in ("reason", "target", "name", "code")
        }
        return Plan(kind, tuple(self.grids), **given)


class RenameForm(ReorganiseForm):
    name = forms.CharField(
        label=gettext_lazy("New name"),
        max_length=64,
        validators=[validate_printable],
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    def __init__(self, user: User, grids: list[Grid], data=None, typed=None):
        super().__init__(user, grids, data, typed)
        self.initial.setdefault("name", grids[0].name)


class MoveForm(ReorganiseForm):
    target = CodeField(
        label=gettext_lazy("New parent"), help_text=gettext_lazy("Its code; a part of its name finds it.")
    )
    code = forms.CharField(
        label=gettext_lazy("New code"),
        required=False,
        max_length=18,
        help_text=gettext_lazy("Empty: the next free one. What lies below keeps its numbers."),
    )

    def __init__(self, user: User, grids: list[Grid], data=None, typed=None):
        super().__init__(user, grids, data, typed)
        if len(grids) > 1:  # they get the next free ones
            del self.fields["code"]

    def candidates(self) -> QuerySet[Grid]:
        return self.managed().filter(self.around(), level=self.grids[0].level - 1).exclude(pk=self.grids[0].parent_id)

    def clean_code(self) -> str | None:
        return self.cleaned_data["code"].strip() or None


class MergeForm(ReorganiseForm):
    target = CodeField(
        label=gettext_lazy("Merged into"), help_text=gettext_lazy("Its code; a part of its name finds it.")
    )
    name = forms.CharField(
        label=gettext_lazy("New name of that grid"),
        required=False,
        max_length=64,
        validators=[validate_printable],
        help_text=gettext_lazy("Empty: it keeps its name."),
    )

    def candidates(self) -> QuerySet[Grid]:
        return self.managed().filter(self.around(), level=self.grids[0].level)


class RetireForm(ReorganiseForm):
    target = CodeField(
        label=gettext_lazy("What takes its place"),
        required=False,
        help_text=gettext_lazy("Its code leads there, and open cases and organisations go there. Empty: nothing does."),
    )

    def candidates(self) -> QuerySet[Grid]:
        level = self.grids[0].level
        return self.managed().filter(self.around(), level__in=(level - 1, level)).order_by("level", "lft")


class SplitForm(ReorganiseForm):
    """The names of the parts, and for each child the part that it goes to."""

    def __init__(self, user: User, grids: list[Grid], data=None, typed=None):
        super().__init__(user, grids, data, typed)
        sent = data or typed or {}
        wanted = sent.get("count", "")
        count = int(wanted) if wanted.isdecimal() and len(wanted) < 3 else 2
        self.count = min(max(2, count + ("more" in sent)), MOST_PARTS)
        self.children = list(grids[0].children.active().order_by("lft"))
        numbers = [(str(number), str(number)) for number in range(1, self.count + 1)]
        for number in range(1, self.count + 1):
            self.fields[f"name_{number}"] = forms.CharField(
                label=_("Name of part %(number)d") % {"number": number}, max_length=64, validators=[validate_printable]
            )
            self.fields[f"code_{number}"] = forms.CharField(
                label=_("Code of part %(number)d") % {"number": number}, max_length=18, required=False
            )
        for child in self.children:
            self.fields[f"child_{child.pk}"] = forms.ChoiceField(label=str(child), choices=numbers, initial="1")

    def part_fields(self) -> Iterable[tuple[int, forms.BoundField, forms.BoundField]]:
        return [(number, self[f"name_{number}"], self[f"code_{number}"]) for number in range(1, self.count + 1)]

    def child_fields(self) -> Iterable[forms.BoundField]:
        return [self[f"child_{child.pk}"] for child in self.children]

    def plan(self, kind: str) -> Plan:
        given = self.cleaned_data
        parts = tuple(
            Part(
                given[f"name_{number}"],
                tuple(child.code for child in self.children if given[f"child_{child.pk}"] == str(number)),
                given[f"code_{number}"].strip() or None,
            )
            for number in range(1, self.count + 1)
        )
        return Plan(kind, tuple(self.grids), reason=given["reason"], parts=parts)


FORMS: dict[str, type[ReorganiseForm]] = {
    Kind.RENAME: RenameForm,
    Kind.MOVE: MoveForm,
    Kind.MERGE: MergeForm,
    Kind.SPLIT: SplitForm,
    Kind.RETIRE: RetireForm,
}
