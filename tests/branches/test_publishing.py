"""Publishing and withdrawing, what everybody reads, and what never gets there."""

from datetime import date

import pytest
from defusedxml import ElementTree
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from branches.models import Publication, Story
from branches.services import publish_topic, withdraw_publication
from events.models import Category, Event
from grids.services import merge_grids, move_grid
from tests.branches.deliberation import decided
from tests.branches.disclosure import told
from tests.branches.resources import AT, make_line, spend
from tests.events.conftest import moment
from tests.factories import make_branch, make_category, make_event, make_grid, take

pytestmark = pytest.mark.django_db
OCTOBER = moment("2026-10-12 09:00")


def page(client, name: str, *args, **query) -> str:
    answer = client.get(reverse(name, args=args, query=query))
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


# Publishing


def test_who_answers_for_the_place_or_leads_its_branch_publishes(cast):
    make_branch(cast.tree.community, secretary=cast.stranger)
    for who in (cast.community, cast.street, cast.district, cast.admin, cast.stranger):
        assert told(cast, actor=who).published_by == who
    for who in (cast.worker, cast.chief, cast.police, cast.neighbour):
        with pytest.raises(PermissionDenied):
            told(cast, actor=who)
    with pytest.raises(PermissionDenied):
        told(cast, cast.tree.street)


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"title": " "}, "title", "cannot be blank"),
        ({"text": "\u200b "}, "text", "Write what everybody"),
        ({"text": "反\u202e转"}, "text", "direction marks"),
        ({"kind": "rumour"}, "kind", "not a valid choice"),
        ({"kind": "activity"}, "takes_place_on", "on which day"),
        ({"kind": "figures"}, "month", "a month that is over"),
        ({"kind": "figures", "month": date(2026, 11, 1)}, "month", "a month that is over"),
        ({"kind": "figures", "month": date(1, 1, 1)}, "month", "a month that is over"),
        ({"kind": "resources", "year": 2027}, "year", "this year or one before"),
    ],
)
def test_what_is_not_in_order_is_refused_at_its_field(cast, fields, field, sentence):
    with pytest.raises(ValidationError) as refused:
        told(cast, **fields)
    assert sentence in refused.value.message_dict[field][0]
    assert not Publication.objects.exists()


def test_the_same_form_twice_is_one_publication(cast):
    assert told(cast, idempotency_key="k") == told(cast, idempotency_key="k")


@pytest.mark.usefixtures("in_english")
def test_it_is_withdrawn_with_a_reason_and_stays_on_record(cast):
    publication = told(cast)
    with pytest.raises(ValidationError) as refused:
        withdraw_publication(actor=cast.community, publication=publication, reason="")
    assert "reason" in refused.value.message_dict
    with pytest.raises(PermissionDenied):
        withdraw_publication(actor=cast.worker, publication=publication, reason="有误")
    withdraw_publication(actor=cast.street, publication=publication, reason="日期有误", at=AT)
    again = withdraw_publication(actor=cast.community, publication=publication, reason="又一次")
    assert (again.withdrawn_by, again.withdrawal_reason) == (cast.street, "日期有误")


