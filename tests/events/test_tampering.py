"""Whoever changes, removes or inserts anything past the services is found: each column, each step, each row."""

import shutil
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from events import audit, services
from events.audit.sealing import as_line
from events.audit.signing import public_key
from events.models import Attachment, AuditDigest, AuditHead, Delivery, Event, Notice, Step
from tests.events.conftest import MONDAY, moment
from tests.events.tampering import another, insert_step, remove, remove_case, remove_step, reseal, sql, tampering, write
from tests.factories import make_category, make_event, make_organisation, make_uploads, take
from tests.pictures import picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

UNPROVED = {
    Attachment: ["id", "key", "kind", "content_type", "width", "height", "created_at", "uploader_id"],
    Notice: ["created_at", "delivered_at", "read_at"],
    AuditDigest: ["mail_tried_at", "mailed_at"],
    Delivery: ["id", "channel", "in_digest", "attempts", "next_try_at", "delivered_at", "last_error"],
}
STEPS = 6
POSITIONS = range(1, STEPS + 1)
TUESDAY, WEDNESDAY, THURSDAY = moment("2026-11-24 04:00"), moment("2026-11-25 04:00"), moment("2026-11-26 04:00")


@pytest.fixture
def event(cast, settings, tmp_path) -> Event:
    """A case with a photo, notices and deliveries, in the check after one rework; beside it another one."""
    settings.MEDIA_ROOT, settings.EMAIL_BACKEND = tmp_path, "django.core.mail.backends.locmem.EmailBackend"
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    make_event(cast.worker, cast.tree.second_building, at=MONDAY)
    make_category("矛盾纠纷")  # for another one, in its turn
    make_organisation(cast.tree.community)
    photos = make_uploads(cast.worker, picture())
    event = make_event(cast.worker, cast.tree.building, at=MONDAY, idempotency_key="k1", attachments=photos)
    event = take(event, "accept", at=MONDAY)
    event = take(event, "resolve", "fail_check", "resolve", at=MONDAY)
    event = services.act(event=event, action="comment", actor=cast.police, note="看过了", at=MONDAY)
    services.deliver_notices(at=MONDAY)
    assert not list(audit.problems())
    return event


@pytest.fixture
def digest(event) -> AuditDigest:
    return services.make_digest(at=TUESDAY)


def findings() -> str:
    return "\n".join(audit.problems())


def is_found(number: str) -> bool:
    """Whether the check names this case."""
    return any(sentence.startswith(number) for sentence in audit.problems())


def step(event: Event, ordinal: int) -> Step:
    return event.steps.get(ordinal=ordinal)


def unnoticed(row: models.Model) -> list[str]:
    """The columns of this row that can be changed without the check finding anything, or the database refusing it."""
    left = []
    for field in row._meta.concrete_fields:
        with tampering(), suppress(IntegrityError):
            with transaction.atomic():
                write(row, **{field.attname: another(field, getattr(row, field.attname))})
            if not findings():
                left.append(field.attname)
    return left


# Steps


@pytest.mark.parametrize("ordinal", [1, 3, STEPS])
def test_a_changed_column_of_a_step(event, ordinal):
    """A new column of the model is in here by itself."""
    assert unnoticed(step(event, ordinal)) == []


def test_details_that_are_none(event):
    """Whatever stands there, the check ends, and names the case."""
    for garbage in ("", [], 7, {}, {"told": 3, "limit": "x", "origin": [], "place": 1, "until": 0}):
        with tampering():
            write(step(event, 1), details=garbage)
            assert is_found(event.number), garbage


def test_an_action_that_lacks_what_it_tells(event):
    for action in ("rate", "ask_suspend", "suspend", "merge", "urge", "adjust"):
        with tampering():
            write(step(event, 3), action=action)
            assert is_found(event.number), action


def test_a_removed_step(event):
    for ordinal in POSITIONS:
        with tampering():
            remove_step(step(event, ordinal))
            assert is_found(event.number), ordinal


def test_an_inserted_step(event):
    for ordinal in (*POSITIONS, STEPS + 1):
        with tampering():
            insert_step(event, ordinal)
            assert is_found(event.number), ordinal


def test_two_steps_that_change_places(event):
    with tampering():
        write(step(event, 3), ordinal=99)
        write(step(event, 4), ordinal=3)
        write(step(event, 99), ordinal=4)
        assert is_found(event.number)


# The row


def test_a_changed_column_of_the_row(event):
    """A new column is in here by itself."""
    assert unnoticed(event) == []


# What hangs on it


@pytest.mark.parametrize("model", [Notice, Delivery, Attachment])
def test_a_removed_row_of_what_hangs_on_a_case(event, model):
    row = model.objects.filter(event=event).first()
    with tampering():
        if model is Notice:
            remove(Delivery, "notice_id", row.pk)
        remove(model, "id", row.pk)
        assert is_found(event.number)


def test_an_inserted_notice(event, cast):
    with tampering():
        Notice.objects.create(step=step(event, 1), event=event, recipient=cast.stranger, created_at=MONDAY)
        assert is_found(event.number)


