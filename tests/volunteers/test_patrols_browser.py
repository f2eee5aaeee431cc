"""A joint patrol on the phone: planned where something occurred, under way, and a finding that is a case at once."""

import pytest
from playwright.sync_api import expect

from events.models import Event
from tests import pictures
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_event, make_service_levels
from volunteers.models import Patrol

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db, settings, tmp_path) -> Cast:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    (tmp_path / "IMG_1.jpg").write_bytes(pictures.telling_photo(colour="red"))
    make_service_levels()
    make_category("治安隐患", police_work="safety")
    make_category("物业管理")
    return make_cast()


def test_a_patrol_with_a_finding(cast, page_of, tmp_path):
    make_event(cast.worker, cast.tree.building, category=make_category("出租屋", police_work="safety"))
    police = page_of(cast.police)
    police.goto("/patrols/")
    police.get_by_role("link", name="安排排查").tap()
    expect(police.get_by_role("checkbox", name="1号楼", exact=True)).to_be_checked()
    police.get_by_role("link", name="出租屋 1").tap()
    expect(police.locator(".case-row-title")).to_have_text(["楼道灯坏了"])
    police.go_back()
    police.locator(".person", has_text="乌兰").tap()
    police.get_by_role("button", name="安排排查").tap()
    expect(police.get_by_text("已安排")).to_be_visible()
    police.get_by_role("button", name="出发").tap()

    worker = page_of(cast.worker)
    worker.goto(f"/patrols/{Patrol.objects.get().pk}/")
    worker.get_by_role("link", name="记录问题").tap()
    worker.locator(".chip", has_text="治安隐患").tap()
    worker.get_by_label("发现了什么").fill("地下室门锁损坏")
    worker.locator("input[capture]").set_input_files(tmp_path / "IMG_1.jpg")
    worker.get_by_role("button", name="上报").tap()
    expect(worker.get_by_text("上报成功")).to_be_visible()
    event = Event.objects.get(title="地下室门锁损坏")
    worker.get_by_role("link", name=event.number).tap()
    expect(worker.get_by_text("联合排查发现的问题").first).to_be_visible()

    police.reload()
    expect(police.get_by_text("地下室门锁损坏").first).to_be_visible()
    police.get_by_role("button", name="结束排查").tap()
    expect(police.get_by_text("排查已结束")).to_be_visible()
