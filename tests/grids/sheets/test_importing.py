"""The way of a sheet: its states, who may take it where, and workers that come twice, too late or never back."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.utils import timezone

from grids import services
from grids.models import Grid, GridChange, SheetImport, SheetRow
from grids.services import importing
from grids.sheets import kinds, progress
from saihan import broker
from tests.factories import make_user
from tests.grids.sheets.makers import HEADER, bring_in, outcomes, told, undo, upload, xlsx

pytestmark = pytest.mark.django_db

NEW = [HEADER, ("150105001003", "新社区", 5)]


@pytest.fixture
def manager(cast):
    """The official of the street of 健康社区, with the right to keep it."""
    user = make_user("街道主任", "manager")
    services.appoint(actor=None, user=user, role="official", grid=cast.tree.street)
    user.posts.update(is_manager=True)
    return user


# Who


def test_somebody_who_manages_nothing_cannot_upload(cast):
    for person in (cast.worker, cast.district, cast.stranger):
        with pytest.raises(PermissionDenied):
            upload(person, "grids", NEW)
    assert not SheetImport.objects.exists()


def test_every_row_must_lie_inside_the_managed_area(cast, manager):
    rows = [
        *NEW,
        ("150105001001", "健康家园", None),
        ("150105001", "人民路街道", 9),
        ("150105003", "新街道", 1),
        ("150105002001", "桥靠社区", 1),
        ("1502", "包头市", 1),
    ]
    found = upload(manager, "grids", rows)
    assert outcomes(found) == {2: "added", 3: "changed", 4: "changed", 5: "wrong", 6: "wrong", 7: "wrong"}
    assert set(map(tuple, told(found).values())) == {("code: 不在您的管理范围内。",)}


@pytest.mark.parametrize("kind", ["posts", "organisations", "households"])
def test_it_holds_for_every_kind(cast, manager, kind):
    header = ("网格编码", "姓名", "角色", "名称", "类型", "户数")
    rows = [header, *((code, "王磊", "网格员", "某物业", "物业公司", 5) for code in ("150105001001", "150105002001"))]
    if kind == "organisations":
        rows = [tuple(cell for n, cell in enumerate(row) if n not in (1,)) for row in rows]
    assert told(upload(manager, kind, rows)) == {3: ["code: 不在您的管理范围内。"]}


def test_rights_that_ended_before_the_writing_stop_it(cast, manager):
    found = upload(manager, "grids", NEW)
    services.confirm_sheet(actor=manager, sheet_import=found)
    manager.posts.update(is_manager=False)
    services.apply_sheet(pk=found.pk)
    found.refresh_from_db()
    assert found.status == "failed"
    assert not Grid.objects.filter(name="新社区").exists()


def test_one_sees_ones_own_imports_and_a_superuser_all(cast, manager):
    other = make_user("别人", "other")
    services.appoint(actor=None, user=other, role="official", grid=cast.tree.street)
    other.posts.update(is_manager=True)
    mine = upload(manager, "grids", NEW)
    assert list(services.imports_of(manager)) == list(services.imports_of(cast.admin)) == [mine]
    assert not services.imports_of(other).exists()
    with pytest.raises(PermissionDenied):
        services.confirm_sheet(actor=other, sheet_import=mine)
    manager.posts.update(is_manager=False)
    del manager.active_posts
    assert not services.imports_of(manager).exists()


# States


def test_nothing_is_written_while_a_row_is_wrong(cast):
    found = upload(cast.admin, "grids", [*NEW, ("1501X", "坏", 1)])
    with pytest.raises(ValidationError, match="有错误行时不写入任何内容"):
        services.confirm_sheet(actor=cast.admin, sheet_import=found)


def test_nothing_to_write_is_not_written(cast):
    found = upload(cast.admin, "grids", [HEADER, ("150105001001", "健康社区", None)])
    with pytest.raises(ValidationError, match="没有需要写入的内容"):
        services.confirm_sheet(actor=cast.admin, sheet_import=found)


@pytest.mark.parametrize(
    "step", [services.confirm_sheet, services.recheck_sheet, services.cancel_sheet, services.request_undo]
)
@pytest.mark.parametrize("status", SheetImport.Status.values)
def test_each_step_has_its_states_and_leaves_the_others_alone(cast, step, status):
    allowed = {
        services.confirm_sheet: {"checked"},
        services.recheck_sheet: {"checked", "failed"},
        services.cancel_sheet: {"uploaded", "checked", "failed"},
        services.request_undo: {"applied"},
    }
    found = upload(cast.admin, "grids", NEW)
    SheetImport.objects.filter(pk=found.pk).update(status=status)
    if status in allowed[step]:
        step(actor=cast.admin, sheet_import=found)
        return
    with pytest.raises(ValidationError, match="该导入的状态为"):
        step(actor=cast.admin, sheet_import=found)
    assert SheetImport.objects.get(pk=found.pk).status == status


def test_the_file_is_kept_until_it_has_been_read_and_cells_until_they_are_written(cast):
    found = services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(NEW))
    assert bytes(found.content)
    services.check_sheet(pk=found.pk)
    found.refresh_from_db()
    assert not bytes(found.content)
    assert found.rows.get().cells == ["150105001003", "新社区", 5]
    services.confirm_sheet(actor=cast.admin, sheet_import=found)
    services.apply_sheet(pk=found.pk)
    assert found.rows.get().cells == []
    assert found.rows.get().label == "150105001003 新社区"


def test_cancelling_forgets_the_rows_and_keeps_the_record(cast):
    found = upload(cast.admin, "grids", NEW)
    services.cancel_sheet(actor=cast.admin, sheet_import=found)
    assert (SheetRow.objects.count(), SheetImport.objects.get().status) == (0, "cancelled")


def test_names_of_files_are_made_harmless(cast):
    assert upload(cast.admin, "grids", xlsx(NEW), name="../../表\u202e格\0.xlsx").file_name == "表格.xlsx"


def test_an_empty_table(cast):
    found = upload(cast.admin, "grids", [HEADER])
    assert (found.status, found.problem) == ("failed", "表格只有表头，没有数据行。")


def test_a_file_that_is_too_large(cast, monkeypatch):
    monkeypatch.setattr("grids.sheets.reading.LARGEST_UPLOAD", 100)
    with pytest.raises(ValidationError, match="文件超过"):
        upload(cast.admin, "grids", NEW)


# Workers


def test_each_task_may_come_twice_or_too_late(cast):
    done = bring_in(cast.admin, "grids", NEW)
    for task in (services.check_sheet, services.apply_sheet, services.undo_sheet):
        task(pk=done.pk)
    done.refresh_from_db()
    assert (done.status, Grid.objects.filter(name="新社区").count()) == ("applied", 1)
    undo(cast.admin, done)
    services.undo_sheet(pk=done.pk)
    services.apply_sheet(pk=done.pk)
    assert not Grid.objects.filter(name="新社区").exists()


@pytest.fixture
def shared_progress(private_redis, settings):
    settings.CACHES = {**settings.CACHES, "progress": broker.cache(private_redis.url)}


def test_a_second_worker_leaves_it_to_the_first(cast, shared_progress):
    found = services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(NEW))
    assert progress.begin(found.pk)
    services.check_sheet(pk=found.pk)
    assert SheetImport.objects.get().status == "uploaded"
    progress.end(found.pk)
    services.check_sheet(pk=found.pk)
    assert SheetImport.objects.get().status == "checked"


def test_a_check_that_was_interrupted_is_done_anew(cast, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = [HEADER, *((f"15010500100{n}", f"社区{n}", 1) for n in range(3, 9))]
    found = services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(rows))
    with monkeypatch.context() as patch:
        patch.setattr(progress, "report", interrupt)
        with pytest.raises(KeyboardInterrupt):
            services.check_sheet(pk=found.pk)
    assert 0 < SheetRow.objects.count() < 6
    services.check_sheet(pk=found.pk)
    found.refresh_from_db()
    assert (found.counts, found.rows.count()) == ({"added": 6}, 6)


def interrupt(pk, phase, done, total=0):
    if phase == "checking":
        raise KeyboardInterrupt


def test_a_sheet_that_kills_its_worker_is_given_up(cast):
    found = services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(NEW))
    SheetImport.objects.update(attempts=importing.MOST_ATTEMPTS)
    services.check_sheet(pk=found.pk)
    found.refresh_from_db()
    assert (found.status, "多次中断" in found.problem) == ("failed", True)


def test_an_error_of_ours_is_told_without_a_traceback(cast, monkeypatch, caplog):
    monkeypatch.setattr(type(kinds.find("grids")), "check", lambda *given: 1 / 0)
    found = upload(cast.admin, "grids", NEW)
    assert (found.status, found.problem) == ("failed", "系统处理该表格时出错，没有写入任何内容。请告知系统管理人员。")
    assert "ZeroDivisionError" in caplog.text


def test_a_database_that_is_away_leaves_the_sheet_waiting(cast, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(type(kinds.find("grids")), "check", lambda *given: refuse())
        found = upload(cast.admin, "grids", NEW)
    assert found.status == "uploaded"
    services.check_sheet(pk=found.pk)
    assert SheetImport.objects.get().status == "checked"


def refuse():
    raise DatabaseError("locked")


def test_the_beat_asks_again_for_what_waits_and_gives_up_what_nobody_confirms(cast, private_redis):
    now = timezone.now()
    waiting = services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(NEW))
    stale = upload(cast.admin, "grids", NEW)
    assert services.continue_sheets(at=now) == 0
    assert services.continue_sheets(at=now + timedelta(minutes=3)) == 1
    assert private_redis.client.llen("celery") == 1
    services.continue_sheets(at=now + timedelta(days=31))
    stale.refresh_from_db()
    waiting.refresh_from_db()
    assert (stale.status, waiting.status) == ("cancelled", "uploaded")


def test_without_a_broker_nothing_is_lost(cast, private_redis, django_capture_on_commit_callbacks):
    private_redis.stop()
    with django_capture_on_commit_callbacks(execute=True):
        services.upload_sheet(actor=cast.admin, kind=kinds.find("grids"), file_name="x", file=xlsx(NEW))
    assert SheetImport.objects.get().status == "uploaded"


def test_progress_without_its_redis_is_no_number_and_no_error(settings):
    settings.CACHES = {**settings.CACHES, "progress": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/redis.sock",
    }}  # fmt: skip
    assert progress.begin(1)
    progress.report(1, "reading", 5)
    assert progress.read(1) is None
    progress.end(1)


def test_progress_over_a_unix_socket(shared_progress):
    assert progress.begin(1)
    assert not progress.begin(1)
    progress.report(1, "checking", 5, 20)
    assert progress.read(1).percent == 25
    progress.end(1)
    assert progress.read(1) is None


# What a sheet must not open


def test_a_username_from_outside_the_area_is_taken_and_nobody_learns_whose(cast, manager):
    former = make_user("张三", "zhangsan")
    post = services.appoint(actor=None, user=former, role="police", grid=cast.tree.far_community)
    services.end_post(actor=None, post=post)
    header = ("网格编码", "姓名", "用户名", "角色")
    found = told(upload(manager, "posts", [header, ("150105001002", "张三", "zhangsan", "网格员")]))
    assert found == {2: ["username: 该用户名已被使用，请另写一个。"]}


def test_a_rename_by_sheet_stands_in_the_history_and_so_does_its_undoing(cast):
    done = bring_in(cast.admin, "grids", [HEADER, ("150105001001", "健康家园", None)])
    undo(cast.admin, done)
    renames = GridChange.objects.filter(grid=cast.tree.community).order_by("pk")
    assert [(one.old_name, one.new_name, one.actor) for one in renames] == [
        ("健康社区", "健康家园", cast.admin),
        ("健康家园", "健康社区", cast.admin),
    ]
