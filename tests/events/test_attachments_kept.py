"""What the disk and the chain keep of photos and files: what is lost or altered is found, what is left over goes."""

import os
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from events.models import Attachment
from events.services import clean_uploads
from events.tasks import clean_uploads as clean_task
from tests import pictures
from tests.events.tampering import findings
from tests.factories import make_event, make_uploads, take
from tests.pictures import picture, stored, upload

# Files go when the transaction that removed their row is committed, so some tests need real ones.
committing = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.usefixtures("uploads")


@pytest.fixture
def event(cast):
    """A case that was filed with a photo and a PDF."""
    return make_event(
        cast.worker, cast.tree.building, attachments=make_uploads(cast.worker, picture((900, 600)), pictures.PDF)
    )


# The chain


def test_the_chain_covers_name_and_content(event):
    photo = event.attachments.first()
    assert event.steps.get().details["attachments"][0] == {"name": "1.jpg", "sha256": photo.sha256}
    call_command("check_events", "--files", stdout=StringIO())


def test_waiting_photos_trouble_nobody(cast, event):
    make_uploads(cast.worker)
    call_command("check_events", "--files", stdout=StringIO())


def test_a_missing_file_is_found(event):
    default_storage.delete(event.attachments.first().file.name)
    assert f"{event.number}：第 1 步的第 1 个附件" in findings()


def test_a_file_of_another_size_is_found_at_once_and_an_altered_one_when_it_is_read(event):
    path = Path(event.attachments.first().file.path)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"\0")
    call_command("check_events", stdout=StringIO())
    assert f"{event.number}：第 1 步的第 1 个附件" in findings("--files")
    path.write_bytes(content[:-1])
    assert "字节" in findings()


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"name": "别的.jpg"}])
def test_an_altered_row_is_found(event, change):
    Attachment.objects.filter(pk=event.attachments.first().pk).update(**change)
    assert f"{event.number}：第 1 步的附件" in findings()


def test_a_removed_row_is_found(event):
    event.attachments.first().delete()
    assert f"{event.number}：第 1 步的附件" in findings()


def test_an_inserted_row_is_found(cast, event):
    bare = take(event, "accept")
    (photo,) = make_uploads(cast.worker)
    Attachment.objects.filter(pk=photo.pk).update(event=event, step=bare.steps.last(), ordinal=1)
    assert f"附件 {photo.pk} 的文件" in findings()


def test_a_row_on_another_case_is_found(cast, event):
    other = make_event(cast.worker, cast.tree.building)
    photo = event.attachments.first()
    Attachment.objects.filter(pk=photo.pk).update(event=other)
    assert f"附件 {photo.pk} 所属步骤的事件" in findings()


# Cleaning


def age(uploads: Path, days: int = 2) -> None:
    """Make all that is there look that old."""
    long_ago = time.time() - days * 24 * 3600
    for path in stored(uploads):
        os.utime(path, (long_ago, long_ago))
    Attachment.objects.update(created_at=timezone.now() - timedelta(days=days))


@committing
def test_what_waited_for_more_than_a_day_goes_and_the_rest_stays(cast, event, uploads):
    make_uploads(cast.worker, picture((50, 50)))
    age(uploads)
    make_uploads(cast.worker, picture((60, 60)))
    assert clean_uploads() == {"waiting": 1, "strays": 0}
    assert Attachment.objects.pending().count() == 1
    assert len(stored(uploads)) == 3 + 2
    call_command("check_events", "--files", stdout=StringIO())


def test_a_file_without_a_row_goes_once_it_is_old(event, uploads):
    stray = default_storage.save("attachments/ab/" + "ab" * 16 + ".jpg", upload(picture()))
    foreign = default_storage.save("attachments/ab/readme.txt", upload(b"put here by hand"))
    assert clean_uploads() == {"waiting": 0, "strays": 0}
    age(uploads)
    out = StringIO()
    call_command("clean_uploads", stdout=out)
    assert out.getvalue() == "已清理：逾期未提交的附件 0 个，无归属的文件 1 个。\n"
    assert not default_storage.exists(stray)
    assert default_storage.exists(foreign)
    assert len(stored(uploads)) == 3 + 1


def test_the_clock_cleans_as_well(db):
    assert clean_task() == {"waiting": 0, "strays": 0}
