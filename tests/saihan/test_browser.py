"""What only a real browser shows: styles, the policy on scripts, a phone's width."""

import pytest
from django.conf import settings

from tests.factories import make_post, make_tree, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_login_by_one_tap_on_a_demo_account(browser_page, live_server):
    make_post(make_user("乌兰", "worker", password=settings.DEMO_PASSWORD), make_tree().building)
    browser_page.goto("/accounts/login/")
    browser_page.get_by_role("button", name="网格员 worker").click()
    browser_page.wait_for_url(f"{live_server.url}/")
    assert browser_page.get_by_role("link", name="上报事件").last.is_visible()


def test_login_without_javascript(new_page, live_server):
    make_post(make_user("乌兰", "worker", password=settings.DEMO_PASSWORD), make_tree().building)
    page = new_page(java_script_enabled=False)
    page.goto("/accounts/login/")
    page.get_by_label("用户名").fill("worker")
    page.get_by_label("密码").fill(settings.DEMO_PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(f"{live_server.url}/")


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("path", ["/accounts/login/", "/nowhere/"])
def test_nothing_is_wider_than_the_screen(new_page, path, width):
    page = new_page(width=width)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.btn-primary')).backgroundColor") == "rgb(179, 19, 31)"
    )
