"""Who guesses passwords waits; who logs in never does."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from saihan.throttling import FAILURES_OF_A_NAME, FAILURES_OF_AN_ADDRESS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_failed_yet():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def worker():
    return make_user("乌兰", "worker", password="saihan-demo")


def log_in(username="worker", password="wrong", address="10.0.0.1"):
    return Client(REMOTE_ADDR=address).post(reverse("login"), {"username": username, "password": password})


def test_too_many_failures_of_a_name_are_told_to_wait_even_with_the_right_password(worker):
    assert {log_in().status_code for _turn in range(FAILURES_OF_A_NAME)} == {200}
    answer = log_in(password="saihan-demo")
    assert answer.status_code == 429
    assert answer["Retry-After"] == "300"
    assert "五分钟" in answer.content.decode()
    assert 'value="worker"' in answer.content.decode()


def test_a_name_in_other_letters_is_the_same_name(worker):
    for _turn in range(FAILURES_OF_A_NAME):
        log_in("WORKER")
    assert log_in("ｗｏｒｋｅｒ").status_code == 429


def test_from_elsewhere_the_person_still_gets_in(worker):
    for _turn in range(FAILURES_OF_A_NAME):
        log_in()
    assert log_in(password="saihan-demo", address="10.0.0.2").status_code == 302


def test_an_address_that_tries_many_names_waits(worker):
    for turn in range(FAILURES_OF_AN_ADDRESS):
        log_in(f"u{turn}")
    assert log_in(password="saihan-demo").status_code == 429


def test_logging_in_often_is_no_failure(worker):
    assert {log_in(password="saihan-demo").status_code for _turn in range(FAILURES_OF_A_NAME + 5)} == {302}


def test_a_login_forgets_what_was_mistyped_before(worker):
    for _round in range(2):
        for _turn in range(FAILURES_OF_A_NAME - 1):
            log_in()
        assert log_in(password="saihan-demo").status_code == 302


def test_the_admin_has_no_door_of_its_own(client, worker):
    answer = client.get(reverse("admin:login"))
    assert answer["Location"] == f"{reverse('login')}?next={reverse('admin:index')}"
    client.force_login(worker)
    assert client.get(reverse("admin:login")).status_code == 403
    assert client.get(reverse("admin:password_change"))["Location"].startswith(reverse("admin:login"))
