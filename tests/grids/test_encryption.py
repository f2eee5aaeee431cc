"""Names and phones that only this system can read, and changing the keys that read them."""

import io
import pickle

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from events.models import ResidentContact
from grids.encryption import EncryptedTextField, Secret, Unreadable, decrypt, encrypt, is_current
from grids.services import keys, rotate_keys
from tests.factories import make_contact

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _key in range(3))
PHONE = "13812345678"


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.FIELD_KEYS = [OLD]


def test_the_same_text_gives_another_token_each_time():
    tokens = {encrypt("张三") for _time in range(3)}
    assert len(tokens) == 3
    assert {decrypt(token) for token in tokens} == {"张三"}


def test_any_of_the_keys_opens_and_the_newest_encrypts(settings):
    token = encrypt(PHONE)
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(token) == PHONE
    assert not is_current(token)
    assert is_current(encrypt(PHONE))


@pytest.mark.parametrize("token", ["", "gAAAAA", PHONE, "密文"])
def test_what_no_key_opens_is_told_without_the_value(token):
    with pytest.raises(Unreadable) as told:
        decrypt(token)
    assert str(told.value) == "No key of FIELD_KEYS opens this value."


def test_a_changed_token_is_not_believed():
    token = encrypt(PHONE)
    with pytest.raises(Unreadable):
        decrypt(token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:])


def test_a_secret_shows_nothing_but_dots():
    secret = Secret.of(PHONE)
    shown = [str(secret), repr(secret), f"{secret}", repr([secret]), repr(vars(Holder(secret)))]
    assert not any(PHONE in text for text in shown)
    assert "••••••" in str(secret)
    assert PHONE.encode() not in pickle.dumps(secret.token)
    assert secret.reveal() == PHONE


class Holder:
    def __init__(self, secret: Secret):
        self.secret = secret


def test_plain_text_is_refused_rather_than_stored():
    with pytest.raises(TypeError) as told:
        EncryptedTextField(name="phone").get_prep_value(PHONE)
    assert PHONE not in str(told.value)
    with pytest.raises(ValidationError) as refused:
        EncryptedTextField().to_python(PHONE)
    assert PHONE not in str(refused.value)


@pytest.mark.django_db
class TestStored:
    def test_the_database_holds_the_token_alone(self, cast):
        contact = make_contact(cast.tree.unit, name="张三丰", phone=PHONE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, phone FROM events_residentcontact")
            assert cursor.fetchall() == [(contact.name.token, contact.phone.token)]
        assert decrypt(contact.phone.token) == PHONE

    def test_nothing_can_be_looked_for(self):
        with pytest.raises(FieldError, match="nothing can be looked for in it"):
            ResidentContact.objects.filter(phone=Secret.of(PHONE)).exists()
        assert not ResidentContact.objects.filter(phone__isnull=False).exists()

    def test_dumps_hold_no_plain_text_and_load_again(self, cast):
        contact = make_contact(cast.tree.unit, name="张三丰", phone=PHONE)
        dump = io.StringIO()
        call_command("dumpdata", "events", stdout=dump)
        assert PHONE not in dump.getvalue()
        assert "张三丰" not in dump.getvalue()
        assert "\\u5f20\\u4e09\\u4e30" not in dump.getvalue()
        ResidentContact.objects.update(phone=None)
        for thing in serializers.deserialize("json", dump.getvalue()):
            if isinstance(thing.object, ResidentContact):
                thing.save()
        contact.refresh_from_db()
        assert contact.phone.reveal() == PHONE


@pytest.mark.django_db
class TestRotation:
    @pytest.fixture
    def contacts(self, cast):
        return [make_contact(cast.tree.unit, name=f"张{number}", phone=f"1381234567{number}") for number in range(5)]

    def test_all_values_come_under_the_newest_key(self, settings, contacts):
        settings.FIELD_KEYS = [NEW, OLD]
        assert rotate_keys(batch=2) == {"renewed": 10, "current": 0, "unreadable": 0}
        settings.FIELD_KEYS = [NEW]
        assert [contact.phone.reveal() for contact in ResidentContact.objects.order_by("pk")] == [
            f"1381234567{number}" for number in range(5)
        ]

    def test_a_second_run_changes_nothing(self, settings, contacts):
        settings.FIELD_KEYS = [NEW, OLD]
        rotate_keys()
        before = list(ResidentContact.objects.order_by("pk").values())
        assert rotate_keys() == {"renewed": 0, "current": 10, "unreadable": 0}
        assert list(ResidentContact.objects.order_by("pk").values()) == before

    def test_killed_after_a_batch_it_goes_on_where_it_was(self, settings, contacts):
        settings.FIELD_KEYS = [NEW, OLD]
        with transaction.atomic():  # what a kill leaves behind: whole batches
            keys._rotate_batch(ResidentContact, ["name", "phone"], 0, 2, done := keys.Counter())
        assert done["renewed"] == 4
        assert all(contact.phone.reveal() for contact in ResidentContact.objects.all())
        assert rotate_keys() == {"renewed": 6, "current": 4, "unreadable": 0}

    def test_what_no_key_opens_stays_and_is_named(self, settings, contacts, caplog):
        settings.FIELD_KEYS = [OTHER]
        lost = make_contact(contacts[0].event.grid, phone=PHONE)
        settings.FIELD_KEYS = [NEW, OLD]
        with pytest.raises(CommandError, match="1"):
            call_command("rotate_keys")
        assert f"phone of events.ResidentContact {lost.pk}: none of FIELD_KEYS opens it." in caplog.text
        settings.FIELD_KEYS = [OTHER]
        lost.refresh_from_db()
        assert lost.phone.reveal() == PHONE

    def test_the_command_says_when_old_keys_can_go(self, settings, contacts):
        settings.FIELD_KEYS = [NEW, OLD]
        out = io.StringIO()
        call_command("rotate_keys", stdout=out)
        assert "10" in out.getvalue()
        assert "FIELD_KEYS" in out.getvalue()

    def test_the_cost_does_not_grow_with_the_rows_of_a_batch(self, settings, contacts, django_assert_num_queries):
        settings.FIELD_KEYS = [NEW, OLD]
        with django_assert_num_queries(4):  # read and write, inside a savepoint
            keys._rotate_batch(ResidentContact, ["name", "phone"], 0, 500, keys.Counter())
