"""Plain functions that make deep objects with sensible defaults; they go through the services where rules matter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module
from itertools import count, groupby

from django.apps import apps
from django.utils import timezone

from branches import services as branch_services
from branches.meetings.workflow import State
from branches.models import (
    Branch,
    BranchGrid,
    Meeting,
    MeetingLevel,
    MemberArea,
    Resolution,
    Topic,
    WorkItem,
    WorkList,
)
from branches.models.meeting import LEVELS
from branches.services import open_vote, propose_topic, set_options, take_up_topic
from events.models import Attachment, Category, Event, ResidentContact, ServiceLevel
from events.services import act, file_event, file_resident_report, receive_uploads, save_category
from events.workflow import DESK_ROLES, Action
from grids import services
from grids.models import Grid, Organisation, Post, Role, User
from tests.pictures import picture, upload
from volunteers import services as volunteer_services
from volunteers.enrolments.workflow import EnrolmentState
from volunteers.models import (
    Activity,
    ActivityKind,
    CareNeed,
    ConsentText,
    DisputeKind,
    Household,
    Mediation,
    MemberEnrolment,
    Offer,
    OrganisationEnrolment,
    Patrol,
    Skill,
)
from volunteers.services import Party, PatrolPlan, Plan, open_mediation, plan_patrol, register_household

_number = count(1)


def make_grid(code: str, name: str = "", **fields) -> Grid:
    """A grid whose parent exists."""
    return services.create_grid(actor=None, code=code, name=name or f"网格{code[-4:]}", **fields)


@dataclass(frozen=True)
class Tree:
    """A small city: one branch down to two units, and neighbours that lie outside it on every level below."""

    city: Grid
    district: Grid
    street: Grid
    community: Grid
    building: Grid
    unit: Grid
    second_unit: Grid
    second_building: Grid
    other_community: Grid
    other_building: Grid
    other_street: Grid
    far_community: Grid


TREE = {
    "city": ("1501", "呼和浩特市", 0),
    "district": ("150105", "赛罕区", 0),
    "street": ("150105001", "人民路街道", 0),
    "other_street": ("150105002", "大学西路街道", 0),
    "community": ("150105001001", "健康社区", 0),
    "other_community": ("150105001002", "学苑社区", 0),
    "far_community": ("150105002001", "桥靠社区", 0),
    "building": ("1501050010010001", "1号楼", 40),
    "second_building": ("1501050010010002", "2号楼", 36),
    "other_building": ("1501050010020001", "1号楼", 0),
    "unit": ("150105001001000101", "1单元", 20),
    "second_unit": ("150105001001000102", "2单元", 20),
}


def make_tree() -> Tree:
    """The small city, under real codes of Hohhot; in bulk past the services, as nearly every test begins with it."""
    above: dict[str, Grid] = {}
    for _level, entries in groupby(TREE.values(), key=lambda entry: len(entry[0])):
        grids = [Grid(code=code, name=name, households=households) for code, name, households in entries]
        for grid in grids:
            Grid.objects.set_interval(grid)
            Grid.objects.set_parent(grid, above)
        above |= {grid.code: grid for grid in Grid.objects.bulk_create(grids)}
    grids = Grid.objects.in_bulk([code for code, _name, _households in TREE.values()], field_name="code")
    return Tree(**{key: grids[code] for key, (code, _name, _households) in TREE.items()})


def make_user(name: str = "", username: str = "", **fields) -> User:
    """A person with an account and no post."""
    number = next(_number)
    return User.objects.create_user(username or f"user{number}", name=name or f"居民{number}", **fields)


def make_post(user: User | None = None, grid: Grid | None = None, role: str = Role.STAFF, **fields) -> Post:
    """An active post; without a user, a new person's."""
    return services.appoint(actor=None, user=user or make_user(), role=role, grid=grid, **fields)


