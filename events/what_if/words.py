"""A scenario and its outcome in sentences: what is assumed, what came of it, and by which rules it was worked out."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.clock import Limit
from events.explanations import limit_text
from events.figures.showing import rate_text
from events.what_if.outcome import NOW, WAS, Outcome
from events.what_if.question import hours_text
from events.what_if.replay import Scenario
from events.workflow import LOOPS, Loop, Urgency
from grids.models import Grid

Levels = Mapping[tuple[Loop, Urgency], Limit]

ASSUMPTIONS = (
    gettext_lazy(
        "The cases filed in the period are run again from their recorded steps, up to the time when this was asked. "
        "Clue reports are left out."
    ),
    gettext_lazy(
        "People do what they did: they resolve, send on and send back as recorded, at the recorded time as long as "
        "the case comes to them at the same time."
    ),
    gettext_lazy(
        "A case that climbed in fact and now stays is settled there when it was settled in fact: what the next level "
        "took is counted on. What that level sent back down would not have had to be sent."
    ),
    gettext_lazy(
        "A level that gets a case earlier or later than in fact takes as long as it did, in working time; around the "
        "clock for urgent cases. Suspensions and extensions move along."
    ),
    gettext_lazy(
        "A level that never had the case takes the median of all that were resolved in its loop in this period; where "
        "none was, as long as the case took in fact. What is still open in fact stays open."
    ),
    gettext_lazy(
        "A limit that is not changed here is the one recorded at its time, with its calendar; a level that never had "
        "the case goes by the limits in force now. Which desks were staffed is taken from the history of posts."
    ),
    gettext_lazy(
        "Each time a case is handled again (a failed check, a reopening) begins as recorded. Checks after resolving "
        "are not run again, nor does anybody here work faster or slower because limits change."
    ),
)


def levels_in_force(levels) -> Levels:
    return {(Loop(each.stage), Urgency(each.urgency)): each.time_limit() for each in levels if each.stage in LOOPS}


def changes(scenario: Scenario, levels: Levels, names: Mapping[str, str]) -> Iterator[str]:
    """What is otherwise, one phrase for each; limits beside those in force now, grids by their names."""
    for (loop, urgency), limit in sorted(scenario.limits.items(), key=lambda item: LOOPS.index(item[0][0])):
        said = {"loop": loop.label, "to": limit_text(limit.amount, limit.unit)}
        if now := levels.get((loop, urgency)):
            said["now"] = limit_text(now.amount, now.unit)
        yield _limit_phrase(urgency) % said
    if scenario.ignores_categories:
        yield _("the limits of categories did not count")
    if scenario.saturdays:
        yield _("Saturdays were working days")
    if scenario.hours:
        yield _("the working hours were %(hours)s") % {"hours": hours_text(scenario)}
    if scenario.no_emergency:
        yield _("emergency hours and days counted as working ones")
    for codes, phrase in (
        (scenario.staffed, _("%(grids)s were staffed")),
        (scenario.vacant, _("%(grids)s were vacant")),
    ):
        if codes:
            yield phrase % {"grids": "、".join(names.get(code, code) for code in sorted(codes))}


def _limit_phrase(urgency: Urgency) -> str:
    if urgency == Urgency.URGENT:
        return _("the limit of the %(loop)s for urgent cases were %(to)s (now %(now)s)")
    return _("the limit of the %(loop)s were %(to)s (now %(now)s)")


def names_of(scenario: Scenario) -> dict[str, str]:
    codes = scenario.staffed | scenario.vacant
    return dict(Grid.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}


def condition(said: list[str]) -> str:
    return _("If %(changes)s:") % {"changes": _("; ").join(said)}


def findings(outcome: Outcome) -> list[str]:
    """What would have been different, the most important first."""
    found = []
    if outcome.spared:
        text = ngettext(
            "%(count)d case would not have had to climb by the clock",
            "%(count)d cases would not have had to climb by the clock",
            outcome.spared,
        )
        found.append(_sentence(text, outcome.spared, _loops(outcome.fewer, _("%(loop)s: %(count)d fewer"))))
    if outcome.added:
        text = ngettext(
            "%(count)d case more would have climbed by the clock",
            "%(count)d cases more would have climbed by the clock",
            outcome.added,
        )
        found.append(_sentence(text, outcome.added, _loops(outcome.more, _("%(loop)s: %(count)d more"))))
    if not found:
        found.append(_("No more and no fewer cases would have climbed by the clock."))
    if not outcome.spared and not outcome.added and outcome.is_changed:
        found.append(_("Others would have had some of them, or have had them at other times; see below."))
    return found


def _loops(counts: Mapping[str, int], phrase: str) -> str:
    return "、".join(phrase % {"loop": loop.label, "count": counts[loop]} for loop in LOOPS if counts.get(loop))


def _sentence(text: str, count: int, loops: str) -> str:
    said = text % {"count": count}
    return _("%(said)s; among the levels: %(loops)s.") % {"said": said, "loops": loops} if loops else f"{said}{_('.')}"


def rates(outcome: Outcome) -> tuple[str, str]:
    """The share of closed cases that were closed without running over, as recorded and in the scenario."""
    was, now = (Decimal(outcome.on_time[side]) / outcome.closed if outcome.closed else None for side in (WAS, NOW))
    return rate_text(was), rate_text(now)
