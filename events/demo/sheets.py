"""A sheet that another department asks the demo's community for each month, and one of the street."""

from datetime import datetime

from events.demo.people import Staff
from events.demo.places import COMMUNITY, STREET
from events.models import Period
from events.services import save_export_template
from grids.models import Grid

HOUSING = [
    ("number", "工单编号"),
    ("minor", "问题类别"),
    ("place", "小区楼栋"),
    ("filed_at", "受理日期"),
    ("state", "进度"),
]
PARTY = [("convener", "召集支部"), ("starts_at", "开会时间"), ("came", "到会"), ("resolved", "议定"), ("done", "已办")]


def ask_for_sheets(staff: Staff, end: datetime) -> None:
    """The housing office's by its own words, and the organisation department's of joint meetings."""
    for name, code, title, kind, columns in (
        ("community", COMMUNITY, "房管局月报", "event", HOUSING),
        ("street", STREET, "组织部联席会议季报", "meeting", PARTY),
    ):
        grid = Grid.objects.get(code=code)
        period = Period.THIS_MONTH if kind == "event" else Period.THIS_QUARTER
        actor = staff.users[name]
        save_export_template(actor=actor, grid=grid, name=title, kind=kind, columns=columns, period=period, at=end)
