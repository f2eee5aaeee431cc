"""The pages of figures: from each to the others, as far as the person may open them."""

import re

import pytest
from django.urls import reverse

from tests.pages import page

pytestmark = pytest.mark.django_db


def tabs(answer) -> dict[str, str]:
    """Of the bar of the pages of figures: what is said, and where it leads."""
    bar = page(answer).partition('aria-label="数据页面"')[2].partition("</ul>")[0]
    return {re.sub("<[^>]+>", "", words).strip(): url for url, words in re.findall(r'href="([^"]+)">(.*?)</a>', bar)}


def test_from_the_dashboard_to_indicators_reports_and_what_if_of_the_same_grid(cast, as_):
    code = cast.tree.street.code
    found = tabs(as_(cast.street).get(reverse("dashboard", args=[code]), {"period": "7"}))
    assert found == {
        "看板": f"/dashboards/{code}/?period=7",
        "指标": f"/indicators/{code}/?period=7",
        "月报": f"/reports/?grid={code}",
        "假设推演": f"/what-if/?grid={code}",
    }


@pytest.mark.parametrize("name", ["dashboard", "indicator_list", "report_list", "what_if"])
def test_each_page_leads_to_all_of_them_and_each_opens(cast, as_, name):
    client, code = as_(cast.street), cast.tree.street.code
    address = reverse(name, args=[code] if name in ("dashboard", "indicator_list") else [])
    found = tabs(client.get(address, {"grid": code}))
    assert list(found) == ["看板", "指标", "月报", "假设推演"]
    assert {client.get(url).status_code for url in found.values()} == {200}


def test_nobody_is_led_to_what_is_not_theirs(cast, as_):
    assert list(tabs(as_(cast.worker).get(reverse("report_list")))) == ["看板", "月报"]
    community = as_(cast.community).get(reverse("dashboard", args=[cast.tree.community.code]))
    assert list(tabs(community)) == ["看板", "指标", "假设推演"]  # reports are made of streets and above


@pytest.mark.parametrize("name", ["indicator_list", "report_list", "what_if"])
def test_the_main_menu_marks_all_of_them_as_figures(cast, as_, name):
    address = reverse(name, args=[cast.tree.street.code] if name == "indicator_list" else [])
    assert re.search(r'nav-link active" href="/dashboards/"', page(as_(cast.street).get(address)))
