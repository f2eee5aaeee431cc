"""What the pages of branches ask; the services decide."""

import re

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Branch, BranchGrid, ChiefTitle, Partner, SiteKind
from branches.refusals import add_refusal
from grids.access import SeveralSuccessors, find_grid, visible_people
from grids.forms import DayField
from grids.models import Grid, Level, Organisation, Post, User, validate_printable
from grids.tree import ancestor_codes

UNKNOWN = _("This filter is not known. Choose one of the list.")
MOST_CODES = 300
MOST_OFFERED = 300
IN_BRACKETS = re.compile(r"[（(]([^（()）]+)[)）]\s*$")


class BranchFilter(forms.Form):
    """The filters of the list, all optional and all together."""

    ALL = ("", _("All"))
    STATES = (("", _("in use")), ("dissolved", _("dissolved")))

    search = forms.CharField(max_length=64, required=False, validators=[validate_printable])
    kind = forms.ChoiceField(label=_("kind"), choices=[ALL, *Branch.Kind.choices], required=False)
    site = forms.ChoiceField(label=_("kind of site"), choices=[ALL, *SiteKind.choices], required=False)
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    grid = forms.CharField(max_length=18, required=False)

    def __init__(self, user: User, data=None):
        super().__init__(data)
        self.user = user
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = UNKNOWN

    def clean_grid(self) -> Grid | None:
        code = self.cleaned_data["grid"]
        try:
            grid = find_grid(self.user, code) if code else None
        except SeveralSuccessors as error:
            raise ValidationError(str(error)) from error
        if code and grid is None:
            raise ValidationError(_("There is no such grid in your area."))
        return grid

    def filtered(self, branches: QuerySet[Branch]) -> QuerySet[Branch]:
        """Those that fit every filter, those in use without another word; none when a filter is wrong."""
        if not self.is_valid():
            return branches.none()
        given = self.cleaned_data
        branches = branches.filter(dissolved_on__isnull=given["state"] != "dissolved")
        if given["kind"]:
            branches = branches.filter(kind=given["kind"])
        if given["site"]:
            branches = branches.filter(site_kind=given["site"])
        if given["grid"]:
            branches = branches.filter(Q(pk__in=Branch.objects.covering(given["grid"]).values("pk")))
        return branches.search(given["search"]) if given["search"].strip() else branches

    def chosen(self) -> list[tuple[str, object]]:
        """The filters that were given, in words."""
        given = self.cleaned_data if self.is_valid() else {}
        said = [(_("Search"), given.get("search"))]
        for name in ("kind", "site", "state"):
            said.append((self.fields[name].label, given.get(name) and dict(self.fields[name].choices)[given[name]]))
        return [*said, (_("Grid"), given.get("grid"))]

    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class BranchForm(forms.Form):
    """What a service refuses stands at the field that it names; `place` is where the form is about."""

    def __init__(self, user: User, data=None, *, place: Grid | None = None, branch: Branch | None = None):
        super().__init__(data)
        self.user, self.branch = user, branch
        self.place = place or (branch and branch.grid)
        self.prepare()
        for field in self.fields.values():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            if not isinstance(field.widget, forms.CheckboxSelectMultiple | forms.HiddenInput):
                field.widget.attrs.setdefault("class", kind)

    def prepare(self) -> None:
        """Fill in what hangs on who asks, and where."""

    def refuse(self, error: ValidationError | PermissionDenied) -> None:
        if isinstance(error, PermissionDenied):
            self.add_error(None, str(error))
        else:
            add_refusal(self, error)


class DescribeForm(BranchForm):
    """What a branch is called, where it meets, how many members it has."""

    name = forms.CharField(label=_("name"), max_length=64, validators=[validate_printable])
    kind = forms.ChoiceField(label=_("kind"), choices=Branch.Kind)
    site_kind = forms.ChoiceField(label=_("kind of site"), choices=SiteKind)
    site_address = forms.CharField(
        label=_("address of the site"), max_length=200, required=False, validators=[validate_printable]
    )
    member_count = forms.IntegerField(label=_("members"), min_value=0, max_value=100_000)
    founded_on = DayField(label=_("founded on"))

    def prepare(self) -> None:
        super().prepare()
        names = ("name", "kind", "site_kind", "site_address", "member_count", "founded_on")
        if self.branch:
            self.initial |= {name: getattr(self.branch, name) for name in names}
        else:
            self.initial |= {"member_count": 0, "founded_on": timezone.localdate()}
        self.described = names

    def description(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.described}


class CoverForm(BranchForm):
    """The covered grids: those ticked in the community, and those whose codes are written."""

    grids = forms.MultipleChoiceField(
        label=_("covered grids"), required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("This grid cannot be chosen here. Look again.")},
    )  # fmt: skip
    codes = forms.CharField(
        label=_("codes of further grids"),
        required=False,
        max_length=20 * MOST_CODES,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For a branch that covers more than one community: the codes, with spaces between them."),
    )

    def prepare(self) -> None:
        super().prepare()
        own = []
        if self.branch:
            own = list(Grid.objects.filter(branchgrids__branch=self.branch, branchgrids__until=None).order_by("lft"))
        self.offered = self._offered()
        codes = {grid.code for grid in self.offered}
        self.fields["grids"].choices = [(grid.code, grid.name) for grid in self.offered]
        self.initial["grids"] = [grid.code for grid in own if grid.code in codes]
        self.initial["codes"] = " ".join(grid.code for grid in own if grid.code not in codes)

    def _offered(self) -> list[Grid]:
        """The community and its buildings, each with `taken`, the other branch that it is of."""
        if self.place is None or self.place.level != Level.COMMUNITY:
            return []
        inside = Grid.objects.active().within(self.place).filter(level__lte=Level.BUILDING)
        grids = list(inside.order_by("lft")[:MOST_OFFERED])
        rows = BranchGrid.objects.active().filter(grid__in=grids).select_related("branch")
        taken = {row.grid_id: row.branch for row in rows if row.branch != self.branch}
        for grid in grids:
            grid.taken = taken.get(grid.pk)
        return grids

    def chosen_codes(self) -> set[str]:
        """Those that are ticked as the page is shown."""
        return set(self["grids"].value() or ())

    def clean(self) -> dict:
        given = super().clean()
        codes = [*given.get("grids", ()), *re.split(r"[\s、,，;；]+", given.get("codes", "").strip())]
        codes = list(dict.fromkeys(code for code in codes if code))
        found = {grid.code: grid for grid in Grid.objects.active().filter(code__in=codes)}
        if missing := [code for code in codes if code not in found]:
            self.add_error("codes", _("There is no grid %(code)s in use.") % {"code": missing[0][:20]})
        given["covered"] = list(found.values())
        return given


