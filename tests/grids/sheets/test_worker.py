"""Sheets through a real worker on PostgreSQL: to the end, through a power cut, and beside other writers."""

import threading

import pytest
from django.db import connection, connections, transaction

from grids import services
from grids.audit import problems
from grids.models import Grid, SheetImport
from grids.services.importing import PATIENCE
from grids.sheets import kinds
from tests.conftest import wait_until
from tests.grids.sheets.makers import HEADER, upload, xlsx

pytestmark = pytest.mark.postgres

MANY = 4000
ROWS = [HEADER, *((f"150105001001{n:04}", f"{n}号楼", n) for n in range(100, 100 + MANY))]


def status_of(sheet_import):
    return SheetImport.objects.values_list("status", flat=True).get(pk=sheet_import.pk)


def new_grids():
    return Grid.objects.filter(code__gte="1501050010010100", level=4, parent__code="150105001001").count()


def test_a_sheet_goes_through_the_worker(transactional_db, celery_worker_process, cast):
    sheet_import = services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(ROWS))
    wait_until(lambda: status_of(sheet_import) == "checked", 60, celery_worker_process.output())
    services.confirm_sheet(actor=cast.admin, sheet_import=sheet_import)
    wait_until(lambda: status_of(sheet_import) == "applied", 60, celery_worker_process.output())
    assert new_grids() == MANY
    assert not list(problems())
    services.request_undo(actor=cast.admin, sheet_import=sheet_import)
    wait_until(lambda: status_of(sheet_import) == "undone", 60, celery_worker_process.output())
    assert new_grids() == 0


def test_a_worker_killed_in_the_middle_leaves_nothing_half_written(
    transactional_db, celery_worker_process, cast, private_redis
):
    worker = celery_worker_process
    sheet_import = services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(ROWS))
    wait_until(lambda: status_of(sheet_import) == "checked", 60, worker.output())
    services.confirm_sheet(actor=cast.admin, sheet_import=sheet_import)
    wait_until(is_writing, 60, "the worker writes")
    worker.kill()
    wait_until(lambda: not is_writing(), 20, "PostgreSQL has noticed")
    assert (status_of(sheet_import), new_grids()) == ("confirmed", 0)

    private_redis.client.flushall()  # the note that somebody is at it would keep the next one waiting for a minute
    worker.start()
    services.continue_sheets(at=sheet_import_later(sheet_import))
    wait_until(lambda: status_of(sheet_import) == "applied", 60, worker.output())
    assert new_grids() == MANY
    assert not list(problems())


def sheet_import_later(sheet_import):
    sheet_import.refresh_from_db()
    return sheet_import.confirmed_at + PATIENCE * 2


def is_writing():
    """Whether another connection has a transaction open that has written many rows already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_xid IS NOT NULL AND now() - xact_start > interval '0.3 s'"
        )
        return cursor.fetchone()[0] > 0


def test_a_grid_retired_while_the_sheet_is_written_waits_or_stops_it(transactional_db, cast):
    """Both want the same community: whoever is second sees what the first has done."""
    sheet_import = upload(cast.admin, "grids", [HEADER, ("1501050020010005", "5号楼", 1)])
    services.confirm_sheet(actor=cast.admin, sheet_import=sheet_import)
    with transaction.atomic():
        services.retire_grid(actor=None, grid=cast.tree.far_community)
        writer = threading.Thread(target=write, args=(sheet_import.pk,))
        writer.start()
        writer.join(0.5)
        assert writer.is_alive()  # it waits for the community
    writer.join(20)
    sheet_import.refresh_from_db()
    assert sheet_import.status == "failed"
    assert not Grid.objects.filter(code="1501050020010005").exists()


def test_the_same_sheet_twice_at_once_is_written_once(transactional_db, cast):
    first, second = (upload(cast.admin, "grids", ROWS[:500]) for _sheet in range(2))
    for sheet_import in (first, second):
        services.confirm_sheet(actor=cast.admin, sheet_import=sheet_import)
    writers = [threading.Thread(target=write, args=(one.pk,)) for one in (first, second, first)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert sorted((status_of(first), status_of(second))) == ["applied", "failed"]
    assert new_grids() == 499
    assert not list(problems())


def write(pk):
    try:
        services.apply_sheet(pk=pk)
    finally:
        connections.close_all()
