"""What the admin pages of posts and people ask."""

import re

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.access import managed_ranges, visible_people, within
from grids.admin.base import KeySelect, refusal_text
from grids.models import Grid, Post, Role, StaffSource, User

MOST_CODES = 1000


class PostForm(forms.ModelForm):
    class Meta:
        model = Post
        fields = ["user", "role", "grid", "duties", "source", "is_manager", "started_at"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].choices = [("", "---------"), *Role.by_hand()]

    def clean(self):
        given = super().clean()
        if not self.instance.pk and {"user", "role", "grid", "started_at"} <= given.keys():
            services.check_appointment(
                user=given["user"],
                role=given["role"],
                grid=given["grid"],
                at=given["started_at"],
                is_manager=given["is_manager"],
            )
        elif self.instance.pk and given.get("is_manager") and self.instance.role != Role.OFFICIAL:
            self.add_error("is_manager", _("Only an official can manage a grid."))
        return given


class ServiceForm(forms.Form):
    """A form whose service may still refuse; what it says stands at the field that it names."""

    def refuse(self, error: ValidationError | PermissionDenied) -> None:
        if isinstance(error, PermissionDenied) or not hasattr(error, "error_dict"):
            self.add_error(None, refusal_text(error))
            return
        for field, said in error.message_dict.items():
            self.add_error(field if field in self.fields else None, said)

    @property
    def is_refused(self) -> bool:
        return self.is_bound and bool(self.errors)


def person_field(site, actor: User, label: str, **options) -> forms.ModelChoiceField:
    """One of the people whom the actor may look up, found by typing."""
    widget = KeySelect(Post._meta.get_field("user"), site)
    people = visible_people(actor).filter(is_active=True)
    return forms.ModelChoiceField(people, label=label, widget=widget, **options)


def grid_field(site, label: str, **options) -> forms.ModelChoiceField:
    widget = KeySelect(Post._meta.get_field("grid"), site)
    return forms.ModelChoiceField(Grid.objects.active(), label=label, widget=widget, **options)


def moment_field(label: str) -> forms.SplitDateTimeField:
    return forms.SplitDateTimeField(
        label=label, required=False, widget=AdminSplitDateTime(), help_text=_("Now, if it is left empty.")
    )


def successor_field(site, actor: User) -> forms.ModelChoiceField:
    return person_field(
        site,
        actor,
        _("Successor"),
        required=False,
        help_text=_("Takes over the open cases. Without one these wait for the desk to assign them again."),
    )


class EndForm(ServiceForm):
    """When posts end, and who takes over."""

    def __init__(self, site, actor: User, data=None) -> None:
        super().__init__(data)
        self.fields["at"] = moment_field(_("ends at"))
        self.fields["successor"] = successor_field(site, actor)


class TransferForm(EndForm):
    """Where a post goes."""

    def __init__(self, site, actor: User, data=None, initial=None) -> None:
        super().__init__(site, actor, data)
        self.initial = initial or {}
        self.fields = {
            "grid": grid_field(site, _("to grid")),
            "role": forms.ChoiceField(label=_("as"), choices=Role.by_hand()),
            **self.fields,
        }


class NewPersonForm(forms.ModelForm):
    """A person whom a manager enters: holds posts, and has no account until a one-time password is given."""

    class Meta:
        model = User
        fields = ["username", "name", "email"]


class IssueForm(forms.Form):
    """How one-time passwords reach people."""

    by_mail = forms.BooleanField(
        label=_("Send them by e-mail; only those who cannot be reached are listed."), required=False
    )

    def clean_by_mail(self) -> bool:
        if self.cleaned_data["by_mail"] and not services.can_send_mail():
            raise ValidationError(_("No mail server is set up (EMAIL_URL)."))
        return self.cleaned_data["by_mail"]


class AppointManyForm(ServiceForm):
    """One person and one role for many grids: those ticked below `place`, and those whose codes are pasted."""

    def __init__(self, site, actor: User, data=None) -> None:
        super().__init__(data)
        self.actor = actor
        self.fields["user"] = person_field(site, actor, _("person"))
        self.fields["role"] = forms.ChoiceField(label=_("role"), choices=Role.by_hand(), initial=Role.CHIEF)
        self.fields["place"] = grid_field(
            site, _("Community, or another grid whose grids are to be ticked"), required=False
        )
        self.fields["grids"] = forms.ModelMultipleChoiceField(
            Grid.objects.none(), label=_("Grids"), required=False, widget=forms.CheckboxSelectMultiple
        )
        self.fields["codes"] = forms.CharField(
            label=_("or their codes"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 4, "cols": 40}),
            help_text=_("One a line, or separated by spaces or commas."),
        )
        self.fields["source"] = forms.ChoiceField(
            label=_("source of staff"), choices=[("", "---------"), *StaffSource.choices], required=False
        )
        self.fields["duties"] = forms.CharField(
            label=_("duties"), required=False, widget=forms.Textarea(attrs={"rows": 4, "cols": 40})
        )
        self.fields["started_at"] = moment_field(_("started at"))
        self._offer()

    def _offer(self) -> None:
        """The grids directly below the chosen place, each with its chief, where the actor manages it."""
        chosen = self.data.get("place", "")
        if not (chosen.isascii() and chosen.isdigit()):
            return
        below = Grid.objects.active().filter(within(managed_ranges(self.actor), "lft"), parent=chosen)
        field = self.fields["grids"]
        field.queryset = below.with_chief_name().order_by("lft")
        field.label_from_instance = _with_chief

    def only_look(self) -> None:
        """Nothing is to be done yet: what was typed stays, and nothing is missed."""
        self.initial = {name: self._typed(name) for name in self.fields} if self.is_bound else {}
        self.is_bound = False

    def _typed(self, name: str):
        field = self.fields[name]
        typed = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return field.initial if typed in (None, "", [None, None]) else typed

    def clean_codes(self) -> list[Grid]:
        codes = list(dict.fromkeys(re.split(r"[\s,，、;；]+", self.cleaned_data["codes"].strip())))
        codes = [code for code in codes if code]
        if len(codes) > MOST_CODES:
            raise ValidationError(_("Give at most %(count)d codes at once.") % {"count": MOST_CODES})
        found = {grid.code: grid for grid in Grid.objects.filter(code__in=codes)}
        if unknown := [code for code in codes if code not in found]:
            raise ValidationError(_("There is no grid %(codes)s.") % {"codes": "、".join(unknown[:20])})
        return [found[code] for code in codes]

    def clean(self):
        given = super().clean()
        if {"grids", "codes"} <= given.keys() and not given["grids"] and not given["codes"]:
            self.add_error("grids", _("Choose at least one grid."))
        return given

    def appointment(self) -> dict:
        """What the service is told."""
        given = self.cleaned_data
        return {
            "user": given["user"],
            "role": given["role"],
            "grids": list(dict.fromkeys([*given["grids"], *given["codes"]])),
            "duties": given["duties"],
            "source": given["source"],
            "at": given["started_at"],
        }


def _with_chief(grid: Grid) -> str:
    if grid.chief_name:
        return _("%(grid)s · chief: %(chief)s") % {"grid": grid, "chief": grid.chief_name}
    return str(grid)
