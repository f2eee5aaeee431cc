import json
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from events.figures.scope import Scope
from events.models import ServiceLevel, parse_spans
from events.what_if.outcome import NOW, WAS, Outcome, TooMany, what_if
from events.what_if.question import check_period, parse_codes, parse_limit
from events.what_if.replay import Scenario
from events.what_if.words import ASSUMPTIONS, changes, condition, findings, levels_in_force, names_of, rates
from events.workflow import Loop
from grids.models import Grid


class Command(BaseCommand):
    help = "Run the cases of a period again under other limits, calendars or staffing. Nothing is changed."

    def add_arguments(self, parser):
        parser.add_argument("--grid", required=True, help="code of the grid, with all below it")
        parser.add_argument("--since", required=True, type=date.fromisoformat, help="filed from this day")
        parser.add_argument("--until", required=True, type=date.fromisoformat, help="filed until this day")
        parser.add_argument("--limit", action="append", default=[], help="grid=2wd, community:urgent=8eh, …")
        parser.add_argument("--ignore-categories", action="store_true", help="the limits of categories do not count")
        parser.add_argument("--saturdays", action="store_true", help="Saturdays are working days")
        parser.add_argument("--hours", default="", help="other working hours: 08:30-12:00 14:30-18:00")
        parser.add_argument("--no-emergency", action="store_true", help="emergency units count as working ones")
        parser.add_argument("--staffed", default="", help="codes of vacant grids that are staffed")
        parser.add_argument("--vacant", default="", help="codes of staffed grids that are vacant")
        parser.add_argument("--json", type=Path, help="write the figures to this file, too")

    def handle(self, *args, **options):
        grid = Grid.objects.filter(code=options["grid"]).first()
        if grid is None:
            raise CommandError(_("There is no grid %(code)s.") % {"code": options["grid"]})
        try:
            check_period(options["since"], options["until"])
            scenario = self._scenario(options)
            outcome = what_if(Scope(grid, options["since"], options["until"]), scenario, timezone.now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except TooMany:
            raise CommandError(_("Too many cases. Choose a shorter period or a smaller grid.")) from None
        self._tell(scenario, outcome)
        if options["json"]:
            options["json"].write_text(json.dumps(outcome.as_json(), ensure_ascii=False, indent=2) + "\n")

    def _scenario(self, options: dict) -> Scenario:
        return Scenario(
            limits=dict(map(parse_limit, options["limit"])),
            ignores_categories=options["ignore_categories"],
            saturdays=options["saturdays"],
            hours=parse_spans(options["hours"]) if options["hours"] else (),
            no_emergency=options["no_emergency"],
            staffed=parse_codes(options["staffed"], None),
            vacant=parse_codes(options["vacant"], None),
        )

    def _tell(self, scenario: Scenario, outcome: Outcome) -> None:
        if not outcome.cases:
            self.stdout.write(_("no cases"))
            return
        levels = levels_in_force(ServiceLevel.objects.all())
        said = list(changes(scenario, levels, names_of(scenario))) or [_("everything were as it was")]
        lines = [condition(said), *findings(outcome), ""]
        for loop, figures in outcome.loops.items():
            pairs = ((_("entered"), figures.entered), (_("overdue there"), figures.overdue),
                     (_("climbed by the clock"), figures.climbed))  # fmt: skip
            parts = [f"{title} {pair[WAS]} → {pair[NOW]}" for title, pair in pairs]
            lines.append(f"{Loop(loop).label}: {'，'.join(parts)}")
        was, now = rates(outcome)
        lines += [_("Closed without running over: %(was)s → %(now)s") % {"was": was, "now": now}, ""]
        lines += [f"{one.name}: {one.cases[WAS]} → {one.cases[NOW]} ({one.difference:+})" for one in outcome.holders]
        lines += ["", *(f"- {sentence}" for sentence in ASSUMPTIONS)]
        self.stdout.write("\n".join(lines))