def test_a_notice_that_goes_to_somebody_else(event, cast):
    with tampering():
        write(event.notices.first(), recipient_id=cast.stranger.pk)
        assert is_found(event.number)


@pytest.mark.parametrize("model", [Attachment, Notice, Delivery])
def test_a_changed_column_of_what_hangs_on_a_case(event, model):
    """What is not in here is what came of telling people, and how a file is shown: the steps do not tell of that."""
    assert unnoticed(model.objects.filter(event=event).first()) == UNPROVED[model]


# Values that no service writes


NAUGHTY = {
    "postgresql": ("infinity", "-infinity", "0001-01-01 00:00:00+00 BC"),
    "sqlite": ("garbage", 2460000.5, "2460000", "2026-13-01 00:00:00", b"\xff\xfe"),
}


@pytest.mark.parametrize("model", [Event, Step, Attachment, Notice, Delivery, AuditDigest])
def test_a_time_that_is_none_never_stops_the_check(event, digest, model):
    row = model.objects.filter(pk=digest.pk).first() if model is AuditDigest else model.objects.first()
    for field in row._meta.concrete_fields:
        if not isinstance(field, models.DateField):
            continue
        for value in NAUGHTY[connection.vendor]:
            with tampering(), suppress(DatabaseError), transaction.atomic():
                put(row, field.column, value)
                found = list(audit.problems(at=WEDNESDAY))
                # PostgreSQL has such times: they are as good as any where no step tells of the column.
                assert found or field.attname in UNPROVED.get(model, ()), (field.attname, value)


@pytest.mark.parametrize("model", [Event, Step, Attachment, Notice, Delivery])
def test_text_where_something_else_belongs_never_stops_the_check(event, digest, model):
    row = model.objects.first()
    for field in row._meta.concrete_fields[1:]:
        for value in ("x", "{", -1):
            with tampering(), suppress(DatabaseError), transaction.atomic():
                put(row, field.column, value)
                list(audit.problems(at=WEDNESDAY))


def put(row: models.Model, column: str, value) -> None:
    """As plain SQL; what the database does not take is not what is looked for."""
    sql(f'UPDATE {row._meta.db_table} SET "{column}" = %s WHERE id = %s', value, row.pk)  # noqa: S608  our own names


def test_the_other_cases_are_checked_beside_one_that_cannot_be_read(event, digest):
    other = Event.objects.exclude(pk=event.pk).get()
    with tampering():
        put(other, "filed_at", "infinity" if connection.vendor == "postgresql" else 1.5)
        write(event, title="改过的标题")
        said = findings()
    assert other.number in said
    assert f"{event.number}: what was reported" in said


def test_a_file_that_lies_elsewhere_is_named(event):
    with tampering():
        write(event.attachments.get(), file="../../../etc/passwd")
        assert f"{event.number}: file 1 of step 1" in findings()


def test_a_folder_where_a_file_was_is_named(event, settings):
    """Whatever the disk answers instead of a file."""
    path = settings.MEDIA_ROOT / event.attachments.get().file.name
    shutil.rmtree(path.parent)
    path.parent.write_text("no folder")
    assert f"{event.number}: file 1 of step 1" in findings()


def test_a_check_always_ends_with_a_digest(event, digest):
    with tampering():
        put(event, "filed_at", "infinity" if connection.vendor == "postgresql" else "garbage")
        write(event.attachments.get(), file="../../../etc/passwd")
        made = services.make_digest(at=WEDNESDAY)
        assert made.problem_count >= 2


# What no history tells for itself: the digest does


def test_a_perfect_forgery_is_found_by_the_digest_alone(event, digest):
    with tampering():
        write(step(event, 3), note="什么也没做")
        reseal(event)
        AuditHead.objects.all()._raw_delete("default")
        assert not is_found(event.number)
    with tampering():
        write(step(event, 3), note="什么也没做")
        reseal(event)
        assert f"{event.number}: step {STEPS} as digest no. 1 sealed it" in findings()


def test_an_inserted_step_in_a_history_that_was_sealed_again(event, digest):
    for ordinal in POSITIONS[1:]:
        with tampering():
            insert_step(event, ordinal)
            reseal(event)
            assert f"{event.number}: step {STEPS} as digest no. 1 sealed it" in findings()


def test_a_removed_last_step_with_the_row_of_before(event, digest):
    with tampering():
        remove_step(step(event, STEPS))
        reseal(event)
        said = findings()
    assert f"{event.number}: step {STEPS} as digest no. 1 sealed it: expected {event.head_hash}, found nothing" in said


def test_a_removed_case(event, digest):
    with tampering():
        remove_case(event, heads=False)
        assert f"Case with primary key {event.pk}: the case itself, for sealed heads" in findings()


def test_a_removed_case_together_with_its_heads(event, digest):
    with tampering():
        remove_case(event)
        assert "Digest no. 1 of 2026-11-24: sealed heads" in findings()


def test_a_step_that_is_rightly_added_is_no_problem(event, digest):
    take(event, "pass_check", at=TUESDAY)
    assert not findings()
    assert services.make_digest(at=WEDNESDAY).content["heads"]["count"] == 1
    assert not findings()


