"""A copy of the database, however somebody came by it, tells nothing of what is encrypted."""

import base64
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from events.models import HotlineImport, HotlineRow, NoticePreference
from grids.encryption import EncryptedTextField, Secret
from tests.cast import Cast, make_cast
from tests.factories import make_contact, make_household, make_mediation, make_service_levels
from tests.servers import postgres_programs
from tests.volunteers.orders import make_order
from volunteers.services import (
    agree,
    change_household,
    note_follow_up,
    note_session,
    note_visit,
    renew_consent,
    reveal_household,
)

REASON = "约定上门时间"


def fill(cast: Cast) -> None:
    """Something in every encrypted field, by the services where there is one; a new field needs a line here."""
    contact = {"contact_name": "欧阳秋菊", "contact_phone": "13912345602"}
    given = {"phone": "13912345601", "address": "四楼西户402室", "agreed": "每周三代取药一次"} | contact
    household = make_household(cast.tree.unit, cast.worker, "欧阳桂兰", **given)
    note_visit(actor=cast.worker, household=household, note="欧阳阿姨精神很好", finding="厨房水管渗漏请物业看")
    change_household(actor=cast.worker, household=household, texts={"phone": "13912345603"}, needs=["illness"])
    renew_consent(
        actor=cast.worker,
        household=household,
        consent_text=household.consent_text,
        consented_on=household.consented_on,
        kept_until=household.kept_until.replace(day=1),
    )
    reveal_household(actor=cast.community, household=household, reason=REASON)
    make_contact(cast.tree.unit, name="上官云飞", phone="13912345604")
    make_order(cast.tree.building, name="司马青山", phone="13912345606", address="五楼东户501室")
    mediate(cast)
    webhook = Secret.of("https://oapi.example.com/robot?token=5f3b9c")
    secret = Secret.of("SEC1b7e4d9a")
    NoticePreference.objects.create(user=cast.worker, robot="dingtalk", webhook=webhook, secret=secret)
    orders = {"home": cast.tree.community, "uploaded_by": cast.community, "uploaded_at": timezone.now()}
    sheet = HotlineImport.objects.create(file_name="工单.xlsx", content=Secret.of("UEsDBBQABgAIAAAA"), **orders)
    HotlineRow.objects.create(
        hotline_import=sheet, number=1, outcome="ready", cells=Secret.of('["司徒小满","13912345605"]')
    )


def mediate(cast: Cast) -> None:
    """With a session, a result and a follow-up."""
    mediation = make_mediation(cast.worker, cast.tree.building, [cast.police])
    now = timezone.now()
    note_session(actor=cast.worker, mediation=mediation, held_at=now, place="警务室", note="诸葛家同意先修水管", at=now)
    day = timezone.localdate(now) + timedelta(days=7)
    agree(actor=cast.worker, mediation=mediation, text="司马家分担一半修理费", follow_ups=[day], at=now)
    (follow_up,) = mediation.follow_ups.all()
    later = now + timedelta(days=7)
    note_follow_up(actor=cast.worker, mediation=mediation, follow_up=follow_up, note="水管修好未再渗漏", at=later)


def secrets() -> Iterator[tuple[str, str]]:
    """Every encrypted value in the database, with the field that it stands in."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                label = f"{model._meta.label}.{field.name}"
                found = model._base_manager.filter(**{f"{field.name}__isnull": False}).values_list(
                    field.name, flat=True
                )
                values = [secret.reveal() for secret in found]
                assert values, f"`fill` puts nothing into {label}"
                yield from ((label, value) for value in values)


def forms(value: str) -> set[bytes]:
    """How a text may stand in a dump: plain, escaped as in JSON, in hexadecimal or base64, in one or two byte units."""
    plain = value.encode()
    escaped = json.dumps(value)[1:-1].encode()
    return {plain, escaped, plain.hex().encode(), base64.b64encode(plain), value.encode("utf-16-le")}


def told(dump: bytes) -> set[str]:
    return {label for label, value in secrets() for form in forms(value) if form in dump}


def test_no_file_of_sqlite_tells_anything(cast):
    if connection.vendor != "sqlite":
        pytest.skip("it is a dump of SQLite")
    fill(cast)
    statements = "\n".join(connection.connection.iterdump()).encode()
    assert REASON.encode() in statements  # the dump does hold the rows
    assert told(statements) == set()
    assert told(connection.connection.serialize()) == set()


@pytest.mark.postgres
def test_no_dump_of_postgresql_tells_anything(transactional_db):
    make_service_levels()
    fill(make_cast())
    now = connection.settings_dict
    program = [postgres_programs() / "pg_dump", "-h", now["HOST"], "-U", now["USER"], now["NAME"]]
    for options in ([], ["--inserts"]):
        dump = subprocess.run([*program, *options], check=True, capture_output=True).stdout
        assert REASON.encode() in dump
        assert told(dump) == set()


def test_the_search_would_find_what_stood_there(cast):
    make_household(cast.tree.unit, cast.worker, "乌兰")  # as somebody's name, which is no secret
    if connection.vendor == "sqlite":
        dump = "\n".join(connection.connection.iterdump()).encode()
        assert "乌兰".encode() in dump
        assert any(form in dump for form in forms("乌兰"))
