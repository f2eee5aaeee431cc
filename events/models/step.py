"""The history of an event, step by step."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from events.models.event import Event
from events.text import PLACE_LENGTH, TEXT_LENGTH, long_text
from events.workflow import Action, Loop, Side, Status
from grids.models import Grid, User


class Step(models.Model):
    """One row of an event's history, chained by hashes; written once with the change it tells of, never edited.

    Names are those of their time: people leave and grids are renamed.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="steps", verbose_name=_("event"))
    ordinal = models.PositiveIntegerField(_("ordinal"))
    at = models.DateTimeField(_("at"))
    action = models.CharField(_("action"), max_length=16, choices=Action)
    side = models.CharField(_("side"), max_length=16, choices=Side)
    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="steps", verbose_name=_("by"))
    actor_name = models.CharField(_("name of who acted"), max_length=64, blank=True)
    actor_post = models.CharField(_("post of who acted"), max_length=128, blank=True)
    from_status = models.CharField(_("state before"), max_length=16, choices=Status, blank=True)
    to_status = models.CharField(_("state after"), max_length=16, choices=Status)
    from_loop = models.CharField(_("loop before"), max_length=16, choices=Loop, blank=True)
    to_loop = models.CharField(_("loop after"), max_length=16, choices=Loop)
    holder = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("holder"))
    holder_name = models.CharField(_("name of the holder"), max_length=PLACE_LENGTH)
    handler = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handler")
    )
    handler_name = models.CharField(_("name of the handler"), max_length=64, blank=True)
    checker = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked by")
    )
    checker_name = models.CharField(_("name of the checking grid"), max_length=PLACE_LENGTH, blank=True)
    round = models.PositiveSmallIntegerField(_("round"))
    reason = models.TextField(_("reason"), max_length=TEXT_LENGTH, blank=True, validators=long_text)
    note = models.TextField(_("note"), max_length=TEXT_LENGTH, blank=True, validators=long_text)
    rule = models.CharField(_("rule"), max_length=24, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["event", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["event", "ordinal"], name="step_follows_once"),
            models.UniqueConstraint(
                fields=["event", "from_loop", "round"], condition=Q(action=Action.ESCALATE), name="step_escalates_once"
            ),
        ]

    @property
    def organisation_name(self) -> str:
        """Of the organisation that handled the case then; empty where none did."""
        return self.details.get("organisation", {}).get("name", "")

    @property
    def is_of_resident(self) -> bool:
        """Taken by who reported it without an account."""
        return self.actor_id is None and self.side == Side.REPORTER

    @property
    def persists(self) -> bool:
        """Whether it tells of a report from after the case was resolved."""
        return bool(self.details.get("persists"))

    @property
    def action_name(self) -> str:
        """The action as histories and notices call it; a resident's word is no remark among colleagues."""
        if self.action == Action.COMMENT and self.is_of_resident:
            return pgettext("action", "add a word")
        if self.persists:
            return pgettext("action", "reported again after it was resolved")
        return self.get_action_display()

    def __str__(self) -> str:
        return f"{self.event_id}/{self.ordinal} {self.action_name}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A step is never edited.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("A step is never removed.")
