"""Reorganisations in Django admin: what somebody intends, what it would do, one confirmation; and their record."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.admin.base import ManagedAdmin, ReadOnly
from grids.admin.plans import FORMS
from grids.models import FormerCode, Grid, GridChange

CODES_SHOWN = 200
CODES_ON_PAGE = 100
MOST_AT_ONCE = 100
PLACES_TO_FILTER = 40

Kind = GridChange.Kind
ONE_AT_A_TIME = {Kind.RENAME, Kind.SPLIT}
TITLES = {
    Kind.RENAME: _("Rename a grid"),
    Kind.MOVE: _("Move under another grid"),
    Kind.MERGE: _("Merge into another grid"),
    Kind.SPLIT: _("Split a grid"),
    Kind.RETIRE: _("Take out of use"),
}
# What a service calls a field, by the name that the form has for it.
ASKED_AS = {"into": "target", "successor": "target", "name": "name"}


class Reorganising:
    """The pages for the admin of grids: first the form, then the dry run, then it is done."""

    change_form_template = "admin/grids/grid/change_form.html"
    actions = ["rename", "move", "merge", "split", "retire"]

    def get_urls(self):
        view = self.admin_site.admin_view(self.reorganise_view)
        return [path("reorganise/<slug:kind>/", view, name="grids_grid_reorganise"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        tools = [(kind, TITLES[kind]) for kind in Kind]
        return super().change_view(request, object_id, form_url, {"tools": tools, **(extra_context or {})})

    def reorganise_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Ask what to do, show what it would do, do it. Nothing is written before the confirmation."""
        grids = self._chosen(request)
        if kind not in FORMS or not grids:
            raise Http404
        if kind in ONE_AT_A_TIME and len(grids) > 1:
            self.message_user(request, _("This is done for one grid at a time. Choose one."), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:grids_grid_changelist"))
        if request.method != "POST" or {"edit", "more"} & request.POST.keys():
            return self._form_page(request, kind, FORMS[kind](request.user, grids, typed=request.POST))
        form = FORMS[kind](request.user, grids, request.POST)
        return self._try(request, kind, form) if form.is_valid() else self._form_page(request, kind, form, 400)

    def _chosen(self, request: HttpRequest) -> list[Grid]:
        pks = [pk for pk in request.GET.get("grids", "").split(",") if pk.isdecimal() and len(pk) < 19]
        return list(self.get_queryset(request).filter(pk__in=pks[:MOST_AT_ONCE]).order_by("lft"))

    def _try(self, request: HttpRequest, kind: str, form) -> HttpResponse:
        """The dry run of a good form, or what was confirmed."""
        plan, seen, status = form.plan(kind), request.POST.get("fingerprint", ""), 400
        try:
            if seen:
                outcome = services.carry_out(actor=request.user, plan=plan, fingerprint=seen)
            else:
                outcome = services.preview(actor=request.user, plan=plan)
            if outcome.is_done:
                return self._done(request, plan, outcome)
            if outcome.changes:
                return self._preview_page(request, kind, outcome, has_changed=bool(seen))
            form.add_error(None, _("There is nothing to do: it is so already."))
        except ValidationError as error:
            _add_errors(form, error)
        except PermissionDenied as error:
            form.add_error(None, str(error))
            status = 403
        return self._form_page(request, kind, form, status)

    def _form_page(self, request: HttpRequest, kind: str, form, status: int | None = None) -> HttpResponse:
        context = self._context(request, kind) | {"form": form}
        wrong = form.is_bound and form.errors and not {"edit", "more"} & request.POST.keys()
        return TemplateResponse(
            request, "admin/grids/grid/reorganise.html", context, status=status or (400 if wrong else 200)
        )

    def _preview_page(self, request: HttpRequest, kind: str, outcome, has_changed: bool) -> HttpResponse:
        sent = [
            (name, value)
            for name, values in request.POST.lists()
            if name not in ("csrfmiddlewaretoken", "fingerprint")
            for value in values
        ]
        context = self._context(request, kind) | {
            "outcome": outcome,
            "sent": sent,
            "has_changed": has_changed,
            "codes": outcome.mapping[:CODES_SHOWN],
            "codes_left": max(0, len(outcome.mapping) - CODES_SHOWN),
        }
        return TemplateResponse(
            request, "admin/grids/grid/reorganise_preview.html", context, status=409 if has_changed else 200
        )

    def _context(self, request: HttpRequest, kind: str) -> dict:
        return {
            **self.admin_site.each_context(request),
            "title": TITLES[kind],
            "kind": kind,
            "grids": self._chosen(request),
            "opts": self.opts,
        }

    def _done(self, request: HttpRequest, plan, outcome) -> HttpResponse:
        for change in outcome.changes:
            self.log_change(request, change.grid, str(change))
            self.message_user(request, _("%(change)s: done.") % {"change": change}, messages.SUCCESS)
        landing = plan.target if plan.kind == Kind.MERGE else outcome.changes[-1].grid
        return HttpResponseRedirect(reverse("admin:grids_grid_change", args=[landing.pk]))

    def _begin(self, request: HttpRequest, queryset, kind: str) -> HttpResponse | None:
        pks = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(pks) > MOST_AT_ONCE:
            text = _("At most %(count)d grids at once.") % {"count": MOST_AT_ONCE}
            self.message_user(request, text, messages.ERROR)
            return None
        return HttpResponseRedirect(reorganise_url(kind, pks))

    @admin.action(description=_("Rename…"), permissions=["change"])
    def rename(self, request, queryset):
        return self._begin(request, queryset, Kind.RENAME)

    @admin.action(description=_("Move under another grid…"), permissions=["change"])
    def move(self, request, queryset):
        return self._begin(request, queryset, Kind.MOVE)

    @admin.action(description=_("Merge into another grid…"), permissions=["change"])
    def merge(self, request, queryset):
        return self._begin(request, queryset, Kind.MERGE)

    @admin.action(description=_("Split…"), permissions=["change"])
    def split(self, request, queryset):
        return self._begin(request, queryset, Kind.SPLIT)

    @admin.action(description=_("Take out of use…"), permissions=["change"])
    def retire(self, request, queryset):
        return self._begin(request, queryset, Kind.RETIRE)


def reorganise_url(kind: str, pks: list[int]) -> str:
    return f"{reverse('admin:grids_grid_reorganise', args=[kind])}?grids={','.join(map(str, pks))}"


def _add_errors(form, error: ValidationError) -> None:
    """What a service refused, at the fields that the form has for it."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
    for name, problems in by_field.items():
        field = ASKED_AS.get(name, name)
        form.add_error(field if field in form.fields else None, problems)


class ChangedPlaceFilter(admin.ListFilter):
    """Where it was: `?place=CODE`, from there the way up and what lies directly below."""

    title = _("place")

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        code = params.pop("place", [""])[-1]
        self.grid = Grid.objects.filter(code=code).first() if code.isdecimal() else None

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return ["place"]

    def choices(self, changelist):
        yield {"selected": self.grid is None, "query_string": changelist.get_query_string(remove=["place"]),
               "display": _("All")}  # fmt: skip
        below = Grid.objects.active().filter(parent=self.grid, level__lte=3).order_by("lft")[:PLACES_TO_FILTER]
        for grid in [*(self.grid.ancestors if self.grid else []), *([self.grid] if self.grid else []), *below]:
            link = changelist.get_query_string({"place": grid.code})
            yield {"selected": grid == self.grid, "query_string": link, "display": grid.name}

    def queryset(self, request, queryset):
        return queryset.filter(position__range=(self.grid.lft, self.grid.rght)) if self.grid else queryset


@admin.register(GridChange)
class GridChangeAdmin(ReadOnly, ManagedAdmin):
    """The record of the reorganisations; nobody edits it."""

    change_form_template = "admin/grids/gridchange/change_form.html"
    list_display = ["at", "kind", "before", "after", "actor_name", "reason"]
    list_filter = ["kind", ("at", admin.DateFieldListFilter), ChangedPlaceFilter]
    list_per_page = 50
    search_fields = ["actor_name", "reason", "old_name", "new_name"]
    search_help_text = _("Who, why, a name, or a code of then or now")
    ordering = ["-at", "-pk"]
    fields = ["kind", "at", "actor_name", "reason", "before", "after"]

    @admin.display(description=_("before"))
    def before(self, change: GridChange) -> str:
        return f"{change.old_name} ({change.old_code})"

    @admin.display(description=_("after"))
    def after(self, change: GridChange) -> str:
        return f"{change.new_name} ({change.new_code})"

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if "\0" in term:  # PostgreSQL takes no such text
            return queryset.none(), False
        if term.isascii() and term.isdecimal():
            codes = FormerCode.objects.filter(code=term).values("change")
            found = Q(old_code__startswith=term) | Q(new_code__startswith=term) | Q(pk__in=codes)
            return queryset.filter(found), False
        return super().get_search_results(request, queryset, search_term)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
            raise Http404
        codes = FormerCode.objects.filter(change=object_id).select_related("grid").order_by("code", "pk")
        page = Paginator(codes, CODES_ON_PAGE).get_page(request.GET.get("p"))
        return super().change_view(request, object_id, form_url, {"codes": page, **(extra_context or {})})
