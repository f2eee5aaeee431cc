"""Charts in a browser: drawn, opened, followed and printed, and the wall that goes on by itself."""

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast, make_cast
from tests.events.chart_gallery import charts
from tests.factories import make_category, make_event, make_service_levels

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

MINUTE = 60_000
DRAWN = [chart.key for chart in charts() if not chart.is_empty]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_category("物业管理")
    return make_cast()


@pytest.fixture
def gallery(settings, transactional_db, new_page):
    """Opens the page with a chart of each kind."""
    settings.ROOT_URLCONF = "tests.events.chart_gallery"

    def open_gallery(**options) -> Page:
        page = new_page(**options)
        page.goto("/gallery/")
        return page

    return open_gallery


@pytest.mark.parametrize("width", [390, 1440])
def test_each_kind_is_drawn_and_opens_its_table(gallery, width):
    page = gallery(width=width)
    for key in DRAWN:
        figure = page.locator(f"#chart-{key}")
        expect(figure.locator(".chart-picture svg path").first).to_be_attached()
        expect(figure.locator("table")).to_be_hidden()
        figure.locator("summary").click()
        expect(figure.locator("table")).to_be_visible()
    expect(page.locator(".chart-failed")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_table_is_copied_as_clean_rows(gallery):
    page = gallery(width=1440)
    page.locator("#chart-children summary").click()
    copied = page.evaluate(
        "() => { getSelection().selectAllChildren(document.querySelector('#chart-children table'));"
        " return getSelection().toString(); }"
    )
    assert copied.strip().splitlines()[:2] == ["网格\t未结\t逾期", "人民路街道\t9\t0"]


def test_a_bar_leads_to_its_cases(gallery):
    page = gallery(width=1440, reduced_motion="reduce")  # the bars need not grow first
    picture = page.locator("#chart-children .chart-picture")
    picture.scroll_into_view_if_needed()
    expect(picture.locator("svg path").first).to_be_attached()
    x, y = picture.evaluate("each => echarts.getInstanceByDom(each).convertToPixel({ gridIndex: 0 }, [2, 1])")
    picture.click(position={"x": x, "y": y - 6})
    page.wait_for_url(lambda url: "/notices/" in url)


def test_a_chart_follows_the_width_of_its_place(gallery):
    page = gallery(width=1440)
    svg = page.locator("#chart-trend .chart-picture svg")
    before = svg.bounding_box()["width"]
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_function(
        "before => document.querySelector('#chart-trend .chart-picture svg').clientWidth !== before", arg=round(before)
    )
    assert svg.bounding_box()["width"] == page.locator("#chart-trend .chart-picture").bounding_box()["width"]


def test_without_scripts_the_tables_stand_open(gallery):
    page = gallery(java_script_enabled=False)
    for key in DRAWN:
        expect(page.locator(f"#chart-{key} table")).to_be_visible()
        expect(page.locator(f"#chart-{key} .chart-picture")).to_be_hidden()


def test_on_paper_stand_the_pictures_and_the_tables_that_were_opened(gallery):
    page = gallery(width=1440)
    page.locator("#chart-trend summary").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # as a browser does it, before the styles of paper hold
    page.emulate_media(media="print")
    svg = page.locator("#chart-loops .chart-picture svg")
    assert svg.get_attribute("viewBox").startswith("0 0 ")
    assert svg.bounding_box()["height"] > 100
    expect(page.locator("#chart-trend table")).to_be_visible()
    expect(page.locator("#chart-loops .chart-table")).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert svg.get_attribute("viewBox") is None
    assert svg.bounding_box()["width"] == page.locator("#chart-loops .chart-picture").bounding_box()["width"]


def pass_minute(page: Page) -> None:
    """Until the fresh picture is there; only then the next minute begins."""
    page.evaluate("document.getElementById('screen').dataset.old = 'yes'")
    page.clock.run_for(MINUTE)
    expect(page.locator("#screen[data-old]")).to_have_count(0)


def test_the_wall_goes_on_by_itself(cast, page_of):
    page = page_of(cast.district, width=1920)
    page.clock.install()
    page.goto(f"/dashboards/{cast.tree.district.code}/screen/")
    received = page.locator(".screen-numbers dd").first
    expect(received).to_have_text("0")
    expect(page.locator(".chart-empty").first).to_be_visible()

    make_event(cast.worker, cast.tree.building)
    pass_minute(page)
    expect(received).to_have_text("1")
    expect(page.locator("#chart-trend svg path").first).to_be_attached()

    # The server is away, and is back.
    page.route("**/screen/", lambda route: route.abort())
    page.clock.run_for(MINUTE)
    expect(page.get_by_text("服务器没有应答，以下仍是 20")).to_be_visible()
    expect(received).to_have_text("1")
    page.unroute("**/screen/")
    pass_minute(page)
    expect(page.locator("#screen-stale")).to_be_hidden()

    # What was drawn before is given up.
    for _time in range(3):
        pass_minute(page)
    expect(page.locator("#screen svg:not(.icon)")).to_have_count(2)

    page.context.clear_cookies()
    page.clock.run_for(MINUTE)
    expect(page.get_by_text("本屏的登录已失效")).to_be_visible()
    expect(received).to_have_text("1")
