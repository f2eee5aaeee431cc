"""A merge with open cases in a real browser: dry run, confirmation, and everybody finds their work again."""

import pytest
from playwright.sync_api import expect

from events.models import Event
from grids.models import Grid, GridChange
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_event, make_service_levels, take

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    """The cast, and what migrations and commands would have added."""
    make_service_levels()
    make_category("物业管理")
    return make_cast()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_merge_with_open_cases(cast, page_of, scripts):
    tree = cast.tree
    event = take(make_event(cast.worker, tree.building, title="水管漏水"), "accept")
    take(event, "assign", handler=cast.worker)
    closed = take(make_event(cast.worker, tree.building, title="楼道堆物"), "accept", "resolve", "pass_check")

    # The administrator of the district merges one building into the other.
    address = f"/admin/grids/grid/{tree.building.pk}/change/"
    admin = page_of(cast.admin, width=1440, java_script_enabled=scripts)
    admin.goto(address)
    admin.get_by_role("link", name="合并", exact=True).click()
    admin.get_by_label("并入", exact=True).fill(tree.second_building.code)
    admin.get_by_label("理由").fill("两楼打通，统一管理")
    admin.locator(".submit-row").get_by_role("button", name="预演").click()
    expect(admin.get_by_text("这是预演，尚未作任何改动。")).to_be_visible()
    expect(admin.get_by_role("cell", name=tree.unit.code)).to_be_visible()
    assert not GridChange.objects.exists()
    admin.get_by_role("button", name="确认办理").click()
    expect(admin.get_by_text("已完成：")).to_be_visible()
    assert Grid.objects.get(pk=tree.building.pk).retired_at

    # The handler still sees the case, reads why it moved, and resolves it.
    worker = page_of(cast.worker, java_script_enabled=scripts)
    worker.goto("/")
    worker.get_by_role("link", name="水管漏水").first.click()
    expect(worker.get_by_text("两楼打通，统一管理")).to_be_visible()
    expect(worker.get_by_text("“1号楼”（1501050010010001）已并入“2号楼”（1501050010010002）")).to_be_visible()
    worker.get_by_label("处置情况").fill("已修好")
    worker.get_by_role("button", name="办结", exact=True).click()
    expect(worker.get_by_text("已办结，事件")).to_be_visible()
    assert Event.objects.get(pk=event.pk).grid == tree.second_building

    # The old address of the building leads to the other; the closed case keeps the name of its time.
    worker.goto(f"/grids/{tree.building.code}/")
    expect(worker).to_have_url(f"{worker.url.split('/grids/')[0]}/grids/{tree.second_building.code}/")
    expect(worker.get_by_text("由1号楼（1501050010010001）合并而来")).to_be_visible()
    street = page_of(cast.street, width=1440, java_script_enabled=scripts)
    street.goto(f"/events/{closed.number}/")
    expect(street.get_by_role("link", name="健康社区 1号楼")).to_be_visible()
