"""Cases and notices in Django admin; `time_admin`, `audit.admin` and `rechecks.admin` register the rest."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from events import services, time_admin  # noqa: F401 - it registers what is its own
from events.audit import admin as audit_admin  # noqa: F401 - it registers what is its own
from events.exceptions import ActionForbidden, ActionRefused
from events.explanations import explain
from events.figures import admin as figure_admin  # noqa: F401 - it registers what is its own
from events.forms import ActForm, HandlerField
from events.models import ContactReveal, Delivery, Event, Notice, Step
from events.rechecks import admin as recheck_admin  # noqa: F401 - it registers what is its own
from events.searching import SEARCH_HELP
from events.suggestions import handlers, organisations
from events.workflow import TABLE, Move, open_moves, refusal
from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin
from grids.models import User


class StepInline(ReadOnlyInline):
    model = Step
    fk_name = "event"
    fields = readonly_fields = ["at", "what", "who", "to_status", "to_loop", "holder_name", "why", "files", "due_at"]
    ordering = ["ordinal"]

    @admin.display(description=_("action"))
    def what(self, step: Step) -> str:
        return step.action_name

    @admin.display(description=_("who"))
    def who(self, step: Step) -> str:
        return f"{step.actor_name} {step.actor_post}".strip() or step.get_side_display()

    def get_queryset(self, request) -> QuerySet[Step]:
        return super().get_queryset(request).prefetch_related("attachments")

    @admin.display(description=_("files"))
    def files(self, step: Step) -> str:
        kept = (each for each in step.attachments.all() if each.erased_at is None)
        links = ((reverse("attachment", args=[each.key]), each.name) for each in kept)
        return format_html_join("", '<p><a href="{}">{}</a></p>', links)

    @admin.display(description=_("why"))
    def why(self, step: Step) -> str:
        sentences = [step.reason, step.note, *explain(step)]
        return format_html_join("", "<p>{}</p>", ([sentence] for sentence in sentences if sentence))


# What a case's page shows, in the order in which one asks; what says nothing is left out.
FACTS = (
    (
        None,
        (
            "number", "status", "title", "category", "grid", "place_name", "address", "description", "latitude",
            "longitude", "urgency", "is_confidential", "reporter",
        ),
    ),
    (
        _("Who has it"),
        (
            "loop", "start_loop", "holder", "handler", "organisation", "partner", "checker", "resolver", "round",
            "send_backs", "reworks", "is_supervised",
        ),
    ),
    (_("Times"), ("filed_at", "accepted_at", "due_at", "resolved_at", "closed_at")),
    (
        _("Agreements and result"),
        (
            "request", "requested_until", "suspended_until", "suspensions", "extensions", "reply_to", "reply_due_at",
            "asked_at", "merged_into", "outcome", "rating", "rated_at",
        ),
    ),
)  # fmt: skip


@admin.register(Event)
class EventAdmin(ReadOnly, ServiceAdmin):
    list_display = ["number", "title", "status", "due_at", "category", "grid_name", "loop", "holder_name", "filed_at"]
    # Choices alone: a filter by grid or person would list them all, and a date hierarchy reads the whole table.
    list_filter = ["status", "loop", "urgency", "is_supervised"]
    list_select_related = ["category", "grid", "holder"]
    list_per_page = 50
    search_fields = ["number", "title"]
    search_help_text = SEARCH_HELP
    ordering = ["-filed_at", "-pk"]
    inlines = [StepInline]

    def get_queryset(self, request) -> QuerySet[Event]:
        return super().get_queryset(request).visible_to(request.user)

    def get_fieldsets(self, request, obj: Event | None = None):
        groups = [(title, [name for name in names if getattr(obj, name, None)]) for title, names in FACTS]
        return [(title, {"fields": names}) for title, names in groups if names]

    def get_search_results(self, request, queryset, search_term):
        return (queryset.search(search_term) if search_term.strip() else queryset), False

    def get_urls(self):
        act = self.admin_site.admin_view(self.act_view)
        return [path("<path:object_id>/act/<slug:action>/", act, name="events_event_act"), *super().get_urls()]

    def render_change_form(self, request, context, *args, obj: Event, **kwargs):
        context["moves"] = open_moves(obj.case(), obj.sides_of(request.user))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def act_view(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        """Take one action on a case, by the same table, form and service as its page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        event, move = self.get_object(request, object_id), TABLE.get(action)
        if event is None or move is None:
            raise Http404
        if request.method != "POST":
            if refused := refusal(event.case(), move, event.sides_of(request.user)):
                self.message_user(request, refused.detail, messages.ERROR)
                return redirect("admin:events_event_change", event.pk)
            return self._act_page(request, event, ActForm(move, event))
        form = ActForm(move, event, request.POST, request.FILES, uploader=request.user)
        status = 400
        if form.is_valid():
            try:
                event = services.act(event=event, action=move.action, actor=request.user, **form.inputs())
            except ValidationError as error:
                form.add_error(None, error)
            except ActionRefused as error:
                event, status = self.get_object(request, object_id), _status_of(error)
                if event is None:  # who was faster has taken it out of one's sight
                    raise Http404 from error
                form.add_error(None, error.detail)
            else:
                return self._acted(request, event, move)
        return self._act_page(request, event, form.renewed(event), status)

    def _acted(self, request: HttpRequest, event: Event, move: Move) -> HttpResponse:
        state = {"action": move.action.label, "status": event.get_status_display()}
        self.message_user(request, _("%(action)s: done. The case is now: %(status)s.") % state)
        if not self.get_queryset(request).filter(pk=event.pk).exists():
            return redirect("admin:events_event_changelist")
        return redirect("admin:events_event_change", event.pk)

    def _act_page(self, request: HttpRequest, event: Event, form: ActForm, status: int = 200) -> HttpResponse:
        if "handler" in form.fields:
            form.fields["handler"].widget = forms.Select(choices=_handler_choices(event))
        if "partner" in form.fields:
            form.fields["partner"].widget = forms.Select(choices=form.fields["partner"].choices)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{form.move.action.label} {event.number}",
            "event": event,
            "form": form,
        }
        return TemplateResponse(request, "admin/events/event/act.html", context, status=status)

    @admin.display(description=_("grid"), ordering="position")
    def grid_name(self, event: Event) -> str:
        return event.grid.name if event.is_open or not event.place_name else event.place_name

    @admin.display(description=_("holder"))
    def holder_name(self, event: Event) -> str:
        return event.holder.name


