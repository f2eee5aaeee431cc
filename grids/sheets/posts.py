"""Posts and the people who hold them; who is new gets an account without a usable password."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids.access import visible_people
from grids.models import Post, Role, StaffSource, User
from grids.services import bulk
from grids.services.staffing import check_appointment
from grids.sheets import cells
from grids.sheets.grids import CODE
from grids.sheets.kinds import ADDED, CHANGED, Column, Kind, Row, Run
from grids.sheets.people import People, check_person, create_people, take_note
from grids.sheets.places import find_grids

ROLE_WORDS = {
    "长": Role.CHIEF, "楼栋长": Role.CHIEF, "单元长": Role.CHIEF, "专职网格长": Role.CHIEF, "兼职网格长": Role.CHIEF,
    "专职网格员": Role.STAFF, "兼职网格员": Role.STAFF, "网格工作人员": Role.STAFF, "社区网格员": Role.STAFF,
    "民警": Role.POLICE, "警员": Role.POLICE, "社区民警": Role.POLICE, "片警": Role.POLICE, "网格民警": Role.POLICE,
    "警务人员": Role.POLICE,
    "领导": Role.OFFICIAL, "负责人": Role.OFFICIAL, "包联领导": Role.OFFICIAL, "主管领导": Role.OFFICIAL,
    "调度员": Role.DISPATCHER, "坐席员": Role.DISPATCHER, "值班员": Role.DISPATCHER,
}  # fmt: skip
SOURCE_WORDS = {
    "社工": StaffSource.COMMUNITY_WORKER, "社区工作人员": StaffSource.COMMUNITY_WORKER,
    "聘用": StaffSource.HIRED, "招聘": StaffSource.HIRED, "聘用人员": StaffSource.HIRED, "公益岗": StaffSource.HIRED,
    "志愿者": StaffSource.VOLUNTEER,
    "警察": StaffSource.POLICE, "公安": StaffSource.POLICE,
    "公务员": StaffSource.CIVIL_SERVANT, "机关干部": StaffSource.CIVIL_SERVANT,
}  # fmt: skip
read_role = cells.Choice(Role, ROLE_WORDS, offered=[label for _role, label in Role.by_hand()])
read_source = cells.Choice(StaffSource, SOURCE_WORDS)


class PostSheet(Kind):
    key = "posts"
    title = gettext_lazy("Posts and people")
    columns = (
        CODE,
        Column(
            "name",
            pgettext_lazy("column", "person's name"),
            ("姓名", "人员姓名", "网格员姓名", "网格长姓名"),
            is_required=True,
            example="王建国",
        ),
        Column(
            "username",
            pgettext_lazy("column", "username"),
            ("用户名", "账号", "登录名", "账户"),
            read=cells.word,
            example="wangjianguo",
            help=gettext_lazy("Tells people of one name apart. Left empty, somebody new gets one from the pinyin."),
        ),
        Column(
            "role",
            pgettext_lazy("column", "role"),
            ("角色", "岗位", "职务", "人员类别", "岗位名称"),
            read=read_role,
            write=read_role.write,
            is_required=True,
            example="网格员",
        ),
        Column(
            "source",
            pgettext_lazy("column", "source of staff"),
            ("人员来源", "来源", "人员性质", "身份"),
            read=read_source,
            write=read_source.write,
            example="社区工作者",
        ),
        Column(
            "duties",
            pgettext_lazy("column", "duties"),
            ("职责", "岗位职责", "工作职责", "定责"),
            read=cells.lines,
            example="走访居民，巡查楼栋",
            help=gettext_lazy("Left empty, they stay as they are; a new post has those of its role."),
        ),
        Column(
            "started",
            pgettext_lazy("column", "in office since"),
            ("任职日期", "任职时间", "上岗日期", "上岗时间", "到岗时间", "聘用时间"),
            read=cells.day,
            example="2026-01-05",
            help=gettext_lazy("As 2026-03-01. Left empty, a post begins when the sheet is written."),
        ),
        Column(
            "email",
            pgettext_lazy("column", "email"),
            ("电子邮箱", "邮箱", "电子邮件", "email", "e-mail"),
            read=cells.word,
            example="wangjianguo@example.com",
            help=gettext_lazy("For notices; taken for people who are new."),
        ),
        Column(
            "ended",
            pgettext_lazy("column", "left on"),
            ("离任日期", "离岗日期", "卸任日期", "离职日期"),
            read=cells.day,
            is_history=True,
            help=gettext_lazy("Only in exports: such a row is passed over when it is read back."),
        ),
    )

    def collect(self, row: Row, run: Run) -> None:
        take_note(row, run)

    def check(self, rows: list[Row], run: Run) -> None:
        find_grids(rows, run, self["code"])
        placed = [row for row in rows if row.grid is not None and {"name", "role"} <= row.given.keys()]
        people = People(placed, run, visible_people(run.actor))
        held = _posts_of(placed)
        for row in placed:
            check_person(row, self)
            role = row.given["role"]
            there = held[row.grid.pk, role]
            user = people.meant(row, self, [post.user for post in there])
            if user is None:
                continue
            self._check_post(row, user, there, run)
            post = next((post for post in there if user.pk and post.user_id == user.pk), None)
            if post:
                before = {"duties": cells.lines(post.duties), "source": post.source}
                after = {key: row.given[key] for key in before if row.given.get(key)}
                row.compared(post.pk, before, after)
            else:
                self._check_appointment(row, user, run)
                row.added(self._values(row, user))

    def _check_post(self, row: Row, user: User, there: list[Post], run: Run) -> None:
        role = row.given["role"]
        if first := run.claim(row, ("post", row.grid.pk, role, user.username)):
            row.wrong(self["code"], _("Row %(number)d has the same person in the same post.") % {"number": first})
        elif role == Role.CHIEF and (first := run.claim(row, ("chief", row.grid.pk))):
            row.wrong(self["role"], _("Row %(number)d already gives this grid a chief.") % {"number": first})
        if role == Role.CHIEF and (chief := next((post.user for post in there if post.user_id != user.pk), None)):
            row.wrong(
                self["role"],
                _("%(user)s is the chief of %(grid)s. End that post first.") % {"user": chief, "grid": row.grid},
            )

    def _check_appointment(self, row: Row, user: User, run: Run) -> None:
        if row.given["role"] == Role.SECRETARY:
            row.wrong(self["role"], _("A secretary's post comes and goes with the branch; name the secretary there."))
            return
        try:
            # As staff: whether the grid has a chief is asked for all rows at once.
            check_appointment(user=user, role=Role.STAFF, grid=row.grid, at=_start(row.given.get("started"), run.at))
        except ValidationError as error:
            columns = {"user": "name", "started_at": "started", "grid": "code"}
            told = error.message_dict if hasattr(error, "error_dict") else {"role": error.messages}
            for field, messages in told.items():
                row.wrong(self[columns.get(field, "role")], " ".join(messages))

    def _values(self, row: Row, user: User) -> dict[str, object]:
        given = row.given
        if user.pk is None:
            row.remarks.append(_("New account: %(username)s.") % {"username": user.username})
        elif given.get("email") and given["email"] != user.email:
            row.remarks.append(_("The email address of somebody known is not changed by a sheet."))
        return {
            "grid": row.grid.code,
            "name": given["name"],
            "username": user.username,
            "role": given["role"],
            "source": given.get("source") or "",
            "duties": given.get("duties") or "",
            "started": given.get("started") or "",
        }

    def apply(self, rows: list[Row], run: Run) -> None:
        new = [row for row in rows if row.outcome == ADDED]
        users = create_people(new, run)
        posts = [
            Post(
                user=users[row.values["username"]],
                grid=row.grid,
                started_at=_start(row.values["started"], run.at),
                **{key: row.values[key] for key in ("role", "source", "duties")},
            )
            for row in new
        ]
        bulk.create_posts(actor=run.actor, posts=posts)
        for row, post in zip(new, posts, strict=True):
            row.object_pk = post.pk
        bulk.change_posts(
            actor=run.actor, changes={row.object_pk: row.values for row in rows if row.outcome == CHANGED}
        )

    def undo(self, rows: list[Row], run: Run) -> list[str]:
        kept = ("role", "source", "duties")
        refusals = bulk.delete_posts(
            actor=run.actor,
            rows={row.object_pk: {key: row.values[key] for key in kept} for row in rows if row.outcome == ADDED},
            since=run.notes["applied_at"],
        )
        return refusals + bulk.restore_posts(
            actor=run.actor,
            rows={row.object_pk: (row.before, row.values) for row in rows if row.outcome == CHANGED},
        )

    def export(self, queryset: QuerySet) -> Iterator[dict[str, object]]:
        for post in queryset.select_related("grid", "user").iterator(chunk_size=1000):
            yield {
                "code": post.grid.code,
                "name": post.user.name,
                "username": post.user.username,
                "role": post.role,
                "source": post.source,
                "duties": cells.lines(post.duties),
                "started": cells.local_day(post.started_at),
                "email": post.user.email,
                "ended": cells.local_day(post.ended_at),
            }


def _posts_of(rows: list[Row]) -> dict[tuple[int, str], list[Post]]:
    """The active posts that may be those of these rows, and the chiefs of their grids, by grid and role."""
    found: dict[tuple[int, str], list[Post]] = defaultdict(list)
    # By name too: a community may have very many posts.
    ours = Q(role=Role.CHIEF) | Q(user__name__in={row.given["name"] for row in rows})
    posts = Post.objects.active().filter(ours, grid__in={row.grid.pk for row in rows})
    for post in posts.select_related("user"):
        found[post.grid_id, post.role].append(post)
    return found


def _start(day: str, at: datetime) -> datetime:
    """The beginning of that day; without one, now."""
    return timezone.make_aware(datetime.combine(datetime.fromisoformat(day), time.min)) if day else at
