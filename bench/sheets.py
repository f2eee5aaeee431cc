"""50,000 rows of Excel through a real Celery worker: read, checked, previewed, written, undone; and its memory.

And the 1,910 members of the district's offices, as they report to its communities.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from bench.data import DIVISIONS
from bench.report import Figure
from bench.sweep import PATIENCE, peak_memory, worker, worker_cpu
from grids import services
from grids.models import Grid, Level, Post, SheetImport, User
from grids.sheets import kinds
from volunteers.models import MemberEnrolment, Skill

ROWS, QUICK_ROWS = 50_000, 2_000
MEMBERS, OFFICES = 1_910, 20
DISTRICT = "150105"
UNITS_PER_BUILDING = 4
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周", "伟芳娜敏静秀英丽强磊军洋勇艳杰涛明超兰霞平刚桂鹏华"
Status = SheetImport.Status


def figures(quick: bool) -> Iterator[Figure]:
    """New grids and new posts with new people, each in a sheet of its own."""
    services.load_divisions(actor=None, path=DIVISIONS)
    rows = QUICK_ROWS if quick else ROWS
    actor = User.objects.create_superuser("bench", name="bench")
    with worker() as process:
        yield from _through(process, actor, "grids", grid_sheet(rows), lambda: Grid.objects.count())
    with worker() as process:
        yield from _through(process, actor, "posts", post_sheet(rows), lambda: Post.objects.count())
    with worker() as process:
        yield from _through(process, actor, "members", member_sheet(), lambda: MemberEnrolment.objects.count())


def _through(
    process: subprocess.Popen, actor: User, key: str, file: BytesIO, count: Callable[[], int]
) -> Iterator[Figure]:
    """One sheet from the upload to its undoing."""
    before, idle, cpu = count(), _resident(process.pid), worker_cpu(process.pid)
    begin = time.perf_counter()
    kind = kinds.find(key)
    sheet_import = services.upload_sheet(actor=actor, kind=kind, file_name="bench.xlsx", file=file)
    checked, memory = _wait(process, sheet_import, Status.CHECKED)
    preview = _preview(actor, sheet_import)
    services.confirm_sheet(actor=actor, sheet_import=sheet_import)
    written, more = _wait(process, sheet_import, Status.APPLIED)
    total = time.perf_counter() - begin
    rows = sum(sheet_import.counts.values())
    _check(count() - before == rows, f"{rows} rows of {key} written")
    cpu = worker_cpu(process.pid) - cpu
    details = {"reading and checking s": checked, "preview s": preview, "writing s": written, "worker CPU s": cpu}
    yield Figure(f"{rows:,} rows of {key}", total, "s", 60, details=details)
    memory = max(memory, more)
    yield Figure(f"memory for {rows:,} rows of {key}, beyond the idle worker", memory - idle, "MB", 300)
    services.request_undo(actor=actor, sheet_import=sheet_import)
    undone, _memory = _wait(process, sheet_import, Status.UNDONE)
    _check(count() == before, f"{key} undone")
    yield Figure(f"undoing {rows:,} rows of {key}", undone, "s")


def grid_sheet(count: int) -> BytesIO:
    """Buildings of four units spread over the communities, units before their buildings."""
    communities = list(Grid.objects.filter(level=Level.COMMUNITY).order_by("code").values_list("code", flat=True))
    sheet = [("网格编码", "网格名称", "户数", "备注")]
    for number in range(count // (1 + UNITS_PER_BUILDING)):
        building = f"{communities[number % len(communities)]}{number // len(communities) + 1:04}"
        sheet += [(f"{building}{n:02}", f"{n}单元", 12, "") for n in range(1, UNITS_PER_BUILDING + 1)]
        sheet.append((building, f"{number // len(communities) + 1}号楼", 48, "砖混"))
    return _saved(sheet)


def post_sheet(count: int) -> BytesIO:
    """People with names as alike as names are, many in each community."""
    communities = list(Grid.objects.filter(level=Level.COMMUNITY).order_by("code").values_list("code", flat=True))
    sheet = [("网格编码", "姓名", "用户名", "角色", "人员来源", "职责", "任职日期", "手机号")]
    for number in range(count):
        surname, first, second = number % 10, number // 10 % 25, number // 250 % 25
        name = f"{SURNAMES[surname]}{GIVEN[first]}{GIVEN[second]}"
        username = f"u{number}" if number % 2 else None
        name = name if username else f"{name}{number // 6250}组"
        row = (
            communities[number % len(communities)],
            name,
            username,
            "网格员",
            "聘用",
            "巡查楼栋",
            "2026-01-05",
            "1380000",
        )
        sheet.append(row)
    return _saved(sheet)


def member_sheet() -> BytesIO:
    """The members of some offices, spread over the communities of the district, with skills and times."""
    communities = list(Grid.objects.filter(level=Level.COMMUNITY, code__startswith=DISTRICT).order_by("code"))
    district = Grid.objects.get(code=DISTRICT)
    names = [f"区直单位{number}" for number in range(OFFICES)]
    for name in names:
        services.create_organisation(actor=None, grid=district, name=name, kind="government_office")
    skills = list(Skill.objects.values_list("name", flat=True))
    sheet = [("报到社区", "姓名", "用户名", "单位", "特长", "服务时间", "报到日期")]
    for number in range(MEMBERS):
        surname, first, second = number % 10, number // 10 % 25, number // 250 % 25
        offered = f"{skills[number % len(skills)]}、{skills[(number + 3) % len(skills)]}"
        sheet.append((
            communities[number % len(communities)].code,
            f"{SURNAMES[surname]}{GIVEN[first]}{GIVEN[second]}员",
            f"m{number}" if number % 2 else None,
            names[number % OFFICES],
            offered,
            "周一至周五晚上、周六全天",
            "2026-03-01",
        ))  # fmt: skip
    return _saved(sheet)


def _saved(rows: list[tuple]) -> BytesIO:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("表")
    for row in rows:
        sheet.append(row)
    file = BytesIO()
    workbook.save(file)
    return file


def _preview(actor: User, sheet_import: SheetImport) -> float:
    client = Client()
    client.force_login(actor)
    begin = time.perf_counter()
    response = client.get(reverse("admin:grids_sheetimport_change", args=[sheet_import.pk]))
    _check(response.status_code == 200, "the preview")
    return time.perf_counter() - begin


def _wait(process: subprocess.Popen, sheet_import: SheetImport, status: str) -> tuple[float, float]:
    """Seconds until the import has got there, and the most megabytes that the worker has had."""
    begin, memory = time.perf_counter(), 0.0
    while True:
        memory = max(memory, peak_memory(process.pid))
        sheet_import.refresh_from_db(fields=["status", "problem", "counts"])
        if sheet_import.status == status:
            return time.perf_counter() - begin, memory
        _check(not sheet_import.problem, sheet_import.problem)
        _check(time.perf_counter() - begin < PATIENCE, f"{status} in time")
        time.sleep(0.1)


def _resident(pid: int) -> float:
    """Megabytes that the worker holds now, parent and child added up as for the peak."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    status = "".join(Path(f"/proc/{one}/status").read_text() for one in pids)
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def _check(is_so: bool, what: str) -> None:
    if not is_so:
        raise SystemExit(f"Not so: {what}")
