"""What the tests of resources share: a day, a budget of the community with a line, and spending."""

from datetime import date
from decimal import Decimal

from branches.models import Budget, BudgetLine, ResourceEntry
from branches.services import add_line, enter_spending, plan_budget
from tests.events.conftest import moment

DAY = date(2026, 11, 20)
AT = moment("2026-11-25 10:00")


def make_budget(cast, **owner) -> Budget:
    owner = owner or {"grid": cast.tree.community}
    return plan_budget(actor=cast.admin, year=2026, at=AT, **owner)


def make_line(cast, budget=None, **fields) -> BudgetLine:
    given = {"kind": "money", "source": "street", "purpose": "党建活动", "planned": Decimal("1000.00")}
    return add_line(actor=cast.admin, budget=budget or make_budget(cast), at=AT, **given | fields)


def spend(cast, line, amount="100.10", **fields) -> ResourceEntry:
    given = {"actor": cast.community, "spent_on": DAY, "purpose": "购买桌椅", "at": AT}
    return enter_spending(line=line, amount=Decimal(amount), **given | fields)
