"""A small world in which every page of the branches has something to show, and what may be sent from these pages."""

from datetime import timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import urljoin

from django.urls import resolve
from django.utils import timezone

from branches import services, urls
from branches.meetings.agenda import Point
from branches.models import Partner
from grids.models import User
from tests.branches.deliberation import decided
from tests.branches.disclosure import published, told, write
from tests.branches.resources import make_line, spend
from tests.cast import Cast
from tests.factories import (
    make_area,
    make_branch,
    make_event,
    make_issued_item,
    make_item,
    make_organisation,
    make_topic,
    make_vote,
    make_work_list,
    take,
)
from tests.pictures import picture, upload

DAY = timedelta(days=1)
MARK = "打好的字"  # begins what a person has typed, and would miss


def make_world(cast: Cast) -> SimpleNamespace:
    """One of each, in the states in which most may be done with it."""
    at, tree = timezone.now(), cast.tree
    world = SimpleNamespace(cast=cast, tree=tree, at=at)
    world.case = take(make_event(cast.worker, tree.unit), "accept", "resolve", "pass_check")
    world.branch = make_branch(tree.community, "健康社区党支部", secretary=cast.chief)
    company = make_organisation(tree.community, "安居物业", representatives=[cast.police])
    world.partner = Partner.objects.create(branch=world.branch, organisation=company)
    make_organisation(tree.community, "供电所")
    _meetings(world)
    _topics(world)
    world.area = make_area(world.branch, [tree.building], "东片", members=[cast.chief])
    world.draft = make_item(make_work_list(tree.district))
    world.item = make_issued_item(tree.district, text="补齐空白网格", for_communities=True)
    world.claim = world.item.claims.get(grid=tree.street)
    world.reported = services.report_claim(
        actor=cast.admin, claim=world.item.claims.get(grid=tree.other_street), text="都做完了", evidence=[]
    )
    world.line = make_line(cast)
    world.entry = spend(cast, world.line, receipt=upload(picture()))
    world.told = told(cast)
    world.draft_story = write(cast, photos={"after": [upload(picture())]})
    world.story = published(cast, photos={"after": [upload(picture())]}, shows_people=False)
    world.consent = services.record_consent(
        actor=cast.community, story=world.draft_story, name="王师傅", how="signed", agreed_on=at.date(), at=at
    )
    world.token = services.renew_calendar(user=cast.community)
    return world


def _meetings(world: SimpleNamespace) -> None:
    cast, at = world.cast, world.at
    given = {
        "actor": cast.community,
        "convener": world.tree.community,
        "place": "党群服务中心",
        "people": [cast.worker],
        "organisations": [world.partner.organisation],
    }
    times = {"starts_at": at + DAY, "ends_at": at + DAY * 1.1}
    points = [Point("看看路灯"), Point("楼道灯坏了", "event", world.case.number)]
    world.planned = services.plan_meeting(**given, **times, title="筹备中的会", points=points)
    world.convened = services.plan_meeting(**given, **times, title="已召集的会")
    services.convene(actor=cast.community, meeting=world.convened)
    before = {"starts_at": at - DAY, "ends_at": at - DAY * 0.9, "at": at - 2 * DAY}
    world.held = services.plan_meeting(**given, **before, title="开过的会")
    services.convene(actor=cast.community, meeting=world.held, at=at - 2 * DAY)
    services.hold(actor=cast.community, meeting=world.held, at=at - DAY)
    world.resolution = services.resolve(
        actor=cast.community, meeting=world.held, text="更换线路", due_on=(at + DAY).date(), owner=cast.worker
    )


def _topics(world: SimpleNamespace) -> None:
    cast, at = world.cast, world.at
    community, desk = world.tree.community, cast.community
    world.proposed = services.propose_as_resident(grid=community, text="装充电桩", key="a", source="b")[0]
    world.discussed = make_topic(desk, community, title="充电棚")
    services.remark(topic=world.discussed, actor=cast.worker, text="太吵")
    world.voting = make_vote(desk, community, at=at, households=True)
    services.print_slips(topic=world.voting, actor=desk, grid=world.tree.building)
    closing = {"at": at - 12 * DAY}
    world.decided = decided(cast, **closing)
    world.shown = services.publish_topic(topic=decided(cast, **closing), actor=desk)
    world.asked = services.publish_topic(topic=decided(cast, **closing), actor=desk)
    services.ask_residents(topic=world.asked, actor=desk, done="装好了")


