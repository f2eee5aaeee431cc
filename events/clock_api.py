"""The clock of a case as the API tells it."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from events.intervals import Kind, Row, Why
from events.models import ServiceLevel, Unit
from events.reckoning import Reckoning, why_words
from events.running import OF_CATEGORY, OF_STAGE, UNTOLD

KIND_CHOICES = [
    (Kind.COUNTED.value, _("counted")),
    (Kind.SKIPPED.value, _("skipped")),
    (Kind.PAUSED.value, _("paused")),
]
WHY_CHOICES = [(why.value, why.value) for why in Why]
ORIGIN_CHOICES = [
    (OF_STAGE, _("default of the stage")),
    (OF_CATEGORY, _("limit of the category")),
    (UNTOLD, _("not recorded")),
]


class SpanSerializer(serializers.Serializer):
    begin = serializers.TimeField(format="%H:%M:%S")
    end = serializers.TimeField(format="%H:%M:%S")


class LimitSerializer(serializers.Serializer):
    origin = serializers.ChoiceField(ORIGIN_CHOICES, help_text=_("Where the limit comes from"))
    amount = serializers.IntegerField()
    unit = serializers.ChoiceField(Unit.choices)


class NoticeNumberSerializer(serializers.Serializer):
    year = serializers.IntegerField()
    number = serializers.CharField(
        allow_null=True, help_text=_("Of the State Council's holiday notice; null for a year without one")
    )


class ClockCalendarSerializer(serializers.Serializer):
    edition = serializers.CharField(help_text=_("Digest of days, notices and hours that were counted by"))
    hours = SpanSerializer(many=True, help_text=_("Working hours of a day"))
    notices = NoticeNumberSerializer(many=True)
    unpublished_years = serializers.ListField(child=serializers.IntegerField())


class IntervalSerializer(serializers.Serializer):
    begin = serializers.DateTimeField()
    end = serializers.DateTimeField()
    kind = serializers.ChoiceField(KIND_CHOICES)
    why = serializers.ChoiceField(WHY_CHOICES)
    why_label = serializers.CharField()
    name = serializers.CharField(help_text=_("Of the holiday, or of the one that a day is worked for"))
    days = serializers.IntegerField(help_text=_("How many days alike stand together here"))
    hours = SpanSerializer(many=True, help_text=_("The hours that count on each of the days"))
    counted_seconds = serializers.FloatField()
    total_seconds = serializers.FloatField(help_text=_("Counted from the start up to the end of this row"))


class ClockSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(ServiceLevel.Stage.choices)
    stage_label = serializers.CharField()
    is_running = serializers.BooleanField(help_text=_("False once the case has ended or while it is suspended"))
    is_paused = serializers.BooleanField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text=_("null while it is paused"))
    remind_at = serializers.DateTimeField(allow_null=True)
    limit = LimitSerializer(help_text=_("The limit in force, with its extensions"))
    limits = LimitSerializer(many=True, help_text=_("What it was chosen from; the shorter one counts"))
    extended = serializers.IntegerField(help_text=_("How often it was extended, each time by as much again"))
    limit_seconds = serializers.FloatField(help_text=_("The running time of the limit; the intervals sum up to it"))
    elapsed_seconds = serializers.FloatField(help_text=_("What has run until now"))
    calendar = ClockCalendarSerializer()
    intervals = IntervalSerializer(many=True)


def clock_data(reckoning: Reckoning, is_running: bool) -> dict[str, Any]:
    """What `ClockSerializer` shows."""
    clock = reckoning.clock
    return {
        "stage": reckoning.stage,
        "stage_label": reckoning.stage_label,
        "is_running": is_running,
        "is_paused": clock.is_paused,
        "started_at": clock.start,
        "due_at": reckoning.due_at,
        "remind_at": reckoning.remind_at,
        "limit": {"origin": clock.chosen, "amount": clock.limit.amount, "unit": clock.limit.unit},
        "limits": [{"origin": name, "amount": own.amount, "unit": own.unit} for name, own in clock.limits.items()],
        "extended": clock.extended,
        "limit_seconds": clock.limit.running(clock.calendar) / timedelta(seconds=1),
        "elapsed_seconds": reckoning.elapsed / timedelta(seconds=1),
        "calendar": {
            "edition": clock.calendar.edition,
            "hours": [{"begin": begin, "end": end} for begin, end in clock.calendar.clock_hours],
            "notices": [{"year": year, "number": number} for year, number in reckoning.notices],
            "unpublished_years": reckoning.unpublished_years,
        },
        "intervals": [_interval(row) for row in reckoning.rows],
    }


def _interval(row: Row) -> dict[str, Any]:
    return {
        "begin": row.begin,
        "end": row.end,
        "kind": row.kind,
        "why": row.why,
        "why_label": why_words(row),
        "name": row.name,
        "days": row.days,
        "hours": [{"begin": begin, "end": end} for begin, end in row.hours],
        "counted_seconds": row.counted / timedelta(seconds=1),
        "total_seconds": row.total / timedelta(seconds=1),
    }
