"""Planning and spending: exact sums, entries that stand, and who may."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from branches.access import visible_branches
from branches.models import Budget, BudgetLine, ResourceEntry
from branches.models.resource import EntryStands, exact_sum, from_hundredths
from branches.resources.access import may_spend, visible_budgets
from branches.resources.figures import by_kind, money_below, part_of, totals
from branches.services import add_line, change_line, cover, enter_spending, plan_budget, reverse_entry
from grids.services import move_grid
from tests.branches.resources import AT, DAY, make_budget, make_line, spend
from tests.factories import make_branch, make_organisation, make_tree
from tests.pictures import picture, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def spent(line) -> Decimal:
    return BudgetLine.objects.with_spent().get(pk=line.pk).spent


# Exactly


def test_tenths_add_up_exactly(cast):
    line = make_line(cast)
    for _turn in range(3):
        spend(cast, line, "0.10")
    assert str(spent(line)) == "0.30"


def test_the_largest_amounts_add_up_to_the_last_hundredth(cast):
    line = make_line(cast)
    spend(cast, line, "9999999999.99")
    spend(cast, line, "9999999999.98")
    assert str(spent(line)) == "19999999999.97"


def test_an_amount_is_never_a_float(cast):
    line = make_line(cast)
    with pytest.raises(TypeError):
        enter_spending(actor=cast.community, line=line, amount=0.1, spent_on=DAY, purpose="购买", at=AT)
    with pytest.raises(TypeError):
        make_line(cast, line.budget, planned=0.1)
    assert not ResourceEntry.objects.exists()


class SumTests(TestCase):
    @settings(max_examples=25)
    @given(st.lists(st.integers(1, 10**12 - 1), min_size=1, max_size=12))
    def test_any_amounts_add_up_exactly(self, hundredths):
        budget = Budget.objects.create(grid=make_tree().community, year=2026, planned_at=AT)
        line = BudgetLine.objects.create(
            budget=budget, kind="money", source="street", purpose="活动", planned=1, added_at=AT
        )
        ResourceEntry.objects.bulk_create(
            ResourceEntry(line=line, amount=from_hundredths(one), spent_on=DAY, purpose="买", entered_at=AT)
            for one in hundredths
        )
        assert ResourceEntry.objects.aggregate(whole=exact_sum("amount"))["whole"] == sum(hundredths)


# A plan


def test_a_branch_and_a_community_have_one_budget_a_year(cast):
    branch = make_branch(cast.tree.community)
    first = make_budget(cast, branch=branch)
    assert make_budget(cast, branch=branch) == first
    assert make_budget(cast) != first
    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.create(grid=cast.tree.community, year=2026, planned_at=AT)


def test_a_street_has_none_of_its_own(cast):
    with pytest.raises(ValidationError, match="of a branch, or of a community"):
        make_budget(cast, grid=cast.tree.street)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"unit": "元"}, "unit", "leave the unit empty"),
        ({"kind": "people"}, "unit", "Say in what it is counted"),
        ({"planned": Decimal(0)}, "planned", "greater than or equal to 0.01"),
        ({"planned": Decimal("1.001")}, "planned", "2 decimal places"),
        ({"purpose": " "}, "purpose", "cannot be blank"),
        ({"source": "city"}, "source", "not a valid choice"),
    ],
)
def test_a_line_that_is_not_in_order_is_refused_at_its_field(cast, fields, field, sentence):
    with pytest.raises(ValidationError) as refused:
        make_line(cast, **fields)
    assert sentence in refused.value.message_dict[field][0]
    assert not BudgetLine.objects.exists()


def test_only_a_partner_or_an_organisation_of_the_place_gives(cast):
    near, far = make_organisation(cast.tree.community), make_organisation(cast.tree.far_community)
    branch = make_branch(cast.tree.community)
    budget = make_budget(cast, branch=branch)
    assert make_line(cast, budget, source="partner", organisation=near).organisation == near
    with pytest.raises(ValidationError, match="Choose a partner"):
        make_line(cast, budget, source="partner", organisation=far)
    branch.partners.create(organisation=far)
    assert make_line(cast, budget, source="partner", organisation=far).organisation == far


def test_an_organisation_is_named_only_where_a_partner_gives(cast):
    with pytest.raises(ValidationError, match="only where a partner gives"):
        make_line(cast, source="street", organisation=make_organisation(cast.tree.community))


def test_another_plan_needs_a_reason_and_the_old_one_stays_known(cast):
    line = make_line(cast)
    with pytest.raises(ValidationError) as refused:
        change_line(actor=cast.community, line=line, planned=Decimal(800), reason="")
    assert "reason" in refused.value.message_dict
    change_line(actor=cast.community, line=line, planned=Decimal(800), reason="街道调整", at=AT)
    change = line.changes.get()
    assert (change.before, change.after, change.by) == (1000, 800, cast.community)


def test_the_same_plan_again_changes_nothing(cast):
    line = make_line(cast)
    change_line(actor=cast.community, line=line, planned=line.planned, reason="核对")
    assert not line.changes.exists()


# Entries


def test_more_than_planned_is_taken_and_shown(cast):
    line = make_line(cast, planned=Decimal("100.00"))
    spend(cast, line, "130.50")
    line = BudgetLine.objects.with_spent().get()
    assert (line.left, line.over) == (Decimal("-30.50"), Decimal("30.50"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"spent_on": date(2025, 12, 31)}, "spent_on"),
        ({"spent_on": date(2026, 11, 26)}, "spent_on"),
        ({"purpose": ""}, "purpose"),
        ({"receipt": upload(b"no photo", "receipt.jpg")}, "receipt"),
    ],
)
def test_an_entry_that_is_not_in_order_is_refused_at_its_field(cast, fields, field):
    line = make_line(cast)
    with pytest.raises(ValidationError) as refused:
        spend(cast, line, **fields)
    assert list(refused.value.message_dict) == [field]
    assert not ResourceEntry.objects.exists()


def test_the_same_form_twice_is_one_entry(cast):
    line = make_line(cast)
    assert spend(cast, line, idempotency_key="k") == spend(cast, line, idempotency_key="k")
    assert spent(line) == Decimal("100.10")


def test_a_receipt_is_made_anew_and_goes_with_the_entry(cast):
    entry = spend(cast, make_line(cast), receipt=upload(picture(kind="PNG"), "发票.png"))
    assert entry.receipt.name == "发票.jpg"
    with default_storage.open(entry.receipt.file.name) as file:
        assert file.read(3) == b"\xff\xd8\xff"


def test_what_was_refused_leaves_no_file(cast, monkeypatch):
    line = make_line(cast)
    kept = []
    monkeypatch.setattr(ResourceEntry, "save", lambda entry, **_kwargs: kept.append(entry.receipt) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        spend(cast, line, receipt=upload(picture()))
    assert not default_storage.exists(kept[0].file.name)


def test_an_entry_is_never_edited_or_deleted(cast):
    entry = spend(cast, make_line(cast))
    entry.amount = Decimal(1)
    for attempt in (
        entry.save,
        entry.delete,
        lambda: ResourceEntry.objects.update(amount=1),
        lambda: ResourceEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(EntryStands):
            attempt()
    assert ResourceEntry.objects.get().amount == Decimal("100.10")


def test_a_reversal_takes_exactly_the_entry_back(cast):
    line = make_line(cast)
    entry = spend(cast, line)
    reversal = reverse_entry(actor=cast.community, entry=entry, reason="重复登记", at=AT)
    assert (reversal.amount, reversal.reverses, reversal.spent_on) == (Decimal("-100.10"), entry, DAY)
    assert spent(line) == 0


def test_an_entry_is_reversed_once_and_a_reversal_never(cast):
    entry = spend(cast, make_line(cast))
    reversal = reverse_entry(actor=cast.community, entry=entry, reason="重复登记", at=AT)
    with pytest.raises(ValidationError, match="reversed already"):
        reverse_entry(actor=cast.community, entry=entry, reason="再次", at=AT)
    with pytest.raises(ValidationError, match="takes another one back"):
        reverse_entry(actor=cast.community, entry=reversal, reason="再次", at=AT)
    with pytest.raises(ValidationError) as refused:
        reverse_entry(actor=cast.community, entry=spend(cast, entry.line), reason=" ", at=AT)
    assert "reason" in refused.value.message_dict


def test_the_database_holds_that_an_entry_is_above_nothing_and_reversed_once(cast):
    entry = spend(cast, make_line(cast))
    row = {"line": entry.line, "spent_on": DAY, "purpose": "直接写入", "entered_at": AT}
    reverse_entry(actor=cast.community, entry=entry, reason="重复", at=AT)
    for wrong in ({"amount": -1}, {"amount": 5, "reverses": entry}, {"amount": -5, "reverses": entry}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ResourceEntry.objects.create(**row | wrong)


# Who


def test_who_runs_the_branch_or_answers_for_the_community_spends(cast):
    branch = make_branch(cast.tree.community, secretary=cast.stranger)
    of_branch, of_community = make_budget(cast, branch=branch), make_budget(cast)
    people = (cast.community, cast.street, cast.district, cast.admin, cast.worker, cast.chief, cast.neighbour)
    assert [may_spend(who, of_community) for who in people] == [True] * 4 + [False] * 3
    assert may_spend(cast.stranger, of_branch)
    assert set(visible_budgets(cast.worker)) == {of_branch, of_community}
    assert set(visible_budgets(cast.stranger)) == {of_branch}
    assert not visible_budgets(cast.neighbour).exists()
    assert branch not in visible_branches(cast.neighbour)


@pytest.mark.parametrize("who", ["worker", "neighbour", "police", "stranger"])
def test_nobody_else_plans_spends_or_reverses(cast, who):
    line, user = make_line(cast), getattr(cast, who)
    entry = spend(cast, line)
    for attempt in (
        lambda: plan_budget(actor=user, year=2025, grid=cast.tree.community),
        lambda: add_line(
            actor=user, budget=line.budget, kind="money", source="street", purpose="x", planned=Decimal(1)
        ),
        lambda: change_line(actor=user, line=line, planned=Decimal(1), reason="x"),
        lambda: spend(cast, line, actor=user),
        lambda: reverse_entry(actor=user, entry=entry, reason="x"),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert ResourceEntry.objects.count() == 1


# Totals


def test_totals_are_by_kind_source_and_unit(cast):
    budget = make_budget(cast)
    money = make_line(cast, budget)
    make_line(cast, budget, source="district", planned=Decimal(500))
    make_line(cast, budget, kind="people", planned=Decimal(12), unit="人次")
    spend(cast, money, "1200")
    found = totals(Budget.objects.all())
    assert [(row.kind, row.source, row.unit, row.planned, row.spent) for row in found] == [
        ("people", "street", "人次", 12, 0),
        ("money", "district", "", 500, 0),
        ("money", "street", "", 1000, 1200),
    ]
    assert [(row.kind, row.planned, row.spent, row.over) for row in by_kind(found)] == [
        ("people", 12, 0, 0),
        ("money", 1500, 1200, 0),
    ]


def test_money_rolls_up_by_place_and_follows_a_move(cast, django_assert_num_queries):
    tree = cast.tree
    spend(cast, make_line(cast), "10")
    make_line(cast, make_budget(cast, grid=tree.other_community), planned=Decimal(70))
    make_line(cast, make_budget(cast, grid=tree.far_community), planned=Decimal(5))
    with django_assert_num_queries(2):
        below = money_below(tree.street, Budget.objects.within(tree.street))
    assert below[part_of(tree.street, tree.community)].spent == 10
    assert below[part_of(tree.street, tree.other_community)].planned == 70
    move_grid(actor=None, grid=tree.other_community, new_parent=tree.other_street, reason="区划调整")
    tree.other_street.refresh_from_db()
    moved = money_below(tree.district, Budget.objects.within(tree.district))
    assert moved[part_of(tree.district, tree.other_street)].planned == 75


def test_a_branchs_budget_stands_where_the_branch_does(cast):
    branch = make_branch(cast.tree.community)
    budget = make_budget(cast, branch=branch)
    cover(actor=None, branch=branch, grids=[cast.tree.other_community])
    budget.refresh_from_db()
    assert (budget.grid, budget.position) == (cast.tree.other_community, cast.tree.other_community.lft)


def test_the_very_same_line_sent_twice_is_planned_once(cast):
    budget = make_budget(cast)
    assert make_line(cast, budget) == make_line(cast, budget)
    assert make_line(cast, budget, purpose="另一项") != make_line(cast, budget)
    assert budget.lines.count() == 2
