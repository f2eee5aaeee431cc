"""Orders of the 12345 hotline: their sheets on the way in, what their words mean here, and which case each became."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models.catalogue import Category
from events.models.event import Event
from grids.encryption import EncryptedTextField
from grids.models import Grid

HOTLINE = "12345"
ORDER_LENGTH = 64
WORD_LENGTH = 64
AREA_LENGTH = 128


class HotlineMapping(models.Model):
    """What a heading, a category or an area of the hotline's sheets means, as an office said once.

    It holds for `home`, the grid of that office, and for all below until they say otherwise.
    """

    class About(models.TextChoices):
        COLUMN = "column", _("column")
        CATEGORY = "category", _("category")
        AREA = "area", _("area")

    home = models.ForeignKey(Grid, models.CASCADE, related_name="+", verbose_name=_("grid"))
    about = models.CharField(max_length=16, choices=About)
    text = models.CharField(_("text in the sheet"), max_length=200)
    column = models.CharField(max_length=16, blank=True)  # a key of `hotline.columns`; empty: not used
    category = models.ForeignKey(Category, models.CASCADE, null=True, related_name="+", verbose_name=_("category"))
    grid = models.ForeignKey(Grid, models.CASCADE, null=True, related_name="+", verbose_name=_("grid"))
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    chosen_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("meaning of a hotline's word")
        verbose_name_plural = _("meanings of a hotline's words")
        constraints = [
            models.UniqueConstraint(fields=["home", "about", "text"], name="hotline_mapping_once"),
            models.CheckConstraint(
                condition=Q(about="column", category=None, grid=None)
                | Q(about="category", category__isnull=False, grid=None, column="")
                | Q(about="area", category=None, grid__isnull=False, column=""),
                name="hotline_mapping_of_one_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class HotlineImport(models.Model):
    """One uploaded sheet on its way to cases. Everything in it is encrypted, and gone some days after."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("waiting to be read")
        MAPPING = "mapping", _("columns to be told")
        CHECKED = "checked", _("to be confirmed")
        CONFIRMED = "confirmed", _("being filed")
        DONE = "done", pgettext_lazy("hotline sheet", "filed")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    home = models.ForeignKey(Grid, models.PROTECT, related_name="hotline_imports", verbose_name=_("grid"))
    file_name = models.CharField(_("file"), max_length=200)
    content = EncryptedTextField(null=True)  # base64, until it has been read
    layout = models.JSONField(default=dict)
    columns = models.JSONField(default=dict)  # the heading of each column of ours
    status = models.CharField(_("state"), max_length=16, choices=Status, default=Status.UPLOADED)
    problem = models.TextField(_("problem"), blank=True)
    counts = models.JSONField(_("rows by outcome"), default=dict)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    cleaned_at = models.DateTimeField(_("rows removed at"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("import of hotline orders")
        verbose_name_plural = _("imports of hotline orders")
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "uploaded_at"], condition=Q(cleaned_at=None), name="hotline_import_kept")
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_waiting(self) -> bool:
        """Whether a worker has something to do for it."""
        return self.status in (self.Status.UPLOADED, self.Status.CONFIRMED)

    @property
    def is_open(self) -> bool:
        """Whether somebody may still say where its rows belong and have them filed."""
        return self.status in (self.Status.CHECKED, self.Status.DONE) and self.cleaned_at is None

    def count(self) -> dict[str, int]:
        """How many rows there are of each outcome, now."""
        return dict(self.rows.order_by().values_list("outcome").annotate(Count("pk")))


class HotlineRow(models.Model):
    """One row of a sheet. Its cells are a resident's affairs: encrypted, and emptied as soon as it is a case."""

    class Outcome(models.TextChoices):
        READY = "ready", _("to be filed")
        OPEN = "open", _("to be decided")
        WRONG = "wrong", _("not usable")
        KNOWN = "known", _("known already")
        ELSEWHERE = "elsewhere", _("not in your area")
        IGNORED = "ignored", _("no order")
        FILED = "filed", _("now a case")
        REFUSED = "refused", _("not accepted")

    hotline_import = models.ForeignKey(HotlineImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    cells = EncryptedTextField(null=True)
    order = models.CharField(_("order number"), max_length=ORDER_LENGTH, blank=True)
    word = models.CharField(_("category of the hotline"), max_length=WORD_LENGTH, blank=True)
    area = models.CharField(_("area"), max_length=AREA_LENGTH, blank=True)
    category = models.ForeignKey(Category, models.SET_NULL, null=True, related_name="+", verbose_name=_("category"))
    grid = models.ForeignKey(Grid, models.SET_NULL, null=True, related_name="+", verbose_name=_("grid"))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    problem = models.TextField(_("problem"), blank=True)
    remarks = models.JSONField(_("remarks"), default=list)
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+", verbose_name=_("event"))

    class Meta:
        verbose_name = _("row of a hotline's sheet")
        verbose_name_plural = _("rows of a hotline's sheet")
        ordering = ["hotline_import", "number"]
        constraints = [models.UniqueConstraint(fields=["hotline_import", "number"], name="hotline_row_once")]
        indexes = [models.Index(fields=["hotline_import", "outcome", "number"], name="hotline_row_outcome")]

    def __str__(self) -> str:
        return str(self.number)


class HotlineOrder(models.Model):
    """The order of a hotline that a case came from, with the hotline's own times. Each becomes one case, ever."""

    event = models.OneToOneField(Event, models.PROTECT, related_name="hotline_order", verbose_name=_("event"))
    source = models.CharField(_("source"), max_length=16, default=HOTLINE)
    number = models.CharField(_("order number"), max_length=ORDER_LENGTH)
    word = models.CharField(_("category of the hotline"), max_length=WORD_LENGTH, blank=True)
    urgency = models.CharField(_("urgency at the hotline"), max_length=32, blank=True)
    called_at = models.DateTimeField(_("called at"), null=True)
    limit = models.CharField(_("time limit of the hotline"), max_length=64, blank=True)
    due_at = models.DateTimeField(_("due at the hotline"), null=True)
    hotline_import = models.ForeignKey(HotlineImport, models.SET_NULL, null=True, related_name="orders")

    class Meta:
        verbose_name = _("hotline order")
        verbose_name_plural = _("hotline orders")
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="hotline_order_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.number}"