def make_organisation(grid: Grid, name: str = "", kind: str = "property_company", **fields) -> Organisation:
    """An organisation on the grid; one with representatives takes cases unless told otherwise."""
    fields = {"is_joint": bool(fields.get("representatives"))} | fields
    name = name or f"物业{next(_number)}"
    return services.create_organisation(actor=None, grid=grid, name=name, kind=kind, **fields)


def make_branch(grid: Grid, name: str = "", *, covers: Iterable[Grid] | None = None, **fields) -> Branch:
    """A branch with its seat on the grid, which it covers unless told otherwise."""
    since = date(2026, 1, 1)
    given = {"kind": Branch.Kind.SOLO, "founded_on": since} | fields
    branch = Branch.objects.create(grid=grid, name=name or f"党支部{next(_number)}", **given)
    for covered in [grid] if covers is None else covers:
        BranchGrid.objects.create(branch=branch, grid=covered, since=since)
    return branch


def make_topic(actor: User, grid: Grid, title: str = "加装电梯", **fields) -> Topic:
    """A topic that was proposed and taken up by somebody who acts for the grid."""
    topic = propose_topic(actor=actor, grid=grid, title=title, text="三号楼是否加装电梯？", **fields)
    return take_up_topic(topic=topic, actor=actor, title=topic.title, text=topic.text, at=fields.get("at"))


def make_vote(
    actor: User,
    grid: Grid,
    *,
    branch: Branch | None = None,
    options: Sequence[str] = ("同意", "不同意"),
    at: datetime,
    **rule,
) -> Topic:
    """A topic whose vote is open for a week; of those who hold a post there, unless told otherwise."""
    topic = make_topic(actor, grid, branch=branch, at=at)
    topic = set_options(topic=topic, actor=actor, options=list(options), at=at)
    given = {"majority": "simple", "roles": Role.values, "closes_at": at + timedelta(days=7)} | rule
    return open_vote(topic=topic, actor=actor, at=at, **given)


def make_meeting(convener: Branch | Grid, convened_by: User, *, starts_at: datetime, **fields) -> Meeting:
    """A meeting of a branch or a grid as it stands in the database, convened unless told otherwise."""
    branch = convener if isinstance(convener, Branch) else None
    grid = branch.grid if branch else convener
    given = {
        "level": MeetingLevel.BRANCH if branch else LEVELS[grid.level],
        "title": "党建联席会议",
        "place": "党群服务中心二楼",
        "ends_at": starts_at + timedelta(hours=1),
        "state": State.CONVENED,
        "changed_at": starts_at,
    }
    return Meeting.objects.create(
        branch=branch, grid=grid, convened_by=convened_by, starts_at=starts_at, **given | fields
    )


def description(organisation: Organisation, **changes) -> dict:
    """The organisation as `describe_organisation` takes it, with changes."""
    names = (
        "grid", "name", "kind", "address", "contact", "phone", "offers_public", "offers_social", "offers_market",
        "offers_volunteer", "is_joint",
    )  # fmt: skip
    return {name: getattr(organisation, name) for name in names} | changes


def make_service_levels() -> None:
    """The default limits, which a migration adds and the clearing after a transactional test takes away."""
    if not ServiceLevel.objects.exists():
        import_module("events.migrations.0002_service_levels").add_levels(apps, None)
        import_module("events.migrations.0013_table").add_levels(apps, None)


def make_category(minor: str = "物业管理", **fields) -> Category:
    """A category of our own, with the loops' default limits unless told."""
    return save_category(category=Category(**{"kind": "governance", "major": "社会治理", "minor": minor} | fields))


def make_event(reporter: User, grid: Grid, *, category: Category | None = None, title: str = "楼道灯坏了", **fields):
    """A case filed through the service; without a category, one with the loops' default limits."""
    category = category or Category.objects.filter(minor="物业管理").first() or make_category()
    return file_event(actor=reporter, category=category, grid=grid, title=title, **fields)


