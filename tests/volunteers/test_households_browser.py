"""A visit on the phone that becomes a case."""

import pytest
from playwright.sync_api import expect

from events.models import Event
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_household, make_service_levels
from volunteers.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_category("物业管理")
    return make_cast()


def test_a_visit_becomes_a_case(cast, page_of):
    household = make_household(cast.tree.unit, cast.worker)
    worker = page_of(cast.worker)
    worker.goto("/households/")
    worker.get_by_role("link", name="记走访").first.tap()
    expect(worker.get_by_label("情况怎样？")).to_be_focused()
    worker.get_by_label("情况怎样？").fill("精神不错，血压药还有半个月")
    worker.get_by_role("button", name="保存", exact=True).tap()
    expect(worker.get_by_text("精神不错，血压药还有半个月")).to_be_visible()

    worker.get_by_role("link", name="记走访").tap()
    worker.get_by_label("情况怎样？").fill("出门不便")
    worker.get_by_text("有事要办，或不是今天去的").tap()
    worker.get_by_label("要办的事").fill("单元门锁坏了")
    worker.get_by_role("button", name="保存并上报事件").tap()
    expect(worker.locator("input[name=title]")).to_have_value("单元门锁坏了")
    worker.locator("label", has_text="物业管理").first.tap()
    worker.locator("form").get_by_role("button", name="上报").last.tap()
    worker.wait_for_url("**/events/2*/")
    event = Event.objects.get()
    expect(worker.get_by_text(event.number).first).to_be_visible()
    assert (event.occasion.visit, event.grid, event.description) == (Visit.objects.first(), cast.tree.unit, "")

    worker.goto(f"/households/{household.pk}/")
    expect(worker.get_by_role("link", name=event.number)).to_be_visible()
    chief = page_of(cast.chief)
    chief.goto(f"/events/{event.number}/")
    expect(chief.get_by_text("单元门锁坏了").first).to_be_visible()
    expect(chief.get_by_text("走访")).to_have_count(0)
    assert chief.goto(f"/households/{household.pk}/").status == 404
