"""Forms for what the clocks run by: a year's days as a notice says them, working hours, and the confirmation."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from events.clock import Day
from events.models import LONGEST_REASON, CalendarYear, WorkingHours
from events.text import plain_text

ONE = timedelta(days=1)
LONGEST_TEXT = 10_000
LONGEST_NAME = 64
MOMENT = r"(?:(?P<{0}year>\d{{4}})[-/.年])?(?:(?P<{0}month>\d{{1,2}})[-/.月])?(?P<{0}day>\d{{1,2}})日?"
LINE = re.compile(
    rf"{MOMENT.format('')}(?:\s*[~～–—至到]\s*{MOMENT.format('to_')})?\s+(?P<what>[休班])(?:\s+(?P<name>\S.*))?"
)


def days_as_text(days: Iterable[tuple[date, Day]]) -> str:
    """A line for each run of days alike, as `parse_days` reads it: 2月15日至23日 休 春节."""
    runs: list[tuple[date, date, Day]] = []
    for day, said in sorted(days, key=lambda pair: pair[0]):
        if runs and runs[-1][1] + ONE == day and runs[-1][2] == said:
            runs[-1] = (runs[-1][0], day, said)
        else:
            runs.append((day, day, said))
    return "\n".join(_line(*run) for run in runs)


def _line(first: date, last: date, said: Day) -> str:
    until = "" if first == last else f"至{last.day}日" if first.month == last.month else f"至{last.month}月{last.day}日"
    return f"{first.month}月{first.day}日{until} {'班' if said.is_working else '休'} {said.name}".rstrip()


def parse_days(text: str, year: int) -> list[tuple[date, Day]]:
    """The days of lines such as “2月15日至23日 休 春节”, 休 off, 班 worked; ValidationError names each wrong line."""
    days, errors = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            days += _days_of(line.strip(), year)
        except (ValueError, AttributeError):
            errors.append(ValidationError(WRONG_LINE, params={"number": number, "line": line.strip()[:40]}))
    if errors:
        raise ValidationError(errors)
    return days


WRONG_LINE = _("Line %(number)d: “%(line)s” is not understood. Write 2月15日至23日 休 春节, or 2月14日 班 春节.")


def _days_of(line: str, year: int) -> Iterator[tuple[date, Day]]:
    found = LINE.fullmatch(line).groupdict()
    first = date(int(found["year"] or year), int(found["month"]) if found["month"] else 0, int(found["day"]))
    last = first
    if found["to_day"]:
        last = date(int(found["to_year"] or year), int(found["to_month"] or first.month), int(found["to_day"]))
    name = found["name"] or ""
    if last < first or last.year != first.year or len(name) > LONGEST_NAME:
        raise ValueError(line)
    said = Day(found["what"] == "班", name)
    return [(first + n * ONE, said) for n in range((last - first).days + 1)]


class CalendarYearForm(forms.ModelForm):
    """A notice as one reads it: its number, and a line for each holiday and each make-up day."""

    notice = forms.CharField(
        label=_("Number of the notice"), max_length=64, validators=plain_text,
        help_text=_("For example 国办发明电〔2025〕7号"),
    )  # fmt: skip
    days = forms.CharField(
        label=_("Days off and make-up days"),
        max_length=LONGEST_TEXT,
        validators=plain_text,
        required=False,
        widget=forms.Textarea(attrs={"rows": 16, "cols": 40}),
        help_text=_("A line each: 2月15日至23日 休 春节, and 2月14日 班 春节. All other days follow the week."),
    )

    class Meta:
        model = CalendarYear
        fields = ["year", "notice"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            stored = self.instance.days.values_list("date", "is_working", "name")
            self.initial["days"] = days_as_text((day, Day(is_working, name)) for day, is_working, name in stored)

    def clean(self):
        given = super().clean()
        year = self.instance.year if self.instance.pk else given.get("year")
        if year and "days" in given:
            try:
                given["days"] = parse_days(given["days"], year)
            except ValidationError as error:
                self.add_error("days", error)
        return given


class WorkingHoursForm(forms.ModelForm):
    class Meta:
        model = WorkingHours
        fields = ["spans"]


class DecisionForm(forms.Form):
    """What becomes of a drafted change."""

    moves_open = forms.TypedChoiceField(
        label=_("It holds for"),
        coerce=lambda value: value == "yes",
        choices=[("yes", _("the open cases listed below too, each with a step in its history")),
                 ("no", _("clocks that start from now on; open cases keep their due time"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, validators=plain_text,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("It stands in the history of each case that moves."),
    )  # fmt: skip
