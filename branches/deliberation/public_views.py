"""Pages of topics for everybody: what is deliberated here, proposing, voting with a slip, and what became of it."""

import uuid
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.deliberation.public_forms import DONE, ProposalForm, ReceiptForm, ResultForm, SlipVoteForm
from branches.deliberation.showing import case_of, counted_options, show_topics
from branches.deliberation.workflow import State
from branches.exceptions import StateConflict
from branches.models import Topic
from branches.models.divided import divisions_into
from branches.refusals import add_refusal
from grids.models import Grid, Level, load_ancestors
from grids.public_pages import TOO_MANY, public, source
from grids.readable import grouped
from grids.services import PublicLimit
from grids.tree import ancestor_codes

PAGE_SIZE = 20
CONFLICT = 409
ANSWER_COOKIE = "saihan_answer"


def of_grid(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A public page of a street, a community or a building; a former code leads to what took its place."""

    @public
    @wraps(view)
    def found(request: HttpRequest, code: str, **keys) -> HttpResponse:
        grids = [grid for grid in Grid.objects.successors(code) if grid.level >= Level.STREET and not grid.retired_at]
        if len(grids) > 1 and "pk" in keys:  # a printed slip leads to its topic, whatever became of the grid
            grids = [grid for grid in grids if topics_here(grid).filter(pk=keys["pk"]).exists()][:1] or grids
        if not grids:
            return render(request, "grids/_public_missing.html", {"code": code}, status=404)
        if len(grids) > 1:
            load_ancestors(grids)
            return render(request, "grids/_public_successors.html", {"code": code, "grids": grids})
        if grids[0].code != code:
            now = reverse(request.resolver_match.url_name, kwargs={"code": grids[0].code, **keys})
            return redirect(f"{now}?{request.GET.urlencode()}" if request.GET else now)
        return view(request, grids[0], **keys)

    return found


def topics_here(grid: Grid):
    """What concerns the grid: its own topics, those below it and above, and of what was divided into these."""
    return Topic.objects.public().filter(pk__in=_around(grid)).with_related()


def _around(grid: Grid):
    here = Grid.objects.filter(code__in=[grid.code, *ancestor_codes(grid.code)])
    of_before = Topic.objects.filter(divided_by__in=divisions_into(here))
    return (Topic.objects.within(grid) | Topic.objects.around(grid) | of_before).values("pk")


def get_public_topic(grid: Grid, pk: int) -> Topic:
    """The topic as everybody may read it, brought up to now; 404 for what is not public, or of elsewhere."""
    topic = topics_here(grid).filter(pk=pk).first()
    if topic is None:
        raise Http404
    return services.go_on_by_clock(topic=topic)


@of_grid
@require_safe
def public_topics(request: HttpRequest, grid: Grid) -> HttpResponse:
    """What is deliberated here, what was decided and what became of it."""
    page = Paginator(topics_here(grid).order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = show_topics(page.object_list)
    return render(request, "branches/public_topics.html", {"grid": grid, "page": page, "at": timezone.now()})


@of_grid
def public_topic_propose(request: HttpRequest, grid: Grid) -> HttpResponse:
    """Propose a topic; the number that finds the answer is shown once it has arrived."""
    at = timezone.now()
    if request.method != "POST":
        return _proposal_page(request, grid, ProposalForm(grid, at))
    form = ProposalForm(grid, at, request.POST)
    if not form.is_valid():
        return _proposal_page(request, grid, form.renewed(), status=400)
    given = form.inputs() | {"source": source(request)}
    try:
        _topic, receipt = services.propose_as_resident(grid=grid, at=at, **given)
    except ValidationError as error:
        form.add_error("text", error.message_dict.get("proposal", error.messages))
        return _proposal_page(request, grid, form.renewed(), status=400)
    except PublicLimit as error:
        return _proposal_page(request, grid, form.renewed(), refused=error.detail, status=TOO_MANY)
    shown = {"grid": grid, "receipt": grouped(receipt, 5)}
    return render(request, "branches/_public_topic_receipt.html", shown)


def _proposal_page(
    request: HttpRequest, grid: Grid, form: ProposalForm, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {"grid": grid, "form": form, "refused": refused, "kept_days": settings.CONTACT_KEPT_DAYS}
    return render(request, "branches/public_topic_propose.html", context, status=status)


@of_grid
def public_topic_receipt(request: HttpRequest, grid: Grid) -> HttpResponse:
    """What became of a proposal, by its number."""
    form, topic = ReceiptForm(request.POST if request.method == "POST" else None), None
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            topic = services.find_proposal(receipt=form.cleaned_data["receipt"], source=source(request))
        except PublicLimit as error:
            form.add_error("receipt", error.detail)
            status = TOO_MANY
        else:
            status = 200 if topic else 400
            if topic is None:
                form.add_error("receipt", _("No proposal has this number. It stands on the page after sending."))
    context = {"grid": grid, "form": form, "topic": topic, "case": case_of(topic) if topic else None}
    return render(request, "branches/public_topic_receipt.html", context, status=status)


@of_grid
@require_safe
def public_topic(request: HttpRequest, grid: Grid, pk: int) -> HttpResponse:
    """One topic: what it is about, how to vote, the result, and what became of it."""
    topic = get_public_topic(grid, pk)
    return _topic_page(request, grid, topic, sent=request.GET.get("sent", ""))


def _topic_page(
    request: HttpRequest,
    grid: Grid,
    topic: Topic,
    form: ResultForm | None = None,
    problem: str = "",
    sent: str = "",
    status: int = 200,
) -> HttpResponse:
    at, is_voting = timezone.now(), topic.state == State.VOTING
    context = {
        "grid": grid,
        "topic": topic,
        "options": counted_options(topic),
        "case": case_of(topic),
        "answers": services.answers_of(topic) if topic.round else None,
        "form": form or ResultForm(grid, at),
        "done": DONE,
        "problem": problem,
        "sent": sent,
        "is_open": topic.is_open_at(at),
        "has_slips": is_voting and topic.voters.slips().exists(),
        "marked": topic.voters.filter(has_voted=True).count() if topic.is_counted else 0,
        "at": at,
    }
    return render(request, "branches/public_topic.html", context, status=status)


@of_grid
def public_topic_vote(request: HttpRequest, grid: Grid, pk: int) -> HttpResponse:
    """Vote with the code of a slip, or change that vote with its receipt."""
    topic, at = get_public_topic(grid, pk), timezone.now()
    if topic.state == State.DISCUSSING:
        raise Http404
    if request.method != "POST":
        return _vote_page(request, topic, SlipVoteForm(topic, grid, at, slip=request.GET.get("slip", "")))
    form = SlipVoteForm(topic, grid, at, request.POST)
    if not form.is_valid():
        return _vote_page(request, topic, form.renewed(), status=400)
    given = {name: form.cleaned_data[name] for name in ("option", "receipt", "key")}
    try:
        voter = services.find_slip(topic=topic, code=form.cleaned_data["slip"], source=source(request), at=at)
        if voter is None:
            form.add_error("slip", _("This is no valid slip of this vote. A newer slip may have taken its place."))
            return _vote_page(request, topic, form.renewed(), status=400)
        vote = services.cast_vote(topic=topic, voter=voter, at=at, **given)
    except PublicLimit as error:
        return _vote_page(request, topic, form.renewed(), problem=error.detail, status=TOO_MANY)
    except StateConflict as error:
        return _vote_page(request, topic, form.renewed(), problem=str(error), status=CONFLICT)
    except ValidationError as error:
        add_refusal(form, error)
        return _vote_page(request, topic, form.renewed(), status=400)
    return _vote_page(request, topic, form, vote=vote)


def _vote_page(
    request: HttpRequest,
    topic: Topic,
    form: SlipVoteForm,
    problem: str = "",
    vote: services.Vote | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "grid": form.grid,
        "topic": topic,
        "form": form,
        "problem": problem,
        "vote": vote,
        "receipt": grouped(vote.receipt) if vote else "",
        "chosen": vote and (form.cleaned_data["option"] or _("I abstain")),
        "is_open": topic.is_open_at(form.at),
    }
    return render(request, "branches/public_topic_vote.html", context, status=status)


@of_grid
@require_POST
def public_topic_answer(request: HttpRequest, grid: Grid, pk: int) -> HttpResponse:
    """Say whether what was decided was done."""
    topic, at = get_public_topic(grid, pk), timezone.now()
    form = ResultForm(grid, at, request.POST)
    if not form.is_valid():
        return _topic_page(request, grid, topic, form.renewed(), status=400)
    given, voter = form.cleaned_data, None
    key = form.key_of()
    own = "" if key else _browser_key(request)
    try:
        if given["slip"]:
            voter = services.find_slip(topic=topic, code=given["slip"], source=source(request), at=at)
            if voter is None:
                form.add_error("slip", _("This is no slip of this vote. Leave it empty to answer without."))
                return _topic_page(request, grid, topic, form.renewed(), status=400)
        services.answer_result(
            topic=topic, is_done=given["is_done"], voter=voter, key=key or own, source=source(request), at=at
        )
    except PublicLimit as error:
        return _topic_page(request, grid, topic, form.renewed(), problem=error.detail, status=TOO_MANY)
    except (StateConflict, PermissionDenied) as error:
        return _topic_page(request, grid, topic, form.renewed(), problem=str(error), status=CONFLICT)
    response = redirect(f"{request.path.removesuffix('answer/')}?sent=answer")
    if own:
        _remember(response, own, path=request.path)
    return response


def _browser_key(request: HttpRequest) -> str:
    """What stands for a browser whose page brought no key of its own, so that no two residents share an answer."""
    return request.get_signed_cookie(ANSWER_COOKIE, "", salt=ANSWER_COOKIE) or uuid.uuid4().hex


def _remember(response: HttpResponse, key: str, *, path: str) -> None:
    """Sent again from this browser, it is the same answer; for this page alone, and no longer than it is open."""
    response.set_signed_cookie(
        ANSWER_COOKIE,
        key,
        salt=ANSWER_COOKIE,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@of_grid
@require_safe
def public_ballots(request: HttpRequest, grid: Grid, pk: int) -> HttpResponse:
    """The ballots of a secret vote that is closed, to find one's own and to count again."""
    topic = get_public_topic(grid, pk)
    if not (topic.is_counted and topic.is_secret):
        raise Http404
    response = HttpResponse(services.published_ballots(topic), content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="ballots-{topic.pk}.txt"'
    return response
