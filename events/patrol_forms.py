"""What is sent while on patrol."""

from django import forms
from django.utils.translation import gettext_lazy as _

from events.forms import AttachmentsField
from events.models import Category
from events.text import TITLE_LENGTH
from grids.access import may_work_on
from grids.forms import KeyField, TextField
from grids.models import Grid, User
from volunteers.models import Patrol


class FindingForm(forms.Form):
    """Building, category, a line, and a photo where one likes. Who holds no post notes building and line alone."""

    grid = forms.ModelChoiceField(
        Grid.objects.none(),
        to_field_name="code",
        label=_("Building"),
        error_messages={
            "required": _("Choose the building."),
            "invalid_choice": _("Choose one of the buildings of this patrol."),
        },
    )
    category = forms.ModelChoiceField(
        Category.objects.filter(is_active=True, is_confidential=False),
        label=_("Category"),
        error_messages={
            "required": _("Choose what it is about."),
            "invalid_choice": _("There is no such category. Choose what it is about."),
        },
    )
    text = TextField(
        max_length=TITLE_LENGTH,
        label=_("What was found"),
        error_messages={"required": _("Say in a line what was found.")},
    )
    attachments = AttachmentsField()
    key = KeyField()

    def __init__(self, patrol: Patrol, user: User, data=None, files=None):
        super().__init__(data, files)
        self.fields["grid"].queryset = Grid.objects.active().filter(patrol_places__patrol=patrol).order_by("lft")
        self.fields["attachments"].uploader = user
        self.files_case = bool(user.active_posts) and may_work_on(user, patrol.grid)
        if not self.files_case:
            del self.fields["category"], self.fields["attachments"]

    def inputs(self) -> dict:
        """What `services.file_finding` and `note_finding` take, beside actor and patrol."""
        return self.cleaned_data
