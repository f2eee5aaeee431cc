"""A one-time password opens nothing but its own change."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

from grids.models import User
from grids.services import issue_one_time_passwords

pytestmark = pytest.mark.django_db

OWN = "an own one 7"


@pytest.fixture
def given(cast) -> str:
    """The worker's one-time password."""
    return issue_one_time_passwords(actor=None, users=[cast.worker])[0][1]


@pytest.fixture
def worker(given) -> Client:
    """The worker's browser, logged in with it."""
    client = Client()
    client.post(reverse("login"), {"username": "worker", "password": given})
    return client


def change(client: Client, old: str, new: str):
    form = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(reverse("password_change"), form)


@pytest.mark.parametrize("name", ["workbench", "event_list", "grid_list", "account", "notice_list", "admin:index"])
def test_every_page_leads_to_the_change(worker, name):
    answer = worker.get(reverse(name))
    assert (answer.status_code, answer["Location"]) == (302, reverse("password_change"))


def test_a_form_that_is_sent_leads_there_too_and_does_nothing(worker, cast):
    answer = worker.post(reverse("event_file"), {"title": "灯坏了"})
    assert answer["Location"] == reverse("password_change")


def test_a_fragment_takes_the_whole_page_there(worker):
    answer = worker.get(reverse("grid_list"), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("password_change")


def test_the_page_of_the_change_says_why_and_lets_one_out(worker):
    page = worker.get(reverse("password_change")).content.decode()
    assert "只发放一次的密码" in page
    assert reverse("logout") in page
    assert worker.post(reverse("logout")).status_code == 302
    assert worker.get(reverse("workbench"))["Location"].startswith(reverse("login"))


def test_after_the_change_everything_opens(worker, given):
    change(worker, given, OWN)
    assert worker.get(reverse("workbench")).status_code == 200
    user = User.objects.get(username="worker")
    assert (user.must_change_password, user.password_issued_at) == (False, None)


def test_the_same_password_again_is_no_change(worker, given):
    answer = change(worker, given, given)
    assert "新密码与原密码相同" in answer.content.decode()
    assert worker.get(reverse("workbench")).status_code == 302


def test_the_api_says_so(worker, given, cast):
    for answer in (
        worker.get("/api/v1/events/"),
        Client().post("/api/v1/token/", {"username": "worker", "password": given}, "application/json"),
        Client(headers={"Authorization": f"Token {Token.objects.create(user=cast.worker)}"}).get("/api/v1/grids/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")
    assert "一次性密码" in answer.json()["detail"]


def test_no_token_is_given_before(given):
    Client().post("/api/v1/token/", {"username": "worker", "password": given}, "application/json")
    assert not Token.objects.exists()


def test_a_wrong_one_is_told_nothing(given):
    answer = Client().post("/api/v1/token/", {"username": "worker", "password": "wrong"}, "application/json")
    assert answer.status_code == 400


def test_health_is_told_to_everybody(worker):
    assert worker.get("/healthz").status_code == 200