def test_the_database_holds_what_a_publication_needs(cast):
    row = {"grid": cast.tree.community, "title": "x", "published_at": AT, "published_by_name": "x"}
    for wrong in (
        {"kind": "activity"},
        {"kind": "figures"},
        {"kind": "notice", "figures": {}, "period": "2026"},
        {"kind": "notice", "withdrawn_at": AT},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Publication.objects.create(**row | wrong)


# Figures


def october(cast, count: int, closed: int = 0, major="市容环境", **fields) -> list[Event]:
    category = make_category(f"{major}{count}", major=major, **fields)
    made = [make_event(cast.worker, cast.tree.unit, category=category, at=OCTOBER) for _turn in range(count)]
    Event.objects.filter(pk__in=[event.pk for event in made[:closed]]).update(status="closed", due_at=None)
    return made


def figures(cast, **fields) -> dict:
    return told(cast, kind="figures", month=date(2026, 10, 1), title="十月办理情况", text="", **fields).figures


def test_the_figures_of_a_month_are_counted_and_the_small_ones_hidden(cast):
    october(cast, 7, closed=7)
    october(cast, 2, major="街面秩序")
    make_event(cast.worker, cast.tree.unit, at=moment("2026-11-02 09:00"))
    assert figures(cast) == {"total": ">=8", "lines": [["市容环境", "7", "7", "0"], ["", "<5", "-", "-"]]}


def test_clue_reports_leak_nowhere(cast):
    october(cast, 9, major="线索举报", is_confidential=True)
    assert figures(cast) == {"total": "0", "lines": []}


def test_the_figures_of_a_month_are_public_once(cast):
    figures(cast)
    with pytest.raises(ValidationError):
        figures(cast)
    withdraw_publication(actor=cast.community, publication=Publication.objects.get(), reason="重算", at=AT)
    assert figures(cast)


def test_resources_are_published_as_they_stand(cast, client):
    line = make_line(cast)
    spend(cast, line, "300.10")
    publication = told(cast, kind="resources", year=2026, title="投入", text="")
    assert publication.figures == {"lines": [["money", "street", "", "1000.00", "300.10"]]}
    spend(cast, line, "5")
    assert "300.10 元" in page(client, "public_publication", cast.tree.community.code, publication.pk)


# What everybody reads


@pytest.fixture
def code(cast) -> str:
    return cast.tree.community.code


def test_public_disclosure_shows_each_kind_without_a_login(cast, client, code):
    told(cast, title="充电棚决议", kind="decision")
    told(cast, title="义务清理", kind="activity", takes_place_on=timezone.localdate())
    told(cast, title="往日活动", kind="activity", takes_place_on=date(2020, 1, 1))
    october(cast, 7, closed=7)
    figures(cast)
    shown = page(client, "public_disclosure", code)
    for words in ("健康社区", "充电棚决议", "义务清理", "市容环境", "<td>7</td>"):
        assert words in shown
    assert "往日活动" not in shown
    assert "<script" not in shown


def test_what_is_withdrawn_is_gone_from_every_public_page(cast, client, code):
    publication = told(cast)
    withdraw_publication(actor=cast.community, publication=publication, reason="有误", at=AT)
    for name in ("public_disclosure", "public_feed"):
        assert "供暖检查" not in page(client, name, code)
    assert client.get(reverse("public_publication", args=[code, publication.pk])).status_code == 404


def test_anybody_may_keep_the_pages_and_asks_each_time(cast, client, code):
    publication = told(cast)
    for name, *args in (("public_disclosure",), ("public_feed",), ("public_publication", publication.pk)):
        url = reverse(name, args=[code, *args])
        answer = client.get(url)
        assert answer["Cache-Control"] == "public, no-cache"
        assert not answer.cookies
        assert client.get(url, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    withdraw_publication(actor=cast.community, publication=publication, reason="有误", at=AT)
    assert client.get(url, headers={"If-None-Match": answer["ETag"]}).status_code == 404


def test_public_feed_is_rss_with_an_item_for_each(cast, client, code):
    told(cast, title="一 & 二")
    feed = ElementTree.fromstring(page(client, "public_feed", code))
    assert [item.findtext("title") for item in feed.iter("item")] == ["一 & 二"]
    link = next(feed.iter("item")).findtext("link")
    assert client.get(link.removeprefix("http://testserver")).status_code == 200


def test_old_codes_and_buildings_lead_on(cast, client, code):
    publication = told(cast)
    moved = move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street, reason="区划调整")
    answer = client.get(reverse("public_publication", args=[code, publication.pk]))
    assert answer["Location"] == reverse("public_publication", args=[moved.code, publication.pk])
    answer = client.get(reverse("public_disclosure", args=[moved.code + "0001"]))
    assert answer["Location"] == reverse("public_disclosure", args=[moved.code])
    assert "供暖检查" in page(client, "public_disclosure", moved.code)


def test_what_a_merged_community_has_published_goes_along(cast, client, code):
    publication = told(cast)
    Story.objects.create(grid=cast.tree.community, title="扶手", after="装好了", written_at=AT)
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community, reason="合并")
    answer = client.get(reverse("public_publication", args=[code, publication.pk]), follow=True)
    assert answer.status_code == 200
    assert Story.objects.get().grid == cast.tree.other_community


@pytest.mark.parametrize("code", ["1501", "150105", "999", "abc", "健康"])
def test_what_has_no_such_page_is_404(cast, client, code):
    answer = client.get(reverse("public_disclosure", args=[code]))
    assert answer.status_code == 404
    assert "没有这个网格" in answer.content.decode()


def test_a_street_shows_its_own_and_its_communities(cast, client):
    told(cast)
    told(cast, cast.tree.street, actor=cast.street, title="街道公告")
    shown = page(client, "public_disclosure", cast.tree.street.code)
    assert "街道公告" in shown
    assert "供暖检查" not in shown
    assert reverse("public_disclosure", args=[cast.tree.community.code]) in shown


def test_all_of_a_kind_come_by_the_page(cast, client, code):
    for number in range(23):
        told(cast, title=f"公告{number}")
    assert "公告0<" in page(client, "public_disclosure", code, kind="notice", page=2)
    assert "公告22<" in page(client, "public_disclosure", code)


def test_public_disclosure_takes_a_pinned_number_of_queries(cast, client, code, django_assert_num_queries):
    for number in range(9):
        told(cast, title=f"公告{number}")
        told(cast, title=f"决议{number}", kind="decision")
    with django_assert_num_queries(10):  # grid, board 5, publications, activities of two kinds, stories
        page(client, "public_disclosure", code)