def make_uploads(uploader: User | None, *contents: bytes) -> list[Attachment]:
    """Photos and files that wait for a step of this person; without contents, one photo."""
    files = [upload(content, f"{number}.jpg") for number, content in enumerate(contents or [picture()], start=1)]
    uploads, problems = receive_uploads(files=files, uploader=uploader)
    assert not problems
    return uploads


def make_contact(grid: Grid, text: str = "楼道灯坏了", **fields) -> ResidentContact:
    """The contact of a case that a resident reported through the service; its `event` is that case."""
    return file_resident_report(grid=grid, text=text, **fields).event.contact


def person_to(action: str, event: Event) -> User:
    """Somebody who may take this action now, by their post."""
    posts = Post.objects.active().select_related("user").order_by("pk")
    match action:
        case Action.PASS_CHECK | Action.FAIL_CHECK:
            found = posts.filter(grid=event.checker).exclude(user=event.resolver)
            if event.is_confidential:
                found = found.filter(role=Role.POLICE)
        case Action.REOPEN | Action.URGE | Action.SUPERVISE | Action.SUSPEND | Action.EXTEND | Action.DECLINE:
            found = posts.filter(grid=event.holder.get_ancestors().first(), role__in=(Role.CHIEF, Role.OFFICIAL))
        case _desk:
            found = posts.filter(grid=event.holder, role__in=DESK_ROLES)
    return found.first().user


def take(event: Event, *actions: str, at: datetime | None = None, **inputs) -> Event:
    """Take these actions one after the other, each by somebody who may."""
    for action in actions:
        given = {"reason": "需要如此", "note": "已处理"} | inputs
        event = act(event=event, action=action, actor=person_to(action, event), at=at, **given)
    return event


def make_resolution(meeting: Meeting, text: str = "更换楼道照明线路", **fields) -> Resolution:
    """A resolution of a meeting, of whoever convened it unless told otherwise."""
    given = {"due_on": meeting.starts_at.date() + timedelta(days=7), "ordinal": meeting.resolutions.count() + 1}
    if "organisation" not in fields:
        given["owner"] = meeting.convened_by
    return Resolution.objects.create(meeting=meeting, text=text, **given | fields)


def make_work_list(
    grid: Grid, *, title: str = "党建引领网格治理重点任务", year: int = 2026, at: datetime | None = None
) -> WorkList:
    """A draft without items."""
    return branch_services.draft_list(actor=None, grid=grid, title=title, year=year, at=at)


def make_item(work_list: WorkList, text: str = "", **fields) -> WorkItem:
    """An item of a draft, mandatory for streets and due at the end of the year unless told otherwise."""
    given = {"for_streets": True, "due_on": date(work_list.year, 12, 20), "done_when": "有记录、有结果"} | fields
    item = WorkItem(work_list=work_list, text=text or f"任务{next(_number)}", **given)
    return branch_services.save_item(actor=None, item=item)


def make_issued_item(grid: Grid, *, at: datetime | None = None, **fields) -> WorkItem:
    """The one item of a list that the grid has issued."""
    item = make_item(make_work_list(grid, at=at), **fields)
    branch_services.issue_list(actor=None, work_list=item.work_list, at=at)
    return WorkItem.objects.select_related("work_list__grid").get(pk=item.pk)


def make_area(branch: Branch, grids: Iterable[Grid], name: str = "", **fields) -> MemberArea:
    """An area of a branch, which nobody answers for unless told."""
    return branch_services.draw_area(
        actor=None, branch=branch, name=name or f"片区{next(_number)}", grids=grids, **fields
    )


def make_organisation_enrolment(organisation: Organisation, community: Grid, **fields) -> OrganisationEnrolment:
    """As it stands in the database, confirmed unless told otherwise."""
    given = {"state": EnrolmentState.CONFIRMED, "since": date(2026, 1, 1)} | fields
    return OrganisationEnrolment.objects.create(organisation=organisation, grid=community, **given)