class PersonField(forms.CharField):
    """Somebody by name, or by username where several are called the same; a list offers who works near."""

    def __init__(self, **options):
        super().__init__(required=False, max_length=220, **options)
        self.people: QuerySet[User] = User.objects.none()

    def clean(self, value: str) -> User | None:
        text = super().clean(value)
        if not text:
            return None
        named = IN_BRACKETS.search(text)
        found = list(self.people.filter(username=named[1] if named else text)[:1])
        found = found or list(self.people.filter(name=text)[:9])
        if not found:
            raise ValidationError(_("There is nobody of this name whom you could appoint."))
        if len(found) > 1:
            names = "、".join(user.username for user in found)
            raise ValidationError(_("Several people have this name. Write the username: %(names)s.") % {"names": names})
        return found[0]


def called(user: User | None) -> str:
    """A person as a list offers them: the name, and the username that tells them apart."""
    return f"{user.name}（{user.username}）" if user else ""


class LeadersForm(BranchForm):
    """Who leads a branch, and which of the five chiefs the secretary is."""

    secretary = PersonField(label=_("secretary"))
    chief_title = forms.ModelChoiceField(
        ChiefTitle.objects.none(), label=_("which of the five chiefs"), required=False, empty_label=_("none of them")
    )
    deputy = PersonField(label=_("deputy secretary"))

    def prepare(self) -> None:
        super().prepare()
        leads = [pk for pk in (self.branch.secretary_id, self.branch.deputy_id) if pk] if self.branch else []
        title = self.branch and self.branch.chief_title_id
        self.fields["chief_title"].queryset = ChiefTitle.objects.filter(Q(is_active=True) | Q(pk=title))
        may = Q(pk__in=visible_people(self.user).values("pk"), is_active=True) | Q(pk__in=leads)
        for name in ("secretary", "deputy"):
            self.fields[name].people = User.objects.filter(may)
            self.fields[name].widget.attrs |= {"list": "near", "autocomplete": "off"}
        if self.branch:
            self.initial |= {"secretary": called(self.branch.secretary), "deputy": called(self.branch.deputy)}
            self.initial["chief_title"] = title

    def near(self) -> list[str]:
        """Who is posted in the place or above it, as the list offers them."""
        if self.place is None:
            return []
        way = [self.place.code, *ancestor_codes(self.place.code)]
        posts = Post.objects.working().filter(
            Q(grid__code__in=way) | Q(position__range=(self.place.lft, self.place.rght))
        )
        people = self.fields["secretary"].people.filter(pk__in=posts.values("user")).order_by("name", "pk")
        return [called(user) for user in people[:MOST_OFFERED]]

    def leaders(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("secretary", "chief_title", "deputy")}


class FoundForm(DescribeForm, CoverForm, LeadersForm):
    """All that a new branch needs."""


class PartnerForm(BranchForm):
    """An organisation near, and what it brings."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("organisation"))
    brings = forms.CharField(
        label=_("what it brings"),
        max_length=Partner._meta.get_field("brings").max_length,
        required=False,
        validators=[validate_printable],
    )

    def prepare(self) -> None:
        super().prepare()
        above = Q(grid__code__in=ancestor_codes(self.branch.grid.code), grid__level__gte=Level.DISTRICT)
        near = Organisation.objects.active().filter(
            above | Q(position__range=(self.branch.grid.lft, self.branch.grid.rght))
        )
        there = self.branch.partners.values("organisation")
        self.fields["organisation"].queryset = near.exclude(pk__in=there)


class DissolveForm(BranchForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        validators=[validate_printable],
        error_messages={"required": _("Say why; it stays in the history of the branch.")},
    )


class PlanForm(forms.Form):
    """A plan as a person left it: where sets begin, what they are called, how many members they have.

    Fields of a set carry the code of its first building.
    """

    fingerprint = forms.CharField(max_length=64, required=False)

    @property
    def is_changed(self) -> bool:
        return "changed" in self.data

    @property
    def beginnings(self) -> set[str]:
        return set(self.data.getlist("begins"))

    @property
    def listed(self) -> set[str]:
        """The buildings that stood on the page."""
        return set(self.data.getlist("building"))

    def name(self, code: str) -> str:
        return self.data.get(f"name-{code}", "").replace("\x00", "")  # which PostgreSQL takes nowhere

    def members(self, code: str) -> int | None:
        """How many members live or work in the set; None where nobody says so, or no number."""
        text = self.data.get(f"members-{code}", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None

    def is_left_out(self, code: str) -> bool:
        return f"left_out-{code}" in self.data