# For staff


def test_public_disclosure_leads_to_what_was_deliberated_and_decided(cast, client):
    code = cast.tree.community.code
    assert reverse("public_topics", args=[code]) in page(client, "public_disclosure", code)


@pytest.mark.parametrize("page", ["publication_write", "story_write"])
@pytest.mark.parametrize(
    ("asked", "status"), [({"grid": "1501\x00"}, 200), ({"grid": "²"}, 200), ({"from": "event-\x00"}, 404)]
)
def test_a_broken_address_breaks_no_page(cast, as_, page, asked, status):
    assert as_(cast.community).get(reverse(page, query=asked)).status_code == status


def test_publication_write_begins_with_category_and_outcome_alone(cast, as_):
    event = make_event(cast.worker, cast.tree.unit, title="张阿姨家漏水", description="住3单元201的张阿姨")
    event = take(event, "accept", "resolve", "pass_check")
    answer = as_(cast.community).get(reverse("publication_write", query={"from": f"event-{event.number}"}))
    form = answer.context["form"]
    assert (form["title"].value(), form["text"].value()) == ("物业管理", "已结案")
    assert form["grid"].value() == cast.tree.community.code
    assert "张阿姨" not in form.as_p()


def test_publication_write_publishes_an_example_that_keeps_only_a_pointer(cast, as_):
    event = take(make_event(cast.worker, cast.tree.unit, title="张阿姨家漏水"), "accept", "resolve", "pass_check")
    given = {"grid": cast.tree.community.code, "kind": "example", "title": "楼道漏水", "text": "已修好"}
    url = reverse("publication_write", query={"from": f"event-{event.number}"})
    assert as_(cast.community).post(url, given).status_code == 302
    publication = Publication.objects.values().get()
    assert publication["source_key"] == event.number
    assert "张阿姨" not in str(publication)


def test_an_open_case_is_no_example_yet(cast):
    event = make_event(cast.worker, cast.tree.unit)
    with pytest.raises(ValidationError) as refused:
        told(cast, kind="example", source_kind="event", source_key=event.number)
    assert "source" in refused.value.message_dict


def test_nothing_is_told_of_a_clue_report(cast, as_):
    category = make_category("线索举报", is_confidential=True)
    event = make_event(cast.community, cast.tree.community, category=category)
    browser = as_(cast.community)
    assert browser.get(reverse("event_detail", args=[event.number])).status_code == 200
    for name in ("publication_write", "story_write"):
        assert browser.get(reverse(name, query={"from": f"event-{event.number}"})).status_code == 404
    Event.objects.update(status="closed", due_at=None)
    assert "from=event-" not in browser.get(reverse("event_detail", args=[event.number])).content.decode()


def test_a_closed_case_offers_to_be_told_of_to_who_may(cast, as_):
    event = take(make_event(cast.worker, cast.tree.unit), "accept", "resolve", "pass_check")
    for who, offered in ((cast.community, True), (cast.worker, False)):
        shown = as_(who).get(reverse("event_detail", args=[event.number])).content.decode()
        assert (f"from=event-{event.number}" in shown) == offered


@pytest.mark.parametrize(
    ("who", "writes", "withdraws"),
    [("community", 200, 200), ("street", 200, 200), ("district", 200, 200), ("admin", 200, 200),
     ("worker", 403, 403), ("police", 403, 403), ("chief", 403, 403), ("neighbour", 403, 404),
     ("stranger", 403, 404)],
)  # fmt: skip
def test_the_pages_of_publications_are_for_who_may(cast, as_, who, writes, withdraws):
    publication, browser = told(cast), as_(getattr(cast, who))
    assert browser.get(reverse("publication_list")).status_code == 200
    assert browser.get(reverse("publication_write")).status_code == writes
    assert browser.get(reverse("publication_withdraw", args=[publication.pk])).status_code == withdraws


def test_publication_withdraw_asks_for_a_reason(cast, as_):
    publication, browser = told(cast), as_(cast.community)
    url = reverse("publication_withdraw", args=[publication.pk])
    answer = browser.post(url, {"reason": ""})
    assert (answer.status_code, "请说明撤回原因" in answer.content.decode()) == (400, True)
    assert browser.post(url, {"reason": "日期有误"}).status_code == 302
    assert "日期有误" in browser.get(reverse("publication_list")).content.decode()


@pytest.mark.parametrize("kind", Publication.Kind.values)
def test_the_form_of_every_kind_opens(cast, as_, kind):
    answer = as_(cast.community).get(reverse("publication_write", query={"kind": kind}))
    assert answer.context["form"].shown_kind == kind


