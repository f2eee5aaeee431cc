"""Limits, working hours and calendar in Django admin: what touches open cases is first shown, then confirmed."""

from datetime import UTC, date, datetime

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import services
from events.clock import Day
from events.explanations import limit_text
from events.models import CalendarYear, Category, Event, ServiceLevel, TimeChange, WorkingHours
from events.services.adjusting import FEW
from events.time_forms import CalendarYearForm, DecisionForm, WorkingHoursForm, days_as_text
from grids.admin.base import ReadOnly, ServiceAdmin, refusal_text

ROWS = 50


class ClockAdmin(ServiceAdmin):
    """Saving leads to the page of the drafted change, unless no open case is touched and it is done already."""

    def drafted(self, request: HttpRequest, change: TimeChange | None) -> None:
        """Remember for the response what came of saving."""
        request.time_change = change if change and change.status == TimeChange.Status.DRAFT else None

    def log_change(self, request, obj, message):
        return None if self._draft(request) else super().log_change(request, obj, message)

    def log_addition(self, request, obj, message):
        return None if self._draft(request) else super().log_addition(request, obj, message)

    def response_change(self, request, obj):
        return self._to_draft(request) or super().response_change(request, obj)

    def response_add(self, request, obj, post_url_continue=None):
        return self._to_draft(request) or super().response_add(request, obj, post_url_continue)

    def _draft(self, request: HttpRequest) -> TimeChange | None:
        return getattr(request, "time_change", None)

    def _to_draft(self, request: HttpRequest) -> HttpResponse | None:
        draft = self._draft(request)
        if draft is None:
            return None
        self.message_user(
            request, _("Nothing has changed yet: look at what would move, then decide."), messages.WARNING
        )
        return HttpResponseRedirect(reverse("admin:events_timechange_change", args=[draft.pk]))


@admin.register(Category)
class CategoryAdmin(ClockAdmin):
    list_display = ["minor", "major", "kind", "limit", "unit", "lowest_loop", "is_confidential", "is_active"]
    list_filter = ["kind", "is_active", "is_confidential", "lowest_loop"]
    search_fields = ["major", "minor"]
    fields = [
        "kind", ("major", "minor"), "public_name", "police_work", ("limit", "unit"), "lowest_loop", "checklist",
        "is_confidential", "is_active",
    ]  # fmt: skip

    def save_model(self, request, obj: Category, form, change: bool) -> None:
        if change:
            self.drafted(request, services.change_category(category=obj, actor=request.user))
        else:
            services.save_category(category=obj)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # cases refer to it: it is taken out of use instead


@admin.register(ServiceLevel)
class ServiceLevelAdmin(ClockAdmin):
    list_display = ["stage", "urgency", "amount", "unit"]
    list_display_links = ["stage", "urgency"]
    fields = ["stage", "urgency", ("amount", "unit")]
    readonly_fields = ["stage", "urgency"]

    def save_model(self, request, obj: ServiceLevel, form, change: bool) -> None:
        self.drafted(request, services.change_level(level=obj, actor=request.user))

    def has_add_permission(self, request) -> bool:
        return False  # the workflow asks for exactly these

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(WorkingHours)
class WorkingHoursAdmin(ClockAdmin):
    form = WorkingHoursForm
    list_display = ["spans", "source", "edited_by", "edited_at"]
    list_select_related = ["edited_by"]
    fields = ["spans", "source", "edited_by", "edited_at"]
    readonly_fields = ["source", "edited_by", "edited_at"]

    def save_model(self, request, obj: WorkingHours, form, change: bool) -> None:
        self.drafted(request, services.change_hours(spans=obj.spans, actor=request.user))

    def has_add_permission(self, request) -> bool:
        return False  # one row is in force

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(CalendarYear)
class CalendarYearAdmin(ClockAdmin):
    form = CalendarYearForm
    list_display = ["year", "notice", "source", "edited_by", "edited_at"]
    list_select_related = ["edited_by"]
    fields = ["year", "notice", "days", "source", "edited_by", "edited_at"]

    def get_readonly_fields(self, request, obj=None):
        told = ["source", "edited_by", "edited_at"]
        return ["year", *told] if obj else told

    def save_model(self, request, obj: CalendarYear, form, change: bool) -> None:
        given = form.cleaned_data
        drafted = services.change_calendar(
            year=obj.year, notice=given["notice"], days=given["days"], actor=request.user
        )
        self.drafted(request, drafted)
        if stored := CalendarYear.objects.filter(year=obj.year).first():
            obj.pk = stored.pk

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # deadlines were counted by it


