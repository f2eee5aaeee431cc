"""Grids by code: new ones, and names and households of those that are there."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids import tree
from grids.models import Grid, Level
from grids.services import bulk
from grids.sheets import cells
from grids.sheets.kinds import ADDED, CHANGED, Column, Kind, Row, Run, field_problem
from grids.sheets.places import code_problem, outside_text, several_text, successors_of

LEVEL_WORDS = {
    "市": Level.CITY, "盟市": Level.CITY, "地级市": Level.CITY,
    "区": Level.DISTRICT, "县": Level.DISTRICT, "旗": Level.DISTRICT, "旗县": Level.DISTRICT, "区县": Level.DISTRICT,
    "县区": Level.DISTRICT,
    "街道": Level.STREET, "镇": Level.STREET, "乡": Level.STREET, "乡镇": Level.STREET, "街镇": Level.STREET,
    "苏木": Level.STREET, "街道办事处": Level.STREET,
    "社区": Level.COMMUNITY, "村": Level.COMMUNITY, "嘎查": Level.COMMUNITY, "居委会": Level.COMMUNITY,
    "村委会": Level.COMMUNITY,
    "楼": Level.BUILDING, "楼幢": Level.BUILDING, "楼宇": Level.BUILDING, "幢": Level.BUILDING, "栋": Level.BUILDING,
    "单元门": Level.UNIT,
}  # fmt: skip
read_level = cells.Choice(Level, LEVEL_WORDS)
CODE_SYNONYMS = (
    "网格编码",
    "网格编号",
    "网格代码",
    "区划代码",
    "行政区划代码",
    "统计用区划代码",
    "编码",
    "代码",
    "编号",
)

CODE = Column(
    "code",
    pgettext_lazy("column", "grid code"),
    CODE_SYNONYMS,
    read=cells.code,
    is_required=True,
    example="150105001001",
    help=gettext_lazy("As text, never as a number: 4, 6, 9, 12, 16 or 18 digits."),
)
HOUSEHOLDS = Column(
    "households",
    pgettext_lazy("column", "households"),
    ("户数", "总户数", "居民户数", "住户数", "户籍数"),
    read=cells.count,
    example="36",
    help=gettext_lazy("A whole number. Left empty, it stays as it is."),
)


class GridSheet(Kind):
    key = "grids"
    title = gettext_lazy("Grids")
    columns = (
        CODE,
        Column(
            "name",
            pgettext_lazy("column", "name"),
            ("网格名称", "名称", "名字", "区划名称", "单位名称"),
            is_required=True,
            example="健康社区",
            help=gettext_lazy("Up to 64 characters. Another name renames the grid."),
        ),
        HOUSEHOLDS,
        Column(
            "level",
            pgettext_lazy("column", "level"),
            ("层级", "级别", "网格层级", "网格级别", "等级"),
            read=read_level,
            write=read_level.write,
            example="社区",
            help=gettext_lazy("Follows from the code; when it is given, it is compared."),
        ),
        Column(
            "parent",
            pgettext_lazy("column", "parent code"),
            ("上级编码", "上级代码", "上级网格编码", "父级编码", "上级编号", "所属编码", "上级"),
            read=cells.code,
            example="150105001",
            help=gettext_lazy("Follows from the code; when it is given, it is compared."),
        ),
        Column(
            "retired",
            pgettext_lazy("column", "retired on"),
            ("停用日期", "撤销日期"),
            read=cells.day,
            is_history=True,
            help=gettext_lazy("Only in exports: such a row is passed over when it is read back."),
        ),
    )

    def collect(self, row: Row, run: Run) -> None:
        code = row.given.get("code")
        if code and not code_problem(code):
            row.stage = tree.level_of(code)
            run.notes.setdefault(code, row.number)

    def check(self, rows: list[Row], run: Run) -> None:
        good = [row for row in rows if self._check_cells(row, run)]
        codes = {row.given["code"] for row in good}
        wanted = codes | {above for code in codes if (above := tree.parent_code(code))}
        there = {grid.code: grid for grid in Grid.objects.filter(code__in=wanted)}
        gone = [code for code in wanted if code not in there or there[code].retired_at]
        successors = successors_of(gone)
        for row in good:
            code = row.given["code"]
            grid = there.get(code)
            if code in successors or (grid and grid.retired_at):
                row.wrong(self["code"], _gone_text(successors.get(code, [])))
            elif grid:
                self._compare(row, grid, run)
            else:
                self._check_new(row, there, successors, run)

    def _check_cells(self, row: Row, run: Run) -> bool:
        """What the row alone can tell; whether its code can be looked up."""
        code, given = row.given.get("code"), row.given
        if code is None:
            return False
        if problem := code_problem(code):
            row.wrong(self["code"], problem)
            return False
        row.stage = tree.level_of(code)
        if first := run.claim(row, code):
            row.wrong(self["code"], _("Row %(number)d has the same code.") % {"number": first})
        level, parent = given.get("level"), given.get("parent")
        if level not in ("", None) and level != row.stage:
            text = _("A code of %(digits)d digits belongs to: %(level)s.")
            row.wrong(self["level"], text % {"digits": len(code), "level": Level(row.stage).label})
        if parent and parent != tree.parent_code(code):
            text = _("The code %(code)s belongs under “%(parent)s”.")
            row.wrong(self["parent"], text % {"code": code, "parent": tree.parent_code(code) or ""})
        for key in ("name", "households"):
            if given.get(key) not in ("", None) and (problem := field_problem(Grid, key, given[key])):
                row.wrong(self[key], problem)
        return True

    def _compare(self, row: Row, grid: Grid, run: Run) -> None:
        if not run.is_inside(grid.lft):
            row.wrong(self["code"], outside_text())
            return
        after = {"name": row.given.get("name"), "households": row.given.get("households")}
        after = {key: value for key, value in after.items() if value not in ("", None)}
        row.compared(grid.pk, {"name": grid.name, "households": grid.households}, after)

    def _check_new(self, row: Row, there: dict[str, Grid], successors: dict[str, list[Grid]], run: Run) -> None:
        code = row.given["code"]
        above = tree.parent_code(code)
        parent = there.get(above)
        # The parent decides, as when one grid is entered: whoever manages a grid may place others under it.
        if not run.is_inside(tree.interval(above)[0] if above else 0):
            row.wrong(self["code"], outside_text())
        elif above in successors or (parent and parent.retired_at):
            gone = _gone_text(successors.get(above, []))
            row.wrong(self["code"], _("Its parent %(parent)s: %(what)s") % {"parent": above, "what": gone})
        elif above and not parent and above not in run.notes:
            row.wrong(
                self["code"],
                _("There is no grid %(parent)s to hold it, neither here nor in the sheet.") % {"parent": above},
            )
        elif row.stage >= Level.BUILDING and not code.removeprefix(above or "").strip("0"):
            row.wrong(
                self["code"],
                _("Buildings and units are numbered from 1: Excel has probably lost the last digits of this code."),
            )
        else:
            given = row.given
            row.added({"code": code, "name": given.get("name"), "households": given.get("households") or 0})

    def apply(self, rows: list[Row], run: Run) -> None:
        new = [row for row in rows if row.outcome == ADDED]
        created = bulk.create_grids(actor=run.actor, rows=[row.values for row in new])
        for row in new:
            row.object_pk = created[row.values["code"]].pk
        bulk.change_grids(
            actor=run.actor, changes={row.object_pk: row.values for row in rows if row.outcome == CHANGED}
        )

    def before_undo(self, keys: Iterable[int]) -> None:
        bulk.hold_grids(keys)

    def undo(self, rows: list[Row], run: Run) -> list[str]:
        refusals = bulk.delete_grids(
            actor=run.actor, rows={row.object_pk: row.values for row in rows if row.outcome == ADDED}
        )
        changed = [row for row in rows if row.outcome == CHANGED]
        return refusals + bulk.restore_grids(
            actor=run.actor, rows={row.object_pk: (row.before, row.values) for row in changed}
        )

    def export(self, queryset: QuerySet) -> Iterator[dict[str, object]]:
        fields = ("code", "name", "households", "level", "retired_at")
        for code, name, households, level, retired in queryset.values_list(*fields).iterator(chunk_size=2000):
            yield {
                "code": code,
                "name": name,
                "households": households,
                "level": level,
                "parent": tree.parent_code(code) or "",
                "retired": cells.local_day(retired),
            }


def _gone_text(successors: list[Grid]) -> str:
    if not successors:
        return _("This grid has been retired and has no successor.")
    if len(successors) == 1:
        return _("This code was given up; today it is %(grid)s.") % {"grid": successors[0]}
    return several_text(successors)