def test_a_form_that_is_wrong_keeps_what_was_written(cast, as_):
    given = {"grid": cast.tree.community.code, "kind": "activity", "title": "清理", "text": "自带手套"}
    answer = as_(cast.community).post(reverse("publication_write"), given)
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert "请写明活动在哪一天" in shown
    assert "自带手套" in shown


def test_publication_list_takes_a_pinned_number_of_queries(cast, as_, django_assert_num_queries):
    for number in range(6):
        told(cast, title=f"公告{number}")
    browser = as_(cast.community)
    with django_assert_num_queries(8):
        browser.get(reverse("publication_list"))


def test_what_was_voided_or_goes_on_elsewhere_is_not_counted(cast):
    first, second, third, *_others = october(cast, 7)
    Event.objects.filter(pk=first.pk).update(status="voided", due_at=None)
    Event.objects.filter(pk=second.pk).update(status="merged", due_at=None, merged_into=third.pk)
    assert figures(cast) == {"total": "5", "lines": [["市容环境", "5", "0", "5"]]}


def test_figures_are_of_the_place_and_below_alone(cast):
    october(cast, 6)
    assert figures(cast, grid=cast.tree.other_community, actor=cast.street)["total"] == "0"
    assert figures(cast, grid=cast.tree.street, actor=cast.street)["total"] == "6"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_public_disclosure_fits_a_phone_and_asks_nothing_of_scripts(cast, code, new_page, width):
    told(cast, title="关于在东院增设电动自行车充电棚以及日常管理办法的居民代表会议决议公告" * 2, kind="decision")
    october(cast, 12, closed=9)
    figures(cast)
    page = new_page(width=width, java_script_enabled=width != 390)
    page.goto(reverse("public_disclosure", args=[code]))
    assert page.get_by_role("heading", name="健康社区").is_visible()
    if width != 390:
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.evaluate("document.scripts.length") == 0


def test_a_decision_is_published_with_what_its_topic_says(cast, as_):
    topic = publish_topic(topic=decided(cast), actor=cast.community)
    browser, address = as_(cast.community), reverse("publication_write", query={"from": f"topic-{topic.pk}"})
    assert f"?from=topic-{topic.pk}" in browser.get(reverse("topic_detail", args=[topic.pk])).content.decode()
    form = browser.get(address).context["form"]
    given = {name: form[name].value() for name in ("grid", "kind", "title", "text")}
    assert given == {
        "grid": cast.tree.community.code, "kind": "decision", "title": topic.title,
        "text": f"{topic.decision}\n\n同意：3\n不同意：0\n弃权：0",
    }  # fmt: skip
    assert browser.post(address, given).status_code == 302
    assert Publication.objects.get().source_key == str(topic.pk)


def test_a_topic_that_is_not_decided_or_of_elsewhere_is_not_told_of(cast, as_):
    topic = decided(cast)
    address = reverse("publication_write", query={"from": f"topic-{topic.pk}"})
    given = {"grid": cast.tree.community.code, "kind": "decision", "title": "决定", "text": "如此"}
    assert as_(cast.community).post(address, given).status_code == 400
    assert as_(cast.neighbour).get(address).status_code == 404
    assert not Publication.objects.exists()


def test_figures_of_a_street_hide_what_its_communities_hide(cast):
    october(cast, 7, closed=7)
    make_event(cast.neighbour, cast.tree.other_building, category=Category.objects.get(major="市容环境"), at=OCTOBER)
    street = figures(cast, grid=cast.tree.street, actor=cast.street)
    assert street == {"total": ">=8", "lines": [["市容环境", ">=8", "-", "-"]]}
    assert figures(cast)["total"] == "7"


def test_figures_that_one_more_case_has_changed_are_not_public_again(cast):
    october(cast, 7)
    figures(cast)
    withdraw_publication(actor=cast.community, publication=Publication.objects.get(), reason="重算", at=AT)
    october(cast, 1, major="市容环境")
    with pytest.raises(ValidationError) as refused:
        figures(cast)
    assert "month" in refused.value.message_dict
    assert not Publication.objects.public().exists()


def test_nobody_is_told_to_withdraw_figures_that_could_not_be_public_again(cast):
    october(cast, 7)
    figures(cast)
    october(cast, 1, major="市容环境")
    with pytest.raises(ValidationError) as refused:
        figures(cast)
    assert list(refused.value.message_dict) == ["month"]


def test_figures_of_a_street_hide_what_communities_of_before_hide(cast):
    tree = cast.tree
    small, large = tree.community, tree.other_community
    for grid in (small, *[large] * 6):
        make_event(cast.district, grid, at=OCTOBER)
    Event.objects.update(status="closed", due_at=None)  # closed ones stay where they were
    third = make_grid("150105001009", "新建社区")
    for grid in (small, large):
        merge_grids(actor=None, grid=grid, into=third)
    assert figures(cast, grid=tree.street, actor=cast.street)["total"] == ">=7"
