"""Stories, for who writes and who reviews them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.disclosure import tellers
from branches.disclosure.access import (
    check_may_write,
    check_writes,
    find_place,
    get_story,
    reviewed_by,
    sides_of,
    storied_grids,
    visible_stories,
)
from branches.disclosure.forms import ConsentForm, PlacedStoryForm, Reason, StoryFilter, StoryForm
from branches.disclosure.sources import asked_source
from branches.disclosure.workflow import EDITABLE, Action, Side, State, open_moves
from branches.exceptions import StateConflict
from branches.models import Story, StoryConsent, StoryPicture
from branches.pictures import serve
from branches.references import found
from branches.refusals import add_refusal
from grids.models import User

PAGE_SIZE = 20


@require_safe
def story_list(request: HttpRequest) -> HttpResponse:
    """The stories that I may see, newest first; those that wait for my review are marked."""
    user, form = request.user, StoryFilter(request.GET)
    stories = visible_stories(user).select_related("grid", "written_by").order_by("-pk")
    state = form.cleaned_data.get("state") if form.is_valid() else ""
    stories = stories.filter(state=state) if state else stories
    page = Paginator(stories, PAGE_SIZE).get_page(request.GET.get("page"))
    waiting = set(
        reviewed_by(user).filter(pk__in=[story.pk for story in page.object_list]).values_list("pk", flat=True)
    )
    context = {
        "page": page,
        "state": state,
        "states": State.choices,
        "form": form,
        "waiting": waiting,
        "may_write": storied_grids(user).exists(),
    }
    return render(request, "branches/story_list.html", context, status=200 if form.is_valid() else 400)


def story_write(request: HttpRequest) -> HttpResponse:
    """A new story: `?from=` a closed case or an activity, or of one's own."""
    user, source = request.user, asked_source(request)
    grid = find_place(storied_grids(user), source.place_code or request.GET.get("grid", ""))
    photos = tellers.photos_of(user, source.shown.kind, source.shown.key) if source.shown else []
    form = PlacedStoryForm(user, photos, request.POST or None, request.FILES or None, grid=grid, gist=source.gist)
    if not form.grids or (source.gist and grid is None):
        raise PermissionDenied(_("You publish for no street or community."))
    if source.gist:
        check_may_write(user, grid, source.gist.grid)
    if request.method == "POST" and form.is_valid():
        given = form.inputs() | {name: form.cleaned_data[name] for name in ("grid", "idempotency_key")}
        try:
            story = services.write_story(actor=user, **given, **source.pointer)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The draft is kept. Look it over, then hand it in for review."))
            return redirect("story_detail", story.pk)
    context = {"form": form, "source": source}
    return render(request, "branches/story_write.html", context, status=400 if form.errors else 200)


def story_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft, or what was sent back."""
    user, story = request.user, get_story(request.user, pk)
    check_writes(user, story)
    if story.state not in EDITABLE:
        raise Http404
    photos = tellers.photos_of(user, story.source_kind, story.source_key)
    form = StoryForm(user, photos, request.POST or None, request.FILES or None, story=story)
    if request.method == "POST" and form.is_valid():
        try:
            removed = form.cleaned_data["removed"]
            services.edit_story(actor=user, story=story, removed=removed, **form.inputs())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The story is changed."))
            return redirect("story_detail", story.pk)
    context = {"form": form, "story": story}
    return render(request, "branches/story_edit.html", context, status=400 if form.errors else 200)


@require_safe
def story_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A story as it will be read, where it stands, its consents, and what I may do with it."""
    return _page(request, get_story(request.user, pk))


def _page(
    request: HttpRequest,
    story: Story,
    *,
    problem: str = "",
    reason: Reason | None = None,
    consent: ConsentForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, sides = request.user, sides_of(request.user, story)
    context = {
        "story": story,
        "pictures": list(story.pictures.select_related("picture")),
        "moves": open_moves(story.state, sides),
        "hindrance": services.why_not_public(story) if story.state != State.PUBLISHED else "",
        "consents": list(story.consents.select_related("recorded_by", "withdrawn_by")) if sides else [],
        "steps": story.steps.select_related("actor"),
        "source": found(user, story.source_kind, story.source_key) if story.source_kind else None,
        "is_writer": Side.WRITER in sides,
        "has_side": bool(sides),
        "may_edit": Side.WRITER in sides and story.state in EDITABLE,
        "problem": problem,
        "reason": reason or Reason(),
        "consent": consent or ConsentForm(),
    }
    return render(request, "branches/story_detail.html", context, status=status)


@require_POST
def story_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Hand in, publish, send back, withdraw or begin anew."""
    story, form = get_story(request.user, pk), Reason(request.POST)
    if action not in Action.values:
        raise Http404
    try:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        services.move_story(actor=request.user, story=story, action=action, reason=reason)
    except PermissionDenied as error:
        return _page(request, story, problem=str(error), status=403)
    except ValidationError as error:
        add_refusal(form, error)
        story.refresh_from_db(fields=["state"])
        status = 409 if isinstance(error, StateConflict) else 400
        return _page(request, story, problem=" ".join(error.messages), reason=form, status=status)
    messages.success(request, _("Done: %(action)s.") % {"action": Action(action).label})
    return redirect("story_detail", pk)


@require_POST
def story_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that somebody agreed to be named or shown."""
    story, form = _written(request.user, pk), ConsentForm(request.POST)
    if not form.is_valid():
        return _page(request, story, consent=form, status=400)
    try:
        services.record_consent(actor=request.user, story=story, **form.cleaned_data)
    except ValidationError as error:
        add_refusal(form, error)
        return _page(request, story, consent=form, status=400)
    messages.success(request, _("The consent is recorded."))
    return redirect("story_detail", pk)


@require_POST
def consent_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody took their consent back: a published story is gone from the public at once."""
    consent = get_object_or_404(StoryConsent.objects.select_related("story"), pk=pk)
    story = get_story(request.user, consent.story_id)
    if not sides_of(request.user, story):
        raise Http404
    services.withdraw_consent(actor=request.user, consent=consent)
    messages.success(request, _("The consent is taken back; the story is not public."))
    return redirect("story_detail", story.pk)


def _written(user: User, pk: int) -> Story:
    story = get_story(user, pk)
    check_writes(user, story)
    return story


@require_safe
def story_picture(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """A photo of a story, for who may see the story."""
    shown = get_object_or_404(StoryPicture.objects.select_related("picture"), pk=pk)
    get_story(request.user, shown.story_id)
    return serve(request, shown.picture, small="small" in request.GET)