@pytest.mark.parametrize("model", [Notice, Delivery, Attachment])
def test_a_table_with_fewer_rows_than_a_digest_counted(event, digest, model):
    row = model.objects.filter(event=event).first()
    with tampering():
        remove(Delivery, "id" if model is Delivery else "notice_id", row.pk)
        remove(model, "id", row.pk)
        assert f"Digest no. 1 of 2026-11-24: {model._meta.verbose_name_plural}" in findings()


# The digests themselves


@pytest.fixture
def digests(event, digest) -> list[AuditDigest]:
    """Three days' digests."""
    return [digest, *(services.make_digest(at=at) for at in (WEDNESDAY, THURSDAY))]


def test_a_changed_column_of_a_digest(digests):
    """What became of the mail is not signed: it comes later."""
    assert unnoticed(digests[0]) == ["mail_tried_at", "mailed_at"]


def test_a_changed_column_of_a_sealed_head(digests):
    """Nothing refers to its key."""
    assert unnoticed(AuditHead.objects.first()) == ["id"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_removed_digest(digests, which):
    with tampering():
        remove(AuditHead, "digest_id", digests[which].pk)
        remove(AuditDigest, "id", digests[which].pk)
        assert "hash of the digest before" in findings()


def test_a_digest_of_another_key(digests, settings):
    settings.AUDIT_KEYS = ["HBoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAO--rd4="]
    assert "signature: expected a key of AUDIT_KEYS, found the unknown key" in findings()


def test_a_dropped_key_is_one_problem_however_much_it_signed(digests, settings):
    settings.AUDIT_KEYS = ["HBoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAO--rd4="]
    (said,) = findings().splitlines()
    assert said.startswith("Digests from no. 1 on: signature: expected a key of AUDIT_KEYS, found the unknown key")


def test_the_public_half_of_an_old_key_is_enough(digests, settings):
    settings.AUDIT_KEYS = ["HBoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAO--rd4=", f"pub:{public_key()}"]
    services.make_digest(at=moment("2026-11-27 04:00"))
    assert not findings()


def test_a_digest_of_an_older_key_behind_a_newer_one(digests, settings):
    new, old = "HBoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAO--rd4=", settings.AUDIT_KEYS[0]
    settings.AUDIT_KEYS = [new, old]
    services.make_digest(at=moment("2026-11-27 04:00"))
    settings.AUDIT_KEYS = [old, new]
    services.make_digest(at=moment("2026-11-28 04:00"))
    settings.AUDIT_KEYS = [new, f"pub:{public_key()}"]
    assert "Digests from no. 5 on: key: expected " in findings()


def test_a_new_key_and_the_old_one_beside_it(digests, settings):
    settings.AUDIT_KEYS = ["HBoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAO--rd4=", *settings.AUDIT_KEYS]
    newer = services.make_digest(at=moment("2026-11-27 04:00"))
    assert newer.key != digests[-1].key
    assert not findings()


# Copies that are kept outside


def against(tmp_path, text: str) -> str:
    """What check_events says of a file with this text; its complaints when it has any."""
    file, said, complaints = tmp_path / "copy.txt", StringIO(), StringIO()
    file.write_text(text)
    try:
        call_command(
            "check_events", "--against", str(file), "--at", "2026-11-27T12:00+08:00", stdout=said, stderr=complaints
        )
    except CommandError as error:
        return complaints.getvalue() or str(error)
    return said.getvalue()


def test_copies_agree(digests, tmp_path):
    said = against(tmp_path, "\n".join(f"2026 INFO x {as_line(digest)}" for digest in digests))
    assert "Everything that digests no. 1, 2, 3 sealed is still there and unchanged; there are 3 in all." in said


def test_a_copy_that_a_mail_program_broke_into_lines(digests, tmp_path):
    line = as_line(digests[0])
    said = against(tmp_path, "Sehr geehrte …\n" + "\n".join(line[at : at + 70] for at in range(0, len(line), 70)))
    assert "Everything that digests no. 1 sealed" in said


def test_the_last_digest_removed_or_made_anew_is_found_by_its_copy(digests, tmp_path):
    copy = as_line(digests[2])
    with tampering():
        remove(AuditHead, "digest_id", digests[2].pk)
        remove(AuditDigest, "id", digests[2].pk)
        assert not findings()
        expected = f"Copy of digest no. 3: the same digest in the database: expected {digests[2].hash}, found"
        assert f"{expected} nothing" in against(tmp_path, copy)
        services.make_digest(at=moment("2026-11-26 05:00"))
        assert expected in against(tmp_path, copy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda line: line.replace('"events":2', '"events":3'), "signature: expected one of the key"),
        (lambda line: line[:-20], "was cut short"),
        (lambda line: f"{line[: line.index('{')]}{{}}", "is no digest"),
        (lambda line: f'{line[: line.index("{")]}{{"number": "1"}}', "is no digest"),
        (lambda line: "no digest in here", "holds no digest"),
    ],
)
def test_a_copy_that_is_none(digests, tmp_path, change, said):
    assert said in against(tmp_path, change(as_line(digests[0])))