@admin.register(TimeChange)
class TimeChangeAdmin(ReadOnly, ServiceAdmin):
    """Each change with what it would do, or did, to the open cases; here it is confirmed."""

    list_display = ["what", "change", "status", "moved", "moves_open", "confirmed_by", "confirmed_at"]
    list_filter = ["kind", "status"]
    list_select_related = ["confirmed_by"]
    list_per_page = ROWS

    def get_queryset(self, request):
        return super().get_queryset(request).defer("planned")

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.is_active and request.user.is_superuser

    has_module_permission = has_view_permission

    @admin.display(description=gettext_lazy("what"))
    def what(self, change: TimeChange) -> str:
        return str(change)

    @admin.display(description=gettext_lazy("change"))
    def change(self, change: TimeChange) -> str:
        return " → ".join(change_words(change))

    @admin.display(description=gettext_lazy("open cases that move"))
    def moved(self, change: TimeChange) -> int:
        return change.counts.get("moved", 0)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one change. A POST decides it."""
        if not self.has_view_permission(request):
            raise Http404
        change = TimeChange.objects.select_related("drafted_by", "confirmed_by").filter(pk=_number(object_id)).first()
        if change is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return self._page(request, change, DecisionForm(initial={"moves_open": _default(change)}))
        if "discard" in request.POST:
            services.discard_change(change=change, actor=request.user)
            self.message_user(request, _("Discarded; nothing has changed."))
            return HttpResponseRedirect(reverse("admin:events_timechange_changelist"))
        form = DecisionForm(request.POST)
        if form.is_valid():
            try:
                self._confirm(request, change, form)
            except ValidationError as error:
                form.add_error("reason" if hasattr(error, "error_dict") else None, refusal_text(error))
                change.refresh_from_db()
                if change.status != TimeChange.Status.DRAFT:  # its form is gone
                    self.message_user(request, refusal_text(error), messages.ERROR)
            else:
                return HttpResponseRedirect(request.path)
        return self._page(request, change, form, status=400)

    def _confirm(self, request: HttpRequest, change: TimeChange, form: DecisionForm) -> None:
        change = services.confirm_change(change=change, actor=request.user, **form.cleaned_data)
        if change.moves_open and change.counts["moved"] <= FEW:
            services.adjust_deadlines()  # so few are moved while one waits; the queued task finds them done

    def _page(self, request: HttpRequest, change: TimeChange, form: DecisionForm, status: int = 200) -> HttpResponse:
        page = Paginator(change.planned, ROWS).get_page(request.GET.get("page"))
        before, after = change_words(change)
        context = {
            **self.admin_site.each_context(request),
            "title": str(change),
            "opts": self.opts,
            "change": change,
            "before": before,
            "after": after,
            "removed_days": _days(change, "before", "after"),
            "added_days": _days(change, "after", "before"),
            "form": form,
            "page": page,
            "rows": _planned(page.object_list),
            "is_draft": change.status == TimeChange.Status.DRAFT,
            "is_moving": change.status == TimeChange.Status.CONFIRMED,
            "adjusted": change.counts.get("adjusted", 0),
            "failed": change.counts.get("failed", 0),
        }
        return TemplateResponse(request, "admin/events/timechange/change_form.html", context, status=status)


def _number(object_id: str) -> int:
    return int(object_id) if object_id.isdecimal() and len(object_id) < 18 else 0


def _default(change: TimeChange) -> str:
    """The calendar is a fact that deadlines follow; a limit was promised to those whose case runs already."""
    of_calendar = change.kind in (TimeChange.Kind.CALENDAR, TimeChange.Kind.HOURS)
    return "yes" if of_calendar else "no"


def change_words(change: TimeChange) -> tuple[str, str]:
    """What it was and what it is to be, in a few words."""
    return _words(change.before), _words(change.after)


def _words(said: dict) -> str:
    if "limit" in said:
        return limit_text(*said["limit"]) if said["limit"] else _("the loop's default")
    if "spans" in said:
        return said["spans"] or "—"
    return _("not published") if said["notice"] is None else said["notice"] or _("notice without a number")


def _days(change: TimeChange, of: str, against: str) -> list[str]:
    """The days that one side of a change of the calendar has and the other has not, in lines."""
    if change.kind != TimeChange.Kind.CALENDAR:
        return []
    other = getattr(change, against)["days"]
    days = [day for day in getattr(change, of)["days"] if day not in other]
    text = days_as_text((date.fromisoformat(day), Day(is_working, name)) for day, is_working, name in days)
    return text.splitlines()


def _planned(rows: list[list]) -> list[dict]:
    """A page of the planned moves with their cases, in one query."""
    events = Event.objects.select_related("holder").in_bulk([pk for pk, *_times in rows])
    return [
        {
            "event": events[pk],
            "before": _moment(before),
            "after": _moment(after),
            "is_overdue": is_overdue,
            "is_sooner": after < before,
            "is_later": after > before,
        }
        for pk, before, after, is_overdue in rows
        if pk in events
    ]


def _moment(seconds: float) -> datetime:
    return timezone.localtime(datetime.fromtimestamp(seconds, UTC))
