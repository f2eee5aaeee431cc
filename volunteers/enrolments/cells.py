"""How a sheet says skills, times and communities; what is read is what was written."""

import re

from django.utils.translation import gettext as _

from grids.sheets import cells
from volunteers.times import ANY_TIME, DAYS, PARTS, describe, times_of

DAY = "[周星期礼拜]+([一二三四五六日天])"
TIMES = re.compile(f"(?:{DAY}(?:[至到~-]{DAY})?|(每天|每日|工作日|平日|周末|双休日))?(全天|白天|上午|下午|晚上|晚间)?")
NUMBERS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
GROUPS = {"每天": range(7), "每日": range(7), "工作日": range(5), "平日": range(5), "周末": (5, 6), "双休日": (5, 6)}
PART_WORDS = {"白天": (0, 1), "上午": (0,), "下午": (1,), "晚上": (2,), "晚间": (2,)}
ANY_WORDS = {"随时", "都可以", "均可", "不限"}
NONE = "无"


def read_times(raw: cells.Raw) -> int | None:
    """As 周一至周五上午、周六全天; a part alone is of the days before it. None for an empty cell."""
    words = [part for part in cells.SEPARATORS.split(cells.text(raw)) if cells.plain(part)]
    if not words:
        return None
    if words[0] in ANY_WORDS and len(words) == 1:
        return ANY_TIME
    days, slots = range(len(DAYS)), []
    for word in words:
        found = TIMES.fullmatch(cells.plain(word).replace("周到", "到"))
        if not found or not any(found.groups()):
            raise cells.Unreadable(_("Write times as 周一至周五上午、周六全天, or 随时."))
        first, last, group, part = found.groups()
        days = _days(first, last, group) or days
        slots += [(day, one) for day in days for one in PART_WORDS.get(part, range(len(PARTS)))]
    return times_of(slots)


def _days(first: str | None, last: str | None, group: str | None) -> list[int]:
    if group:
        return list(GROUPS[group])
    if not first:
        return []
    begin, end = NUMBERS[first], NUMBERS[last or first]
    return list(range(begin, end + 1)) if begin <= end else [*range(begin, len(DAYS)), *range(end + 1)]


def write_times(times: int | None) -> str:
    return describe(times) if times else ""


def read_skills(raw: cells.Raw) -> list[str] | None:
    """Words with 、 between them; None for an empty cell, an empty list for 无."""
    words = sorted({cells.plain(part) for part in cells.SEPARATORS.split(cells.text(raw)) if cells.plain(part)})
    return ([] if words == [NONE] else words) if words else None


def write_skills(skills: list[str] | None) -> str:
    return "、".join(skills) if skills else NONE


def read_community(raw: cells.Raw) -> str:
    """A code, digit by digit, or a name."""
    is_code = not isinstance(raw, str) or cells.plain(raw).removeprefix("'").isdigit()
    return cells.code(raw) if is_code and raw is not None else cells.text(raw)
