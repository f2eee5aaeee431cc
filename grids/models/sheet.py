"""Imported spreadsheets: what was uploaded, what each row would do, and what it did."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.models.people import User


class SheetImport(models.Model):
    """One uploaded sheet on its way from reading to preview, confirmation and, if need be, undoing."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("waiting to be read")
        CHECKED = "checked", _("to be confirmed")
        CONFIRMED = "confirmed", _("waiting to be written")
        APPLIED = "applied", _("written")
        UNDOING = "undoing", _("waiting to be undone")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(_("kind"), max_length=32)
    file_name = models.CharField(_("file"), max_length=200)
    # Kept until it has been read, no longer: a sheet may hold what is none of our business.
    content = models.BinaryField(editable=False)
    layout = models.JSONField(_("where the table is"), default=dict)
    status = models.CharField(_("state"), max_length=16, choices=Status, default=Status.UPLOADED)
    problem = models.TextField(_("problem"), blank=True)
    counts = models.JSONField(_("rows by outcome"), default=dict)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"))
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    applied_at = models.DateTimeField(_("written at"), null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("undone by"))
    undone_at = models.DateTimeField(_("undone at"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_waiting(self) -> bool:
        """Whether a worker has something to do for it."""
        return self.status in (self.Status.UPLOADED, self.Status.CONFIRMED, self.Status.UNDOING)

    def created_users(self) -> models.QuerySet[User]:
        """The people whom this import has entered, for whom accounts may be opened."""
        return User.objects.filter(pk__in=self.rows.exclude(created_user=None).values("created_user"))


class SheetRow(models.Model):
    """One row of an imported sheet: its cells as read, what it would change, and what was there before."""

    class Outcome(models.TextChoices):
        ADDED = "added", pgettext_lazy("row", "added")
        CHANGED = "changed", pgettext_lazy("row", "changed")
        UNCHANGED = "unchanged", pgettext_lazy("row", "unchanged")
        WRONG = "wrong", pgettext_lazy("row", "wrong")
        IGNORED = "ignored", pgettext_lazy("row", "ignored")

    sheet_import = models.ForeignKey(SheetImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    # Until the row is written, for the sheet of errors and for checking anew; see `grids/sheets/cells.py`.
    cells = models.JSONField(_("cells"), default=list)
    label = models.CharField(_("what it is about"), max_length=200, blank=True)
    stage = models.PositiveSmallIntegerField(default=0)
    values = models.JSONField(_("values"), default=dict)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    problems = models.JSONField(_("problems"), default=list)
    remarks = models.JSONField(_("remarks"), default=list)
    before = models.JSONField(_("values before"), default=dict)
    object_pk = models.BigIntegerField(null=True)
    created_user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("person"))

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["sheet_import", "number"]
        constraints = [models.UniqueConstraint(fields=["sheet_import", "number"], name="sheet_row_number_once")]
        indexes = [models.Index(fields=["sheet_import", "outcome", "number"], name="sheet_row_outcome")]

    def __str__(self) -> str:
        return str(self.number)
