"""Name and password for a token, and how guessing is slowed down."""

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from tests.factories import make_user

TOKEN = "/api/v1/token/"
CATEGORIES = "/api/v1/categories/"


@pytest.fixture
def person(db):
    cache.clear()
    return make_user("娜仁", "naren", password="correct horse")


def log_in(**given):
    return APIClient().post(TOKEN, {"username": "naren", "password": "correct horse"} | given)


def test_name_and_password_give_a_lasting_token(person):
    token = log_in().json()["token"]
    assert log_in().json()["token"] == token
    response = APIClient(headers={"Authorization": f"Token {token}"}).get(CATEGORIES)
    assert response.status_code == 200


def test_the_token_is_given_to_a_form_as_well(person, client):
    assert client.post(TOKEN, {"username": "naren", "password": "correct horse"}).status_code == 200


def test_a_new_password_ends_the_token(person):
    token = log_in().json()["token"]
    person.set_password("battery staple")
    person.save()
    response = APIClient(headers={"Authorization": f"Token {token}"}).get(CATEGORIES)
    assert response.status_code == 401
    assert log_in(password="battery staple").json()["token"] != token


def test_no_answer_betrays_which_of_the_two_was_wrong(person):
    wrong_password, wrong_name = log_in(password="x"), log_in(username="nobody")
    person.is_active = False
    person.save()
    inactive = log_in()
    assert wrong_password.json() == wrong_name.json() == inactive.json()
    assert {wrong_password.status_code, wrong_name.status_code, inactive.status_code} == {400}


def test_a_closed_account_s_token_ends(person):
    client = APIClient(headers={"Authorization": f"Token {log_in().json()['token']}"})
    person.is_active = False
    person.save()
    response = client.get(CATEGORIES)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token")


def test_guessing_is_slowed_down(person):
    codes = [log_in(password=str(attempt), username=f"user{attempt}").status_code for attempt in range(11)]
    assert codes == [400] * 10 + [429]
    late = log_in()
    assert (late.status_code, late.json()["code"]) == (429, "throttled")
    assert 0 < int(late["Retry-After"]) <= 60


def test_a_made_up_address_does_not_help_guessing(person):
    for attempt in range(11):
        response = APIClient().post(
            TOKEN, {"username": "naren", "password": "x"}, HTTP_X_FORWARDED_FOR=f"10.0.0.{attempt}"
        )
    assert response.status_code == 429


@pytest.mark.parametrize("given", [{"username": None}, {"password": ""}, {"username": "a\0"}, {"password": ["a"]}])
def test_bad_credentials_are_told_by_field(person, given):
    response = log_in(**given)
    assert (response.status_code, list(response.json())) == (400, list(given))
