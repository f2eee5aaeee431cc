"""What the pages of topics ask of people with an account; what may stand is for the services to say."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.access import runnable_branches, visible_branches
from branches.deliberation.access import proposer_kinds
from branches.deliberation.counting import Majority, QuorumKind
from branches.deliberation.electorate import offered_organisations
from branches.deliberation.workflow import State
from branches.models import Branch, Option, ProposerKind, Remark, Topic
from branches.models.topic import MOST_OPTIONS, OPTION_LENGTH
from grids.access import overseen_posts
from grids.forms import KeyField, MomentField, RowsField, StyledForm, TextField, area
from grids.models import Grid, Level, Organisation, Post, Role, User
from grids.text import TEXT_LENGTH, TITLE_LENGTH
from grids.tree import ancestor_codes

RECEIPT_FIELD_LENGTH = 36  # with hyphens and spaces
DAYS_OPEN = 7


class ProposeForm(StyledForm):
    """A topic in words of its own. The hidden key makes a form that is sent twice propose once."""

    grid = forms.ModelChoiceField(
        Grid.objects.none(),
        to_field_name="code",
        label=_("Whom it concerns"),
        empty_label=None,
        error_messages={
            "required": _("Choose the grid that it concerns."),
            "invalid_choice": _("You cannot propose a topic there."),
        },
    )
    branch = forms.ModelChoiceField(
        Branch.objects.none(),
        required=False,
        label=_("Branch that takes it on"),
        empty_label=_("none"),
        error_messages={"invalid_choice": _("You do not see such a branch.")},
    )
    proposer_kind = forms.ChoiceField(
        label=_("Proposed by"), choices=[choice for choice in ProposerKind.choices if choice[0] != "resident"]
    )
    title = TextField(label=_("Title"), max_length=TITLE_LENGTH, error_messages={"required": _("Give it a title.")})
    text = TextField(label=_("What the topic is about"), max_length=TEXT_LENGTH, required=False, widget=area(5))
    idempotency_key = KeyField(max_length=32)

    def __init__(self, user: User, data=None, *, grid: str = "", branch: str = ""):
        begin = {"grid": grid or _own_place(user), "branch": branch, "proposer_kind": ProposerKind.MEMBER}
        super().__init__(data, initial=begin)
        self.user = user
        asked = data.get("grid", "") if data is not None else grid
        self.fields["grid"].queryset = proposing_grids(user, asked)
        self.fields["grid"].label_from_instance = lambda one: one.full_name
        self.fields["branch"].queryset = visible_branches(user).active()

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        grid = given.get("grid")
        if grid and given.get("proposer_kind") not in proposer_kinds(self.user, grid):
            self.add_error("proposer_kind", _("You cannot propose a topic there in this name."))
        return given


def _own_place(user: User) -> str:
    """The code of the highest grid that the user answers for, else of one where they work."""
    posts = [*overseen_posts(user), *user.active_posts]
    return posts[0].grid.code if posts else ""


def proposing_grids(user: User, asked: str = "") -> QuerySet[Grid]:
    """The grids that the form offers: of the posts and what lies above them up to the street, and the one asked for."""
    codes = {code for post in user.active_posts for code in (post.grid.code, *ancestor_codes(post.grid.code))}
    led = Q(pk__in=runnable_branches(user).filter(Q(secretary=user) | Q(deputy=user)).values("grid"))
    represented = Q(pk__in=user.organisations.active().values("grid"))
    wanted = Q(code=asked) if asked.isascii() and asked.isdigit() else Q(pk__in=[])
    found = Grid.objects.active().filter(level__gte=Level.STREET, level__lte=Level.BUILDING)
    return found.filter(Q(code__in=codes) | led | represented | wanted).order_by("lft")


class StepForm(StyledForm):
    """What one step asks. `inputs` is what its service takes beside topic and actor."""

    button = ""

    def __init__(self, topic: Topic, data=None):
        super().__init__(data, auto_id=f"{type(self).__name__.lower()}_%s", initial=self.begin(topic))
        self.topic = topic

    def begin(self, topic: Topic) -> dict[str, Any]:
        """What the form begins with."""
        return {}

    def inputs(self) -> dict[str, Any]:
        return self.cleaned_data


class TakeUpForm(StepForm):
    title = TextField(label=_("Title"), max_length=TITLE_LENGTH, error_messages={"required": _("Give it a title.")})
    text = TextField(label=_("What the topic is about"), max_length=TEXT_LENGTH, required=False, widget=area(5))
    moderator = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Moderator"),
        empty_label=_("I myself"),
        error_messages={"invalid_choice": _("Choose somebody who works there.")},
    )

    def __init__(self, topic: Topic, data=None):
        super().__init__(topic, data)
        posted = Post.objects.working().filter(grid=topic.grid).values("user")
        leads = [topic.branch.secretary_id, topic.branch.deputy_id] if topic.branch else []
        self.fields["moderator"].queryset = User.objects.filter(
            Q(pk__in=posted) | Q(pk__in=[pk for pk in leads if pk]), is_active=True
        ).order_by("name")

    def begin(self, topic: Topic) -> dict[str, Any]:
        return {"title": topic.title, "text": topic.text or topic.proposal}


class DeclineForm(StepForm):
    reason = TextField(
        label=_("Reason, for who proposed it"),
        max_length=TEXT_LENGTH,
        widget=area(3),
        error_messages={"required": _("Give the reason.")},
    )


class RemarkForm(StepForm):
    text = TextField(
        label=_("Your opinion"), max_length=TEXT_LENGTH, widget=area(3),
        error_messages={"required": _("Say it in a few words.")},
    )  # fmt: skip


class HideForm(StepForm):
    """Which remark, and why; it becomes the service's `remark`."""

    remark = forms.ModelChoiceField(
        Remark.objects.none(), widget=forms.HiddenInput,
        error_messages={"required": _("Say which remark."), "invalid_choice": _("There is no such remark here.")},
    )  # fmt: skip
    reason = TextField(
        label=_("Reason, shown in its place"), max_length=OPTION_LENGTH,
        error_messages={"required": _("Give the reason.")},
    )  # fmt: skip

    def __init__(self, topic: Topic, data=None):
        super().__init__(topic, data)
        self.fields["remark"].queryset = topic.remarks.all()


