"""Demo accounts have no place in production."""

import pytest
from django.conf import settings

from saihan.checks import check_demo_accounts, open_demo_accounts, refuse_demo_accounts
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_worker():
    return make_user(username="worker", password=settings.DEMO_PASSWORD)


def test_a_demo_account_is_found_by_its_published_password(demo_worker):
    make_user(username="chief", password="another one")
    assert open_demo_accounts() == ["worker"]


def test_production_refuses_to_start_with_one(demo_worker, settings, monkeypatch):
    settings.DEMO_ALLOWED = False
    monkeypatch.setattr("saihan.checks.connections.close_all", lambda: None)
    with pytest.raises(SystemExit, match=r"^SAIHAN_ENV is production, .* anybody knows: worker\.$"):
        refuse_demo_accounts()


def test_the_deployment_check_says_what_to_do(demo_worker, settings):
    settings.DEMO_ALLOWED = False
    [error] = check_demo_accounts()
    assert error.id == "saihan.E001"
    assert "worker" in error.msg
    assert error.hint


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}])
def test_a_closed_account_is_no_obstacle(demo_worker, settings, change):
    settings.DEMO_ALLOWED = False
    type(demo_worker).objects.update(**change)
    assert check_demo_accounts() == []


def test_development_keeps_them(demo_worker):
    assert check_demo_accounts() == []
    refuse_demo_accounts()
