"""Imported spreadsheets: what was uploaded, what each row would do, and what it did."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models.people import User


class SheetImport(models.Model):
    """One uploaded sheet on its way from reading to preview, confirmation and, if need be, undoing."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("waiting to be read")
        CHECKED = "checked", _("to be confirmed")
        CONFIRMED = "confirmed", _("waiting to be written")
        APPLIED = "applied", _("written")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(_("kind"), max_length=32)
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(editable=False)
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

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name


class SheetRow(models.Model):
    """One row of an imported sheet: its values as read, what it would change, and what was there before."""

    class Outcome(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        WRONG = "wrong", _("wrong")

    sheet_import = models.ForeignKey(SheetImport, models.CASCADE, related_name="rows")
    sheet = models.CharField(_("sheet"), max_length=64, blank=True)
    number = models.PositiveIntegerField(_("row"))
    values = models.JSONField(_("values"), default=dict)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    problems = models.JSONField(_("problems"), default=list)
    before = models.JSONField(_("values before"), default=dict)
    object_pk = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["sheet_import", "number"]
        indexes = [models.Index(fields=["sheet_import", "outcome", "number"], name="sheet_row_outcome")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.number}"
