"""A figure as pages and the API show it: what it is, how much, and where the cases behind it are."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Figure:
    """A count, or a rate between 0 and 1, None where there are no cases; its list holds those below the line."""

    name: str
    title: str | Promise
    value: int | Decimal | None
    url: str
    is_rate: bool = False

    @property
    def text(self) -> str:
        return rate_text(self.value) if self.is_rate else str(self.value)

    @property
    def anchor(self) -> SafeString:
        """It opens the cases behind it; no template of its own, for a page has hundreds."""
        return mark_safe(  # noqa: S308  the name is ours, the rest escaped, in half the time of `format_html`
            f'<a class="figure" href="{escape(self.url)}" data-figure="{self.name}">{escape(self.text)}</a>'
        )


@dataclass(frozen=True)
class Compared:
    """A figure against what it was a week before; whether more is better, or neither."""

    figure: Figure
    before: Figure
    when: str
    is_more_better: bool | None

    @property
    def change(self) -> int | Decimal | None:
        """How much more; of rates in percentage points. None where one of them has no cases."""
        now, before = self.figure.value, self.before.value
        if now is None or before is None:
            return None
        return percent(now) - percent(before) if self.figure.is_rate else now - before

    @property
    def direction(self) -> str:
        return "" if self.change is None else "up" if self.change > 0 else "down" if self.change < 0 else "same"

    @property
    def tone(self) -> str:
        """Whether the change is better, worse, or only a change."""
        if not self.change or self.is_more_better is None:
            return "plain"
        return "better" if (self.change > 0) == self.is_more_better else "worse"

    @property
    def size(self) -> str:
        """How large the change is, in words."""
        if not self.change:
            return ""
        return _("%(points)s points") % {"points": abs(self.change)} if self.figure.is_rate else str(abs(self.change))


def rate_text(rate: Decimal | None) -> str:
    """In per cent; without cases, that there are none."""
    return _("no cases") if rate is None else f"{percent(rate)}%"


def percent(rate: Decimal) -> Decimal:
    """To a tenth; 100 is only said of all: what is rounded, is rounded down."""
    return (100 * Decimal(rate)).quantize(TENTH, ROUND_DOWN)
