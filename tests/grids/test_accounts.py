"""Accounts: one-time passwords, whose account a manager keeps, and leaving."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from rest_framework.authtoken.models import Token

from grids import access, services
from grids.admin.people import _sheet
from grids.models import Organisation, Post, Role, User
from grids.services.accounts import ALPHABET, LENGTH
from tests.factories import make_post, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(cast) -> User:
    """An official who manages the street."""
    user = make_user("高主任", "manager")
    make_post(user, cast.tree.street, Role.OFFICIAL, is_manager=True)
    return user


def issue(*users: User, actor: User | None = None, **inputs):
    return services.issue_one_time_passwords(actor=actor, users=users, **inputs)


def log_in(username: str, password: str) -> Client:
    client = Client()
    client.post(reverse("login"), {"username": username, "password": password})
    return client


# One-time passwords


def test_a_one_time_password_has_eighty_random_bits_of_plain_characters():
    assert len(set(ALPHABET)) ** LENGTH > 2**80
    assert not set("0O1lIiSs5Zz2") & set(ALPHABET) - set("sz25")


def test_everybody_gets_one_of_their_own(cast):
    issued = dict(issue(cast.worker, cast.chief, cast.worker))
    assert set(issued) == {cast.worker, cast.chief}
    assert len(set(issued.values())) == 2
    assert all(re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", password) for password in issued.values())
    worker = User.objects.get(pk=cast.worker.pk)
    assert worker.check_password(issued[cast.worker])
    assert worker.must_change_password


def test_it_is_nowhere_in_clear(cast, caplog):
    ((_user, password),) = issue(cast.worker)
    assert password not in str(User.objects.filter(pk=cast.worker.pk).values())
    assert password not in caplog.text


def test_it_is_hashed_as_every_other_once_somebody_has_logged_in(cast):
    ((_user, password),) = issue(cast.worker)
    assert identify_hasher(User.objects.get(pk=cast.worker.pk).password).algorithm == "pbkdf2_sha256_one_time"
    log_in("worker", password)
    assert identify_hasher(User.objects.get(pk=cast.worker.pk).password).algorithm == "md5"  # the tests' first one


def test_it_ends_sessions_and_tokens_of_before(cast):
    client = Client()
    cast.worker.set_password("saihan-demo")
    cast.worker.save()
    client.login(username="worker", password="saihan-demo")
    Token.objects.create(user=cast.worker)
    issue(cast.worker)
    assert client.get(reverse("workbench")).status_code == 302
    assert not Token.objects.exists()


def test_a_thousand_take_few_queries(cast, django_assert_max_num_queries):
    users = User.objects.bulk_create(User(username=f"w{number}", name="新人") for number in range(1000))
    with django_assert_max_num_queries(12):
        assert len(issue(*users)) == 1000


def test_it_expires_unused(cast):
    long_ago = timezone.now() - settings.ONE_TIME_PASSWORD_AGE - timedelta(minutes=1)
    ((_user, password),) = issue(cast.worker, at=long_ago)
    answer = Client().post(reverse("login"), {"username": "worker", "password": password})
    assert "一次性密码已过期" in answer.content.decode()
    ((_user, password),) = issue(cast.worker)
    assert log_in("worker", password).session.get("_auth_user_id") == str(cast.worker.pk)


def test_by_mail_those_without_an_address_are_left(cast):
    cast.worker.email = "wulan@example.org"
    cast.worker.save()
    issued = issue(cast.worker, cast.chief)
    left = services.mail_one_time_passwords(issued)
    assert [user for user, _password in left] == [cast.chief]
    (message,) = mail.outbox
    assert message.to == ["wulan@example.org"]
    assert dict(issued)[cast.worker] in message.body


def test_a_server_that_is_away_leaves_all(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    cast.worker.email = "wulan@example.org"
    cast.worker.save()
    issued = issue(cast.worker)
    assert services.mail_one_time_passwords(issued) == issued


def test_the_sheet_writes_names_as_text(cast):
    cast.worker.name = "=1+1"
    book = load_workbook(BytesIO(_sheet([(cast.worker, "abc")])))
    assert [cell.value for cell in book.active[2]] == ["=1+1", "worker", "abc"]
    assert book.active["A2"].data_type == "s"


def test_who_is_refused_one(cast, manager):
    cast.stranger.is_active = False
    cast.stranger.save()
    with pytest.raises(ValidationError):
        issue(cast.stranger)
    with pytest.raises(ValidationError):
        issue(manager, actor=manager)


# Whose account a manager keeps


def test_the_people_of_the_subtree_and_nobody_else(cast, manager):
    new = services.save_person(actor=manager, user=User(username="new", name="新来的"))
    make_post(cast.police, cast.tree.far_community, Role.POLICE)  # half of them lies outside
    official = make_user("干事", is_staff=True)
    make_post(official, cast.tree.unit)
    make_post(cast.admin, cast.tree.unit)
    office = Organisation.objects.create(grid=cast.tree.far_community, name="物业公司", kind="property_company")
    office.representatives.add(cast.neighbour)
    kept = {user for user in User.objects.all() if access.may_keep(manager, user)}
    assert kept == {cast.worker, cast.chief, cast.community, cast.street, manager}
    assert {new, cast.stranger} & kept == set()


@pytest.mark.parametrize("who", ["police", "neighbour", "district", "stranger", "admin"])
def test_of_others_they_neither_reset_passwords_nor_close_accounts(cast, manager, who):
    make_post(cast.police, cast.tree.far_community, Role.POLICE)
    office = Organisation.objects.create(grid=cast.tree.far_community, name="物业公司", kind="property_company")
    office.representatives.add(cast.neighbour)
    user = getattr(cast, who)
    before = User.objects.filter(pk=user.pk).values().get()
    posts = list(Post.objects.values())
    for call in (
        lambda: issue(user, actor=manager),
        lambda: issue(cast.worker, user, actor=manager),
        lambda: services.leave(actor=manager, user=user),
        lambda: services.set_password(actor=manager, user=user, password="tiger lily 7"),
        lambda: services.save_person(actor=manager, user=user),
    ):
        with pytest.raises(PermissionDenied):
            call()
    assert User.objects.filter(pk=user.pk).values().get() == before
    assert list(Post.objects.values()) == posts
    assert not User.objects.get(pk=cast.worker.pk).must_change_password


def test_nobody_else_keeps_an_account(cast):
    for actor in (cast.worker, cast.chief, cast.district, cast.stranger):
        with pytest.raises(PermissionDenied):
            issue(cast.worker, actor=actor)
        with pytest.raises(PermissionDenied):
            services.save_person(actor=actor, user=User(username="new", name="新来的"))


def test_once_their_post_has_ended_a_manager_keeps_nobody(cast, manager):
    services.end_post(actor=None, post=manager.active_posts[0])
    with pytest.raises(PermissionDenied):
        issue(cast.worker, actor=User.objects.get(pk=manager.pk))


def test_a_manager_finds_the_people_of_the_area_and_who_never_had_a_post(cast, manager):
    services.end_posts(actor=None, posts=cast.worker.posts.all())
    outside = make_user("外面的人")
    make_post(outside, cast.tree.far_community)
    found = set(access.visible_people(manager))
    assert {cast.worker, cast.chief, cast.stranger, manager} <= found
    assert not {outside, cast.district, cast.city, cast.admin} & found
    assert not access.visible_people(cast.district).exists()


def test_a_person_entered_by_a_manager_has_neither_password_nor_access(cast, manager):
    given = User(username="new", name="新来的", is_staff=True, is_superuser=True)
    given.set_password("tiger lily 7")
    user = services.save_person(actor=manager, user=given)
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)


def test_a_manager_changes_no_access_of_whom_they_keep(cast, manager):
    cast.worker.name, cast.worker.is_superuser, cast.worker.is_active = "乌兰其其格", True, False
    services.save_person(actor=manager, user=cast.worker)
    worker = User.objects.get(pk=cast.worker.pk)
    assert (worker.name, worker.is_superuser, worker.is_active) == ("乌兰其其格", False, True)


def test_a_password_that_a_superuser_gives_is_to_be_changed(cast):
    user = services.set_password(actor=cast.admin, user=cast.worker, password="tiger lily 7")
    assert user.must_change_password
    assert not services.set_password(actor=cast.admin, user=cast.worker, password=None).has_usable_password()
    assert not services.change_password(user=cast.worker, password="tiger lily 8").must_change_password


# Leaving


def test_leaving_ends_posts_account_sessions_and_token_and_keeps_the_name(cast, manager):
    client = Client()
    cast.worker.set_password("saihan-demo")
    cast.worker.save()
    client.login(username="worker", password="saihan-demo")
    Token.objects.create(user=cast.worker)
    services.leave(actor=manager, user=cast.worker)
    worker = User.objects.get(pk=cast.worker.pk)
    assert (worker.is_active, worker.has_usable_password(), worker.name) == (False, False, "乌兰")
    assert {post.ended_by for post in worker.posts.all()} == {manager}
    assert client.get(reverse("workbench")).status_code == 302
    assert not Client().login(username="worker", password="saihan-demo")
    assert not Token.objects.exists()
    held = Post.objects.held_on(timezone.localdate()).filter(grid=cast.tree.building)
    assert cast.worker in [post.user for post in held]


def test_nobody_closes_their_own_account(cast, manager):
    for actor in (manager, cast.admin):
        with pytest.raises(ValidationError):
            services.leave(actor=actor, user=actor)
    assert Post.objects.active().filter(user=manager).exists()


def test_leaving_without_a_post_is_a_superusers_business(cast):
    assert not services.leave(actor=cast.admin, user=cast.stranger).is_active


def test_leaving_that_is_refused_leaves_all_as_it_was(cast):
    with pytest.raises(ValidationError):
        services.leave(actor=None, user=cast.worker, at=timezone.now() + timedelta(days=1))
    assert Post.objects.active().filter(user=cast.worker).count() == 2
    assert User.objects.get(pk=cast.worker.pk).is_active


# In Django admin


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


def admin(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


def test_the_passwords_stand_on_one_page_that_nothing_keeps(as_manager, cast):
    chosen = {"action": "issue", "_selected_action": [cast.worker.pk, cast.chief.pk]}
    asked = as_manager.post(admin("grids_user_changelist"), chosen)
    assert "乌兰" in asked.content.decode()
    assert not User.objects.filter(must_change_password=True).exists()
    shown = as_manager.post(admin("grids_user_changelist"), chosen | {"confirmed": "yes"})
    assert "no-store" in shown["Cache-Control"]
    passwords = re.findall(r"<code>(\w+)</code>", shown.content.decode())
    assert {user.check_password(password) for user, password in shown.context["issued"]} == {True}
    assert len(passwords) == 2
    sheet = re.search(r"base64,([\w+/=]+)", shown.content.decode())
    assert sheet
    again = as_manager.get(admin("grids_user_changelist")).content.decode()
    assert not any(password in again for password in passwords)


def test_a_page_of_passwords_takes_the_same_queries_however_long(as_manager, cast, django_assert_max_num_queries):
    for number in range(30):
        make_post(make_user(f"新人{number}"), cast.tree.unit)
    everybody = {"action": "issue", "_selected_action": [cast.worker.pk], "select_across": "1"}
    with django_assert_max_num_queries(12):
        as_manager.post(admin("grids_user_changelist"), everybody)


def test_by_mail_from_the_page(as_manager, cast):
    User.objects.filter(pk=cast.worker.pk).update(email="wulan@example.org")
    form = {"confirmed": "yes", "by_mail": "on"}
    shown = as_manager.post(admin("grids_user_issue", cast.worker.pk), form).content.decode()
    assert len(mail.outbox) == 1
    assert "<code>" not in shown


def test_leaving_asks_first_and_offers_a_successor(as_manager, cast):
    address = admin("grids_user_leave", cast.worker.pk)
    assert "1号楼" in as_manager.get(address).content.decode()
    as_manager.post(address, {"confirmed": "yes"})
    assert not User.objects.get(pk=cast.worker.pk).is_active


@pytest.mark.parametrize("name", ["grids_user_issue", "grids_user_leave", "auth_user_password_change"])
@pytest.mark.parametrize("who", ["stranger", "district", "admin"])
def test_a_manager_gets_no_such_page_of_others(as_manager, cast, name, who):
    address = admin(name, getattr(cast, who).pk)
    assert as_manager.get(address).status_code in (403, 404)
    assert as_manager.post(address, {"confirmed": "yes"}).status_code in (403, 404)


def test_a_manager_adds_people_without_access(as_manager):
    given = {"username": "new", "name": "新来的", "is_superuser": "on", "is_staff": "on", "password1": "tiger lily 7"}
    assert as_manager.post(admin("grids_user_add"), given).status_code == 302
    user = User.objects.get(username="new")
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)


def test_a_manager_changes_name_and_address_of_whom_they_keep_alone(as_manager, cast):
    given = {"name": "乌兰其其格", "email": "w@example.org", "username": "other", "is_superuser": "on"}
    given |= {"posts-TOTAL_FORMS": "0", "posts-INITIAL_FORMS": "0"}
    as_manager.post(admin("grids_user_change", cast.worker.pk), given)
    worker = User.objects.get(pk=cast.worker.pk)
    assert (worker.name, worker.username, worker.is_superuser) == ("乌兰其其格", "worker", False)
    assert as_manager.post(admin("grids_user_change", cast.stranger.pk), given).status_code == 403


def test_who_manages_nothing_sees_no_people(client, cast):
    for user in (cast.chief, cast.district, cast.stranger):
        client.force_login(user)
        for address in (admin("grids_user_changelist"), admin("grids_user_issue", cast.worker.pk)):
            assert client.get(address).status_code in (302, 403)
