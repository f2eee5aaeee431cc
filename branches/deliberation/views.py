"""Pages of topics for people with an account: the list, one topic with its steps, voting, slips."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.deliberation import forms
from branches.deliberation.access import get_topic, sides_of, visible_topics
from branches.deliberation.showing import case_of, counted_options, named_votes, show_topics, slip_sheets
from branches.deliberation.workflow import Action, State, open_actions
from branches.exceptions import StateConflict
from branches.models import Ballot, Topic
from branches.refusals import add_refusal
from grids.access import find_grid
from grids.models import User, load_ancestors

PAGE_SIZE = 20
CONFLICT = 409


class Step(NamedTuple):
    """How a page takes a step: its form, its service, and what is said when it is done."""

    form: type[forms.StepForm]
    take: Callable
    said: str


STEPS: dict[str, Step] = {
    Action.TAKE_UP: Step(forms.TakeUpForm, services.take_up_topic, gettext_lazy("The topic is in discussion.")),
    Action.DECLINE: Step(forms.DeclineForm, services.decline_topic, gettext_lazy("The reason stands with the topic.")),
    Action.REMARK: Step(forms.RemarkForm, services.remark, gettext_lazy("Your opinion stands below.")),
    Action.HIDE: Step(forms.HideForm, services.hide_remark, gettext_lazy("The remark is hidden.")),
    Action.SET_OPTIONS: Step(forms.OptionsForm, services.set_options, gettext_lazy("The options are set.")),
    Action.OPEN: Step(forms.OpenForm, services.open_vote, gettext_lazy("Options and voters are fixed.")),
    Action.DECIDE: Step(forms.DecisionForm, services.decide_topic, gettext_lazy("The decision is written.")),
    Action.PUBLISH: Step(forms.PublishForm, services.publish_topic, gettext_lazy("Everybody can read the result.")),
    Action.ASK: Step(forms.AskForm, services.ask_residents, gettext_lazy("The residents are asked for two weeks.")),
}


@require_safe
def topic_list(request: HttpRequest) -> HttpResponse:
    """The topics that I may see, newest first; of one state, one grid or one branch."""
    user, form = request.user, forms.TopicFilter(request.GET)
    topics, grid = visible_topics(user).with_related(), None
    if form.is_valid():
        wanted = form.cleaned_data
        grid = find_grid(user, wanted["grid"]) if wanted["grid"].isdecimal() else None
        topics = topics.within(grid) if grid else topics
        topics = topics.filter(state=wanted["state"]) if wanted["state"] else topics
        topics = topics.filter(branch=wanted["branch"]) if wanted["branch"] else topics
    page = Paginator(topics.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = show_topics(page.object_list)
    context = {
        "page": page,
        "form": form,
        "grid": grid,
        "state": form.cleaned_data.get("state", ""),
        "states": State.choices,
        "at": timezone.now(),
    }
    return render(request, "branches/topic_list.html", context, status=200 if form.is_valid() else 400)


def topic_propose(request: HttpRequest) -> HttpResponse:
    """Propose a topic, for the desk, a member or an owners' committee."""
    if request.method != "POST":
        asked = {name: request.GET.get(name, "") for name in ("grid", "branch")}
        return _propose_page(request, forms.ProposeForm(request.user, **asked))
    form = forms.ProposeForm(request.user, request.POST)
    if form.is_valid():
        try:
            topic = services.propose_topic(actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The topic is proposed."))
            return redirect("topic_detail", topic.pk)
    return _propose_page(request, form, status=400)


def _propose_page(request: HttpRequest, form: forms.ProposeForm, status: int = 200) -> HttpResponse:
    grids = form.fields["grid"].queryset
    load_ancestors(grids)
    return render(request, "branches/topic_propose.html", {"form": form, "grids": grids}, status=status)


@require_safe
def topic_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One topic: what it is about, what was said, how it is voted on, what came of it, and the steps open to me."""
    topic = services.go_on_by_clock(topic=get_topic(request.user, pk))
    return _topic_page(request, topic)


@require_POST
def topic_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take one step with a topic."""
    topic, step = get_topic(request.user, pk), STEPS.get(action)
    if step is None:
        raise Http404
    form = step.form(topic, request.POST)
    if not form.is_valid():
        return _topic_page(request, topic, action, form, status=400)
    about = {} if action == Action.HIDE else {"topic": topic}
    try:
        step.take(**about, actor=request.user, **form.inputs())
    except (PermissionDenied, StateConflict) as error:
        topic = get_topic(request.user, pk)
        status = 403 if isinstance(error, PermissionDenied) else CONFLICT
        return _topic_page(request, topic, problem=str(error), status=status)
    except ValidationError as error:
        add_refusal(form, error)
        return _topic_page(request, topic, action, form, status=400)
    messages.success(request, step.said)
    return redirect("topic_detail", pk)


def _topic_page(
    request: HttpRequest,
    topic: Topic,
    action: str = "",
    form: forms.StepForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    user, at = request.user, timezone.now()
    standing = sides_of(user, topic)
    actions = open_actions(topic.state, standing)
    steps = {name: STEPS[name].form(topic) for name in actions if name in STEPS}
    if form and action in steps:
        steps[action] = form
    voter = topic.voters.filter(user=user).first() if topic.state == State.VOTING else None
    context = {
        "topic": topic,
        "form": form,
        "problem": problem,
        "actions": actions,
        "steps": steps,
        "failed": action,
        "options": counted_options(topic),
        "named": named_votes(topic),
        "remarks": topic.remarks.select_related("hidden_by"),
        "history": topic.steps.order_by("-ordinal"),
        "case": case_of(topic),
        "answers": services.answers_of(topic) if topic.round else None,
        "voter": voter,
        "may_vote": voter is not None and topic.is_open_at(at),
        "has_slips": topic.state == State.VOTING and topic.voters.slips().exists(),
        "at": at,
    }
    return render(request, "branches/topic_detail.html", context, status=status)


@never_cache
def topic_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Vote, or change my vote, on a topic on whose list I am."""
    user = request.user
    topic = services.go_on_by_clock(topic=get_topic(user, pk))
    voter = topic.voters.filter(user=user).first()
    if request.method != "POST":
        return _vote_page(request, topic, voter, forms.VoteForm(topic))
    form = forms.VoteForm(topic, request.POST)
    if not form.is_valid():
        return _vote_page(request, topic, voter, form, status=400)
    try:
        vote = services.cast_vote(topic=topic, voter=voter, **form.cleaned_data)
    except (PermissionDenied, StateConflict) as error:
        status = 403 if isinstance(error, PermissionDenied) else CONFLICT
        return _vote_page(request, topic, voter, form, problem=str(error), status=status)
    except ValidationError as error:
        add_refusal(form, error)
        return _vote_page(request, topic, voter, form, status=400)
    return _vote_page(request, topic, voter, form, vote=vote)


def _vote_page(
    request: HttpRequest,
    topic: Topic,
    voter,
    form: forms.VoteForm,
    problem: str = "",
    vote: services.Vote | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = Ballot.objects.filter(voter=voter).select_related("option").first() if voter else None
    context = {
        "topic": topic,
        "voter": voter,
        "form": form,
        "problem": problem,
        "vote": vote,
        "mine": mine,
        "is_open": topic.is_open_at(timezone.now()),
        "has_voted": vote is not None or (voter is not None and voter.has_voted),
    }
    return render(request, "branches/topic_vote.html", context, status=status)


@never_cache
def topic_slips(request: HttpRequest, pk: int) -> HttpResponse:
    """The voting slips by building; printing shows their codes this once."""
    user = request.user
    topic = services.go_on_by_clock(topic=get_topic(user, pk))
    if Action.PRINT not in open_actions(topic.state, sides_of(user, topic)):
        raise Http404
    if request.method != "POST":
        return _slips_page(request, topic)
    form = forms.SlipsForm(topic, request.POST)
    if not form.is_valid():
        return _slips_page(request, topic, form, status=400)
    slips = services.print_slips(topic=topic, actor=user, **form.cleaned_data)
    if not slips:
        form.add_error(None, _("These were printed already. “Print again” makes new ones and voids the old."))
        return _slips_page(request, topic, form, status=CONFLICT)
    sheets = slip_sheets(request, topic, slips)
    return render(request, "branches/_topic_slip_sheet.html", {"topic": topic, "sheets": sheets})


def _slips_page(request: HttpRequest, topic: Topic, form=None, status: int = 200) -> HttpResponse:
    places = _slip_places(topic, request.user)
    return render(request, "branches/topic_slips.html", {"topic": topic, "places": places, "form": form}, status=status)


def _slip_places(topic: Topic, user: User) -> list[dict]:
    return list(topic.voters.with_figures().values("grid__code", "grid__name", "slips", "printed"))
