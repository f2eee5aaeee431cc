"""Sheets of the hotline as cities export them, and their way through the services."""

import io
from collections.abc import Iterable, Mapping

from events import services
from events.hotline.columns import told
from events.models import Category, Event, HotlineImport
from events.services.hotline import open_words, remembered_columns
from grids.models import Grid, User
from tests.factories import make_category
from tests.grids.sheets.makers import xlsx

HEADER = (
    "工单编号", "来电时间", "诉求人", "联系电话", "所属街道", "所属社区", "诉求地址", "诉求类别", "诉求内容",
    "紧急程度", "办理时限",
)  # fmt: skip
PHONE = "13812345678"


def line(number: str = "HH0001", **changes) -> list:
    """A row of `HEADER`; changes go by its headings."""
    row = {
        "工单编号": number,
        "来电时间": "2026-11-22 20:15:00",
        "诉求人": "张三丰",
        "联系电话": PHONE,
        "所属街道": "人民路街道",
        "所属社区": "健康社区",
        "诉求地址": "1号楼2单元301",
        "诉求类别": "物业管理",
        "诉求内容": "楼道灯坏了三天了。请尽快修好。",
        "紧急程度": "一般",
        "办理时限": "5个工作日",
    }
    return [(row | changes)[heading] for heading in HEADER]


def sheet(*lines: Iterable, header: Iterable[str] = HEADER) -> io.BytesIO:
    return xlsx([header, *lines])


def upload(actor: User, *lines: Iterable, header: Iterable[str] = HEADER, file=None) -> HotlineImport:
    """Uploaded and read, as the worker would."""
    file = file or sheet(*lines, header=header)
    found = services.upload_hotline(actor=actor, file_name="工单.xlsx", file=file)
    services.read_hotline(pk=found.pk)
    return fresh(found)


def settled(actor: User, *lines: Iterable, header: Iterable[str] = HEADER, file=None) -> HotlineImport:
    """As `upload`; the columns are what they were guessed to be."""
    found = upload(actor, *lines, header=header, file=file)
    if found.status == "mapping":
        columns = told(found.layout["columns"], remembered_columns(found.home)).columns
        services.tell_columns(
            actor=actor, hotline_import=found, meanings={heading: key for key, heading in columns.items()}
        )
        services.read_hotline(pk=found.pk)
    return fresh(found)


def bring_in(actor: User, *lines: Iterable, places: Mapping[str, Grid] | None = None, file=None) -> HotlineImport:
    """Settled, decided, confirmed and filed; every new word of the hotline is 物业管理."""
    found = settled(actor, *lines, file=file)
    if words := list(open_words(found)):
        category = Category.objects.filter(minor="物业管理").first() or make_category()
        services.tell_words(actor=actor, hotline_import=found, meanings=dict.fromkeys(words, category))
    services.confirm_hotline(actor=actor, hotline_import=found)
    while fresh(found).status == "confirmed":
        services.file_hotline(pk=found.pk)
    return fresh(found)


def fresh(found: HotlineImport) -> HotlineImport:
    return HotlineImport.objects.select_related("home", "uploaded_by").get(pk=found.pk)


def outcomes(found: HotlineImport) -> dict[int, str]:
    return dict(found.rows.values_list("number", "outcome"))


def the_event() -> Event:
    """The only case."""
    return Event.objects.with_related().get()