class OptionsForm(StepForm):
    options = TextField(
        label=_("Options, one a line"),
        max_length=MOST_OPTIONS * (OPTION_LENGTH + 2),
        widget=area(4),
        help_text=_("Everybody may abstain as well; that need not be an option."),
        error_messages={"required": _("Give at least two options, one a line.")},
    )

    def begin(self, topic: Topic) -> dict[str, Any]:
        return {"options": "\n".join(option.text for option in topic.options.all())}

    def inputs(self) -> dict[str, Any]:
        return {"options": self.cleaned_data["options"].splitlines()}


class OpenForm(StepForm):
    """The rule of the vote and who is entitled."""

    is_secret = forms.TypedChoiceField(
        label=_("How is voted"),
        choices=[("1", _("secretly")), ("", _("openly, by name"))],
        coerce=bool,
        required=False,
        empty_value=False,
        widget=forms.RadioSelect,
        initial="1",
    )
    opens_at = MomentField(label=_("Vote opens"), required=False, help_text=_("Empty: at once."))
    closes_at = MomentField(label=_("Vote closes"))
    majority = forms.ChoiceField(label=_("Majority"), choices=Majority.choices)
    quorum = forms.IntegerField(
        label=_("Quorum"), min_value=0, max_value=1_000_000, initial=50,
        help_text=_("So many have to vote at least; 0 for none."),
        error_messages={"required": _("Give a whole number."), "invalid": _("Give a whole number.")},
    )  # fmt: skip
    quorum_kind = forms.ChoiceField(label=_("Quorum in"), choices=QuorumKind.choices)
    households = forms.BooleanField(
        label=_("Each household, with a voting slip"), required=False, initial=True,
        help_text=_("Slips are printed after the opening, one for each household; no name is asked."),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        label=_("People with a post here"), choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    organisations = RowsField(
        Organisation.objects.none(),
        label=_("Representatives of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, topic: Topic, data=None):
        super().__init__(topic, data)
        self.fields["organisations"].queryset = offered_organisations(topic)

    def begin(self, topic: Topic) -> dict[str, Any]:
        return {"closes_at": _evening(timezone.localtime())}


def _evening(now: datetime) -> datetime:
    return (now + timezone.timedelta(days=DAYS_OPEN)).replace(hour=18, minute=0, second=0, microsecond=0)


class DecisionForm(StepForm):
    decision = TextField(
        label=_("Decision"), max_length=TEXT_LENGTH, widget=area(4),
        error_messages={"required": _("Write what was decided.")},
    )  # fmt: skip

    def begin(self, topic: Topic) -> dict[str, Any]:
        return {"decision": topic.chosen.text if topic.chosen else ""}


class PublishForm(StepForm):
    """Nothing is asked."""


class AskForm(StepForm):
    done = TextField(
        label=_("How it was carried out"), max_length=TEXT_LENGTH, widget=area(3),
        error_messages={"required": _("Say how it was carried out.")},
    )  # fmt: skip


class VoteForm(StyledForm):
    """A choice. `key` is the page's own: in a secret vote the receipt follows from it."""

    ABSTAIN = "abstain"

    option = forms.ChoiceField(
        label=_("Your vote"), widget=forms.RadioSelect,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one of the options.")},
    )  # fmt: skip
    receipt = TextField(label=_("Receipt of your vote"), max_length=RECEIPT_FIELD_LENGTH, required=False)
    key = KeyField()

    def __init__(self, topic: Topic, data=None):
        super().__init__(data)
        self.options = {str(option.ordinal): option for option in topic.options.all()}
        choices = [(number, option.text) for number, option in self.options.items()]
        self.fields["option"].choices = [*choices, (self.ABSTAIN, _("I abstain"))]

    def clean_option(self) -> Option | None:
        return self.options.get(self.cleaned_data["option"])


class SlipsForm(StyledForm):
    """Which slips are printed."""

    grid = forms.ModelChoiceField(
        Grid.objects.none(), to_field_name="code",
        error_messages={"required": _("Choose the building."), "invalid_choice": _("There are no slips for it.")},
    )  # fmt: skip
    again = forms.BooleanField(required=False)
    numbers = TextField(max_length=200, required=False)

    def __init__(self, topic: Topic, data=None):
        super().__init__(data)
        self.fields["grid"].queryset = Grid.objects.filter(pk__in=topic.voters.slips().values("grid"))

    def clean_numbers(self) -> list[int]:
        words = self.cleaned_data["numbers"].replace("，", " ").replace(",", " ").replace("、", " ").split()
        if not all(word.isascii() and word.isdigit() and len(word) < 8 for word in words):
            raise ValidationError(_("Give numbers of slips, such as 3, 17."))
        return [int(word) for word in words]


class TopicFilter(forms.Form):
    """Which topics are wanted."""

    state = forms.ChoiceField(
        choices=State.choices, required=False, error_messages={"invalid_choice": _("There is no such state.")}
    )
    grid = TextField(max_length=18, required=False)
    branch = forms.IntegerField(min_value=1, required=False)