def make_member_enrolment(
    community: Grid, user: User | None = None, organisation: Organisation | None = None, **fields
) -> MemberEnrolment:
    """As it stands in the database, confirmed unless told otherwise; of an office of the community's district."""
    organisation = organisation or make_organisation(community, kind="government_office")
    given = {"state": EnrolmentState.CONFIRMED, "since": date(2026, 1, 1)} | fields
    return MemberEnrolment.objects.create(user=user or make_user(), organisation=organisation, grid=community, **given)


def make_offer(enrolment: OrganisationEnrolment | MemberEnrolment, skill: str = "家电维修", **fields) -> Offer:
    """Something that the enrolled offer, at any time unless told otherwise."""
    key = "member_enrolment" if isinstance(enrolment, MemberEnrolment) else "organisation_enrolment"
    found, _new = Skill.objects.get_or_create(name=skill)
    return Offer.objects.create(skill=found, grid=enrolment.grid, **{key: enrolment} | fields)


def make_care_catalogue() -> ConsentText:
    """The care needs and the consent text, which a migration adds and a transactional test clears away."""
    if not CareNeed.objects.exists():
        import_module("volunteers.migrations.0004_households").add_needs_and_text(apps, None)
    return ConsentText.objects.first()


def make_household(grid: Grid, answered_by: User, name: str = "张桂兰", **fields) -> Household:
    """A household in care at a unit, as the service takes it in, for a year unless told otherwise."""
    day = timezone.localdate(fields.get("at"))
    given = {
        "actor": None,
        "needs": ["alone"],
        "consent_text": make_care_catalogue(),
        "consented_on": day,
        "kept_until": day + timedelta(days=365),
        "phone": "13812345678",
        "address": "三楼东户302",
    }
    return register_household(grid=grid, name=name, answered_by=answered_by, **given | fields)


def make_activity_kind(name: str = "志愿服务") -> ActivityKind:
    return ActivityKind.objects.get_or_create(name=name)[0]


def make_plan(starts_at: datetime, **fields) -> Plan:
    """What an activity of two hours is to be."""
    given = {"title": "义务清理楼道", "place": "一号楼前", "ends_at": starts_at + timedelta(hours=2)} | fields
    return Plan(starts_at=starts_at, **{"kind": make_activity_kind()} | given)


def make_activity(
    organiser: Branch | Grid, starts_at: datetime, *, actor: User | None = None, at: datetime | None = None, **fields
) -> Activity:
    """Published, three days before it begins unless told otherwise."""
    at = at or starts_at - timedelta(days=3)
    plan = make_plan(starts_at, **fields)
    activity = volunteer_services.plan_activity(actor=actor, organiser=organiser, plan=plan, at=at)
    return volunteer_services.publish_activity(actor=actor, activity=activity, at=at)


def patrol_plan(people: Iterable[User], buildings: Iterable[Grid], *, hours: float = 1, **fields) -> PatrolPlan:
    """In an hour unless told otherwise."""
    starts_at = fields.pop("starts_at", timezone.now() + timedelta(hours=1))
    given = {"aim": "治安隐患联合排查", "meets_at": "警务室门口"} | fields
    ends_at = starts_at + timedelta(hours=hours)
    return PatrolPlan(starts_at=starts_at, ends_at=ends_at, people=list(people), buildings=list(buildings), **given)


def make_patrol(actor: User, community: Grid, people: Iterable[User], buildings: Iterable[Grid], **fields) -> Patrol:
    """Planned by the actor, through the service."""
    return plan_patrol(actor=actor, community=community, plan=patrol_plan(people, buildings, **fields))


def make_mediation(actor: User, grid: Grid, mediators: Iterable[User] = (), **fields) -> Mediation:
    """Under way, with two parties, through the service; the actor mediates too."""
    parties = [Party("诸葛明亮", "13812345601"), Party("司马青衫", "13812345602")]
    kind = DisputeKind.objects.order_by("ordinal").first() or DisputeKind.objects.create(name="邻里纠纷")
    given = {"kind": kind, "subject": "楼上漏水", "parties": parties, "mediators": list(mediators)} | fields
    return open_mediation(actor=actor, grid=grid, **given)
