"""What the page of a person's notices sends; the services decide."""

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import NoticePreference, Robot
from events.services.notice_choices import LONGEST_ADDRESS, LONGEST_SECRET


class NoticeForm(forms.Form):
    """A choice of notices. Address and secret of the robot are never filled in: what is left empty stays."""

    by_mail = forms.BooleanField(label=_("By email"), required=False)
    robot = forms.ChoiceField(label=_("By a group robot"), choices=[("", _("None")), *Robot.choices], required=False)
    webhook = forms.CharField(label=_("Address of the robot"), max_length=LONGEST_ADDRESS, required=False)
    secret = forms.CharField(label=_("Signing secret"), max_length=LONGEST_SECRET, required=False)
    quiet_from = forms.TimeField(label=_("Quiet from"))
    quiet_until = forms.TimeField(label=_("Quiet until"))
    digest = forms.BooleanField(label=_("One digest each morning"), required=False)

    def __init__(self, preference: NoticePreference, data=None):
        names = ("by_mail", "robot", "quiet_from", "quiet_until", "digest")
        super().__init__(data, initial={name: getattr(preference, name) for name in names})