def addresses(world: SimpleNamespace) -> dict[str, list[tuple]]:
    """What stands in the addresses of every page, by its URL name."""
    code, branch = world.tree.community.code, (world.branch.pk,)
    meetings = [(meeting.pk,) for meeting in (world.planned, world.convened, world.held)]
    topics = [(topic.pk,) for topic in (world.proposed, world.discussed, world.voting, world.decided, world.shown)]
    item, draft = (world.item.work_list_id, 1), (world.draft.work_list_id, 1)
    stories = [(world.draft_story.pk,), (world.story.pk,)]
    public = [(code, topic.pk) for topic in (world.voting, world.shown, world.asked)]
    known = {
        "branch_plan": [(code,)],
        "branch_plan_accept": [(code,)],
        "branch_partner_remove": [(*branch, world.partner.pk)],
        "meeting_feed": [(world.token,)],
        "meeting_answer": [(world.convened.pk, invitation.pk) for invitation in world.convened.invitations.all()],
        "resolution_fulfil": [(world.resolution.pk,)],
        "topic_act": [(world.discussed.pk, "options")],
        "public_topics": [(code,)],
        "public_topic_propose": [(code,)],
        "public_topic_receipt": [(code,)],
        "area_new": [branch],
        "area_suggest": [branch],
        "work_list_detail": [item[:1]],
        "work_list_close": [item[:1]],
        "work_list_copy": [item[:1]],
        "work_item": [item],
        "work_item_assign": [item],
        "work_item_edit": [draft],
        "work_item_remove": [draft],
        "claim_detail": [(world.claim.pk,), (world.reported.pk,)],
        "claim_act": [(world.claim.pk, "report")],
        "budget_detail": [(world.line.budget_id,)],
        "budget_line_add": [(world.line.budget_id,)],
        "budget_line_change": [(world.line.pk,)],
        "resource_enter": [(world.line.pk,)],
        "resource_reverse": [(world.entry.pk,)],
        "resource_receipt": [(world.entry.pk,)],
        "publication_withdraw": [(world.told.pk,)],
        "story_act": [(world.draft_story.pk, "submit")],
        "consent_withdraw": [(world.consent.pk,)],
        "story_picture": [(world.story.pictures.get().pk,)],
        "public_disclosure": [(code,)],
        "public_feed": [(code,)],
        "public_publication": [(code, world.told.pk)],
        "public_story": [(code, world.story.pk)],
        "public_picture": [(world.story.pictures.get().picture.key,)],
    }
    by_stem = {
        "branch": [branch],
        "meeting": meetings,
        "topic": topics,
        "public_topic": public,
        "public_ballots": public,
        "area": [(world.area.pk,)],
        "work": [draft[:1]],
        "story": stories,
    }
    found = {}
    for pattern in urls.urlpatterns:
        name, takes = pattern.name, bool(pattern.pattern.converters)
        stem = next((stem for stem in sorted(by_stem, key=len, reverse=True) if name.startswith(stem)), "")
        found[name] = known.get(name) or (by_stem[stem] if takes else [()])
    return found


class Sent(NamedTuple):
    """A form of a page, filled in as a person might, and who sends it."""

    who: User | None
    address: str
    fields: dict[str, list[str]]
    kinds: dict[str, str]

    @property
    def view(self) -> str:
        return resolve(self.address.partition("?")[0]).view_name


class FormParser(HTMLParser):
    """The forms of a page that change something, with what a browser would send of them."""

    FILL = {
        "number": "2", "date": "2026-11-20", "month": "2026-10", "datetime-local": "2099-12-01T10:00",
    }  # fmt: skip

    def __init__(self, address: str):
        super().__init__()
        self.address, self.forms, self.form, self.select, self.textarea = address, [], None, "", ""
        self.by_id = {}

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "form":
            post = given.get("method", "").lower() == "post"
            self.form = ({}, {}) if post else None
            if post:
                self.forms.append((urljoin(self.address, given.get("action", "")), *self.form))
                self.by_id[given.get("id")] = self.form
            return
        form = self.by_id.get(given.get("form")) or self.form
        if form is None or name == "csrfmiddlewaretoken":
            return
        fields, kinds = form
        if tag == "option" and self.select:
            if "selected" in given or not any(fields[self.select]):
                fields[self.select] = [given.get("value", "")]
        elif name and tag == "select":
            self.select = name
            fields[name], kinds[name] = [""], "choice"
        elif name and tag == "textarea":
            self.textarea = name
            fields[name], kinds[name] = [""], "text"
        elif name and tag in ("input", "button"):
            self._input(
                fields, kinds, name, given | {"type": given.get("type", "text" if tag == "input" else "submit")}
            )

    def _input(self, fields, kinds, name, given):
        kind, value = given["type"], given.get("value", "")
        if kind in ("radio", "checkbox"):
            kinds[name] = "choice"
            if "checked" in given or not fields.get(name):
                fields[name] = [*(fields.get(name, []) if kind == "checkbox" else []), value or "on"]
        elif kind == "file":
            kinds[name] = "file"
        elif kind == "submit":
            kinds[name] = "button"
        else:
            kinds[name] = {"search": "text", "tel": "text"}.get(kind, kind)
            if name == "homepage":  # whoever fills it in is a program
                fields[name], kinds[name] = [""], "trap"
            elif name not in fields:
                fields[name] = [value or self.FILL.get(kind, f"{MARK}{name}" if kind == "text" else "")]

    def handle_data(self, data):
        if self.textarea:
            self.form[0][self.textarea][0] += data.lstrip("\n")

    def handle_endtag(self, tag):
        if tag == "textarea" and self.textarea:
            self.form[0][self.textarea][0] = self.form[0][self.textarea][0].strip() or f"{MARK}{self.textarea}"
            self.textarea = ""
        elif tag == "select":
            self.select = ""
        elif tag == "form":
            self.form = None


def forms_of(who: User | None, address: str, page: str) -> list[Sent]:
    parser = FormParser(address)
    parser.feed(page)
    return [Sent(who, to, fields, kinds) for to, fields, kinds in parser.forms]