def _status_of(error: ActionRefused) -> int:
    return 403 if isinstance(error, ActionForbidden) else 409


def _handler_choices(event: Event) -> list[tuple[str | int, str]]:
    people = [(post.user_id, f"{post.user} · {post.place} · {post.get_role_display()}") for post in handlers(event, "")]
    partners = [
        (HandlerField.ORGANISATION + one.key, f"{one} · {one.place} · {one.get_kind_display()}")
        for one in organisations(event, "")
    ]
    return [("", "—"), *people, *partners]


@admin.register(ContactReveal)
class ContactRevealAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["event_number", "actor_name", "actor_post", "at", "reason"]
    list_select_related = ["event"]
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["event__number__startswith", "actor_name"]
    search_help_text = _("Beginning of the case's number, or part of who looked")
    show_full_result_count = False
    ordering = ["-pk"]
    fields = list_display

    def get_queryset(self, request) -> QuerySet[ContactReveal]:
        return super().get_queryset(request).filter(event__in=Event.objects.visible_to(request.user))

    @admin.display(description=_("event"))
    def event_number(self, reveal: ContactReveal) -> str:
        return reveal.event.number


def _may_be_seen(user: User) -> Q:
    """Notices and deliveries of the cases that the person sees; those of no case are the administrator's."""
    seen = Q(event__in=Event.objects.visible_to(user))
    return seen | Q(event=None) if user.is_superuser else seen


class DeliveredFilter(admin.SimpleListFilter):
    title = _("delivery")
    parameter_name = "delivered"

    def lookups(self, request, model_admin):
        return [("yes", _("delivered")), ("no", _("waiting"))]

    def queryset(self, request, queryset):
        return queryset.filter(delivered_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnly, ServiceAdmin):
    list_display = ["event_number", "what", "recipient", "created_at", "delivered_at", "read_at"]
    list_filter = [DeliveredFilter]
    list_select_related = ["event", "step", "recipient"]
    list_per_page = 50
    search_fields = ["event__number__startswith"]
    search_help_text = _("Beginning of the case's number")
    ordering = ["-pk"]
    fields = list_display

    def get_queryset(self, request) -> QuerySet[Notice]:
        return super().get_queryset(request).filter(_may_be_seen(request.user))

    @admin.display(description=_("event"))
    def event_number(self, notice: Notice) -> str:
        return notice.event.number if notice.event else ""

    @admin.display(description=_("action"))
    def what(self, notice: Notice) -> str:
        return notice.what


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return Delivery.State.choices

    def queryset(self, request, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        match self.value():
            case Delivery.State.WAITING:
                return queryset.pending()
            case Delivery.State.DELIVERED:
                return queryset.exclude(delivered_at=None)
            case Delivery.State.GIVEN_UP:
                return queryset.exclude(given_up_at=None)
            case Delivery.State.WITHDRAWN:
                return queryset.exclude(withdrawn_at=None)
        return queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ServiceAdmin):
    list_display = [
        "event_number", "what", "recipient", "channel", "state_name", "attempts", "last_error", "next_try_at",
    ]  # fmt: skip
    list_filter = [StateFilter, "channel", "in_digest"]
    list_select_related = ["event", "notice__step", "recipient"]
    list_per_page = 50
    search_fields = ["event__number__startswith"]
    search_help_text = _("Beginning of the case's number")
    ordering = ["-pk"]
    fields = [*list_display, "in_digest", "delivered_at", "given_up_at", "withdrawn_at"]

    def get_queryset(self, request) -> QuerySet[Delivery]:
        return super().get_queryset(request).filter(_may_be_seen(request.user))

    @admin.display(description=_("event"))
    def event_number(self, delivery: Delivery) -> str:
        return delivery.event.number if delivery.event else ""

    @admin.display(description=_("action"))
    def what(self, delivery: Delivery) -> str:
        return delivery.notice.what

    @admin.display(description=_("state"))
    def state_name(self, delivery: Delivery) -> str:
        return delivery.state.label
