"""Login, the state of the machinery, and the pages for what goes wrong."""

import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DatabaseError
from django.templatetags.static import static
from django.test import Client
from django.urls import path

import saihan.urls
from saihan.urls import handler400, handler403, handler404, handler500  # noqa: F401  this module is a URLconf too
from tests.factories import make_user


@login_not_required
def fail(request, kind):
    raise {"400": BadRequest, "403": PermissionDenied, "500": ZeroDivisionError}[kind]("a secret of the machine")


urlpatterns = [path("fail/<kind>/", fail), path("api/fail/<kind>/", fail), *saihan.urls.urlpatterns]


@pytest.fixture
def stranger(settings):
    """Somebody without a login, in a house where views fail."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


SENTENCES = {
    400: ("请求有误", "bad_request"),
    403: ("没有权限", "permission_denied"),
    404: ("页面不存在", "not_found"),
    500: ("系统出现故障", "server_error"),
}


@pytest.mark.parametrize("status", SENTENCES)
def test_an_error_is_a_chinese_page(stranger, status):
    answer = stranger.get(f"/fail/{status}/" if status != 404 else "/nowhere/")
    page = answer.content.decode()
    assert answer.status_code == status
    assert SENTENCES[status][0] in page
    assert "返回工作台" in page
    assert "Traceback" not in page
    assert "secret" not in page


@pytest.mark.parametrize("status", SENTENCES)
def test_an_error_of_the_api_is_json(stranger, status):
    answer = stranger.get(f"/api/fail/{status}/" if status != 404 else "/api/nowhere/")
    assert answer.status_code == status
    assert answer.json()["code"] == SENTENCES[status][1]
    assert set(answer.json()) == {"code", "detail"}


def test_an_api_without_a_login_answers_401(stranger):
    answer = stranger.get("/api/schema/", headers={"accept": "application/json"})
    assert answer.status_code == 401


def test_an_error_page_needs_no_database(stranger, monkeypatch, db):
    def away(*args, **kwargs):
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", away)
        answer = stranger.get("/fail/500/")
    assert "系统出现故障" in answer.content.decode()


def test_a_form_from_a_stale_page_is_refused_in_chinese(db):
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "worker", "password": "x"})
    assert answer.status_code == 403
    assert "页面停留时间过长" in answer.content.decode()


def test_login_leads_to_the_page_that_was_asked_for(db, client):
    make_user(username="worker", password="saihan-demo")
    answer = client.get("/accounts/password_change/")
    assert answer["Location"] == "/accounts/login/?next=/accounts/password_change/"
    answer = client.post(answer["Location"], {"username": "worker", "password": "saihan-demo", "next": "/healthz"})
    assert answer["Location"] == "/healthz"


def test_a_wrong_password_is_said_in_chinese(db, client):
    answer = client.post("/accounts/login/", {"username": "worker", "password": "wrong"})
    assert answer.status_code == 200
    assert "请输入一个正确的" in answer.content.decode()


def test_login_never_leads_to_another_site(db, client):
    make_user(username="worker", password="saihan-demo")
    account = {"username": "worker", "password": "saihan-demo", "next": "https://evil.example/"}
    assert "evil" not in client.post("/accounts/login/", account)["Location"]


def test_demo_accounts_are_one_tap_away(db, client):
    page = client.get("/accounts/login/").content.decode()
    for username in settings.DEMO_ACCOUNTS:
        assert f'value="{username}"' in page


def test_no_page_allows_a_foreign_script(db, client):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_health_while_the_broker_is_away(db, client, private_redis):
    private_redis.stop()
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "database": "ok",
        "broker": "unreachable",
        "sweep_late_by_seconds": 0,
        "check_late_by_seconds": 0,
        "alarms": 0,
    }


def test_health_with_a_broker(db, client, private_redis):
    assert client.get("/healthz").json()["broker"] == "ok"


def test_health_without_a_database(db, client, monkeypatch):
    def away(*args, **kwargs):
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"


def test_the_api_has_docs_and_a_schema(db, client):
    client.force_login(make_user(username="worker"))
    assert client.get("/api/schema/").status_code == 200
    assert "swagger-ui" in client.get("/api/docs/").content.decode()


def test_every_static_file_of_the_pages_exists(db, client):
    page = client.get("/accounts/login/").content.decode()
    for name in ("@tabler/core/dist/css/tabler.min.css", "htmx.org/dist/htmx.min.js", "saihan/saihan.css"):
        assert static(name) in page
        assert client.get(static(name)).status_code == 200
