"""The daily digests and their alarms in Django admin: for superusers, who answer for the whole."""

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from events import services
from events.audit import told_delays
from events.audit.sealing import is_sound
from events.audit.sentences import NUMBER
from events.audit.signing import public_key
from events.models import AuditAlarm, AuditDigest, AuditHead, Event
from events.workflow import OPEN, Status
from grids.admin.base import ReadOnly, ServiceAdmin, refusal_text
from grids.models import User
from grids.models.reveal import REASON_LENGTH

ROWS = 50


class ForSuperusers(ReadOnly, ServiceAdmin):
    """What concerns all grids together."""

    list_per_page = ROWS

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.is_active and request.user.is_superuser

    has_module_permission = has_view_permission

    def found(self, request: HttpRequest, object_id: str):
        """The thing of this page, None when there is none."""
        if not self.has_view_permission(request):
            raise Http404
        return self.get_queryset(request).filter(pk=int(object_id) if object_id.isdecimal() else 0).first()

    def page(self, request: HttpRequest, thing, context: dict, status: int = 200) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": str(thing), "opts": self.opts, **context}
        template = f"admin/events/{self.opts.model_name}/change_form.html"
        return TemplateResponse(request, template, context, status=status)


@admin.register(AuditDigest)
class AuditDigestAdmin(ForSuperusers):
    """What each day's check found, in sentences; every figure opens what it counts."""

    list_display = ["day", "number", "state", "events", "steps", "made_at", "mailed_at"]
    ordering = ["-number"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("sentences")

    @admin.display(description=gettext_lazy("state"))
    def state(self, digest: AuditDigest) -> str:
        if not is_sound(digest):
            return format_html('<strong class="proof-wrong">✗ {}</strong>', _("not signed"))
        if count := digest.problem_count:
            if digest.new_problem_count:
                said = ngettext("%(count)d problem", "%(count)d problems", count) % {"count": count}
            else:
                said = ngettext("%(count)d known problem", "%(count)d known problems", count) % {"count": count}
            return format_html('<strong class="proof-wrong">✗ {}</strong>', said)
        return format_html('<span class="proof-sound">✓ {}</span>', _("all sound"))

    @admin.display(description=gettext_lazy("cases"))
    def events(self, digest: AuditDigest) -> int | None:
        return _content(digest).get("events")

    @admin.display(description=gettext_lazy("steps"))
    def steps(self, digest: AuditDigest) -> int | None:
        return _content(digest).get("steps")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "POST":
            raise PermissionDenied
        digest = self.found(request, object_id)
        if digest is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        # Of clue reports nobody here may know even the number.
        heads = AuditHead.objects.filter(digest=digest, event__in=Event.objects.visible_to(request.user))
        page = Paginator(heads.order_by("pk"), ROWS).get_page(request.GET.get("page"))
        context = {
            "digest": digest,
            "balance": _balance(digest),
            "kept": _kept(digest),
            "sentences": _with_cases(digest.sentences, request.user),
            "more": digest.problem_count - len(digest.sentences),
            "alarms": digest.alarms.select_related("acknowledged_by"),
            "is_sound": is_sound(digest),
            "delays": told_delays(_content(digest).get("delays", {})),
            "heads": page,  # how many there are besides would tell how many clues moved
            "public_key": public_key(),
        }
        return self.page(request, digest, context)


def _content(digest: AuditDigest) -> dict:
    """What it states, or nothing: its page opens on a row that somebody has spoiled as well."""
    return digest.content if isinstance(digest.content, dict) else {}


def _with_cases(sentences: list[str], user: User) -> list[tuple[str, str]]:
    """Each sentence in two parts: the number of a case that it begins with, if the person may see it, and the rest."""
    begun = [NUMBER.match(sentence) for sentence in sentences]
    numbers = {found.group() for found in begun if found}
    seen = set(Event.objects.visible_to(user).filter(number__in=numbers).values_list("number", flat=True))
    parts = [found.group() if found and found.group() in seen else "" for found in begun]
    return [(number, sentence.removeprefix(number)) for number, sentence in zip(parts, sentences, strict=True)]


def _balance(digest: AuditDigest) -> list[dict]:
    """The figures of the balance, each with the list of such cases as they are now."""
    balance, every = _content(digest).get("balance", {}), reverse("admin:events_event_changelist")
    names = {
        "open": (pgettext("balance", "open"), f"{every}?status__in={','.join(sorted(OPEN))}"),
        "closed": (Status.CLOSED.label, f"{every}?status__exact={Status.CLOSED}"),
        "voided": (Status.VOIDED.label, f"{every}?status__exact={Status.VOIDED}"),
        "merged": (Status.MERGED.label, f"{every}?status__exact={Status.MERGED}"),
    }
    rows = [{"name": name, "count": balance.get(key), "url": url} for key, (name, url) in names.items()]
    return [{"name": _("received"), "count": balance.get("received"), "url": every}, *rows]


def _kept(digest: AuditDigest) -> list[tuple[str, int]]:
    """How many rows of each table there were that are never removed."""
    kept = _content(digest).get("kept", {}).items()
    return [(apps.get_model(label)._meta.verbose_name_plural, count) for label, (count, _last) in kept]


class AcknowledgeForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What was found, and what was done?"),
        help_text=gettext_lazy("It is written down with your name."),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@admin.register(AuditAlarm)
class AuditAlarmAdmin(ForSuperusers):
    """Each alarm until somebody says what came of it; that is done here."""

    list_display = ["kind", "raised_at", "digest", "acknowledged_at", "acknowledged_by", "reason"]
    list_select_related = ["digest", "acknowledged_by"]
    ordering = ["-pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("digest", "acknowledged_by")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one alarm. A POST acknowledges it."""
        alarm = self.found(request, object_id)
        if alarm is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return self.page(request, alarm, {"alarm": alarm, "form": AcknowledgeForm()})
        form = AcknowledgeForm(request.POST)
        if form.is_valid():
            try:
                services.acknowledge_alarm(alarm=alarm, actor=request.user, **form.cleaned_data)
            except ValidationError as error:
                form.add_error("reason" if hasattr(error, "error_dict") else None, refusal_text(error))
                alarm = self.found(request, object_id)
            else:
                self.message_user(request, _("Acknowledged; what you wrote is kept."))
                return HttpResponseRedirect(request.path)
        return self.page(request, alarm, {"alarm": alarm, "form": form}, status=400)
