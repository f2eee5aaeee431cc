"""The pages of topics for people with an account: who sees what, what each step asks, what is refused and kept."""

import re
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from branches import services
from branches.models import Topic
from branches.references import found, offered
from grids.models import User
from tests.branches.deliberation import decided, vote
from tests.factories import make_branch, make_category, make_organisation, make_topic, make_user, make_vote

pytestmark = pytest.mark.django_db
WHO = ["worker", "chief", "community", "street", "district", "police", "neighbour", "stranger", "admin"]


@pytest.fixture
def topic(cast) -> Topic:
    """A topic of the community whose vote is open now."""
    return make_vote(cast.community, cast.tree.community, at=timezone.now(), households=True)


def url(name: str, *args) -> str:
    return reverse(name, args=args)


# Who may

SEES = {"worker", "chief", "community", "street", "district", "police", "admin"}
RUNS = {"community", "street", "district", "admin"}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    ("page", "may"),
    [("topic_detail", SEES), ("topic_vote", SEES), ("topic_slips", RUNS)],
)
def test_who_may_open_a_page_of_a_topic(cast, topic, as_, who, page, may):
    answer = as_(getattr(cast, who)).get(url(page, topic.pk))
    assert answer.status_code == (200 if who in may else 404)


@pytest.mark.parametrize("page", ["topic_list", "topic_propose"])
@pytest.mark.parametrize("who", WHO)
def test_everybody_with_an_account_has_a_list_and_may_ask_to_propose(cast, as_, who, page):
    assert as_(getattr(cast, who)).get(url(page)).status_code == 200


@pytest.mark.parametrize("page", ["topic_detail", "topic_vote", "topic_slips"])
def test_without_a_login_nothing_opens(topic, client, page):
    assert client.get(url(page, topic.pk)).status_code == 302


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("action", ["take_up", "decline", "decide", "publish", "ask"])
def test_who_may_not_run_a_topic_is_refused_each_step(cast, as_, who, action):
    topic = make_topic(cast.community, cast.tree.community)
    given = {"title": "x", "text": "x", "reason": "x", "decision": "x", "done": "x"}
    code = as_(getattr(cast, who)).post(url("topic_act", topic.pk, action), given).status_code
    if who not in SEES:
        assert code == 404
    elif who not in RUNS:
        assert code == 403
    else:
        assert code == (302 if action == "decline" else 409)


def test_a_voter_without_a_post_sees_the_topic_and_no_other(cast, as_):
    firm = make_organisation(cast.tree.community, representatives=[cast.stranger])
    mine = make_vote(cast.community, cast.tree.community, at=timezone.now(), organisations=[firm])
    other = make_vote(cast.community, cast.tree.community, at=timezone.now())
    browser = as_(cast.stranger)
    assert browser.get(url("topic_vote", mine.pk)).status_code == 200
    assert browser.get(url("topic_detail", other.pk)).status_code == 404


@pytest.mark.parametrize("address", ["/topics/999/", "/topics/1/dream/", "/topics/?state=dream", "/topics/?grid=x\0"])
def test_what_is_not_there_is_no_error_of_ours(cast, as_, address):
    assert as_(cast.community).get(address).status_code in (200, 400, 404, 405)


# From proposal to decision


def test_a_topic_is_run_from_the_page(cast, as_):
    browser = as_(cast.community)
    sent = {"grid": cast.tree.community.code, "proposer_kind": "desk", "title": "加装电梯", "idempotency_key": "a"}
    page = browser.post(url("topic_propose"), sent).url
    assert browser.post(url("topic_propose"), sent).url == page
    topic = Topic.objects.get()

    def act(action, **given):
        assert browser.post(url("topic_act", topic.pk, action), given).status_code == 302, action

    act("take_up", title="加装电梯", text="是否加装？")
    act("remark", text="支持")
    act("hide", remark=topic.remarks.get().pk, reason="测试")
    act("set_options", options="同意\r\n不同意\r\n")
    act("open", is_secret="1", closes_at=f"{timezone.localtime() + timedelta(days=3):%Y-%m-%dT%H:%M}",
        majority="simple", quorum="0", quorum_kind="share", roles=["staff", "chief"])  # fmt: skip
    vote(topic, cast.worker, at=timezone.now())
    services.close_vote(topic=topic, at=timezone.now() + timedelta(days=4))
    act("decide", decision="同意加装")
    act("publish")
    act("ask", done="已经装好")
    topic.refresh_from_db()
    assert (topic.state, topic.decision) == ("asking", "同意加装")
    shown = browser.get(page).content.decode()
    assert "已隐藏" in shown
    assert topic.ballots_digest in shown


RULE = {"majority": "simple", "quorum": "0", "quorum_kind": "share"}


@pytest.mark.parametrize(
    ("action", "given", "sentence"),
    [
        ("set_options", {"options": "同意"}, "至少"),
        ("set_options", {"options": "字" * 121 + "\n不同意"}, "字"),
        ("open", RULE | {"closes_at": "昨天"}, "日期和时间"),
        ("open", RULE | {"closes_at": "2020-01-01T09:00"}, "晚于"),
        ("remark", {"text": " "}, "请"),
        ("decline", {"reason": "理由\u202e"}, "方向"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_at_its_place_and_changes_nothing(cast, as_, action, given, sentence):
    topic = make_topic(cast.community, cast.tree.community)
    services.set_options(topic=topic, actor=cast.community, options=["甲", "乙"])
    answer = as_(cast.community).post(url("topic_act", topic.pk, action), given)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    topic.refresh_from_db()
    assert topic.state == "discussing"


def test_a_step_from_a_stale_page_is_told(cast, as_, topic):
    answer = as_(cast.community).post(url("topic_act", topic.pk, "set_options"), {"options": "甲\n乙"})
    assert answer.status_code == 409
    assert "选项已经固定" in answer.content.decode()


def test_a_committees_chair_proposes_in_its_name_alone(cast, as_):
    chair = make_user("业委会主任")
    make_organisation(cast.tree.building, kind="owners_committee", representatives=[chair], is_joint=False)
    browser = as_(User.objects.get(pk=chair.pk))
    sent = {"grid": cast.tree.building.code, "proposer_kind": "desk", "title": "加装电梯"}
    assert browser.post(url("topic_propose"), sent).status_code == 400
    assert browser.post(url("topic_propose"), sent | {"proposer_kind": "committee"}).status_code == 302
    outside = sent | {"grid": cast.tree.other_building.code, "proposer_kind": "committee"}
    assert browser.post(url("topic_propose"), outside).status_code == 400


def test_the_page_closes_what_is_over_at_its_first_reading(cast, as_):
    topic = make_vote(cast.community, cast.tree.community, at=timezone.now() - timedelta(days=30))
    assert "投票已截止" in as_(cast.worker).get(url("topic_detail", topic.pk)).content.decode()
    assert Topic.objects.get().state == "closed"


# Voting


def test_a_vote_shows_its_receipt_once_and_is_changed_with_it(cast, as_, topic):
    browser, page = as_(cast.worker), url("topic_vote", topic.pk)
    answer = browser.post(page, {"option": "1", "key": "a" * 32}).content.decode()
    receipt = re.search(r'topic-receipt">([A-Z0-9-]{14})<', answer)[1]
    assert receipt not in browser.get(page).content.decode()
    refused = browser.post(page, {"option": "2", "key": "b" * 32})
    assert (refused.status_code, "已经投过票" in refused.content.decode()) == (409, True)
    assert browser.post(page, {"option": "2", "key": "b" * 32, "receipt": receipt}).status_code == 200
    assert services.votes_of(topic) == {2: 1}


def test_who_is_not_listed_is_told_and_refused(cast, as_, topic):
    browser, page = as_(cast.street), url("topic_vote", topic.pk)
    assert "不在" in browser.get(page).content.decode()
    assert browser.post(page, {"option": "1", "key": "a"}).status_code == 403


def test_how_a_vote_stands_is_shown_to_nobody_while_it_is_open(cast, as_, topic):
    vote(topic, cast.worker, at=timezone.now())
    page = as_(cast.community).get(url("topic_detail", topic.pk)).content.decode()
    assert "topic-option-votes" not in page


def test_an_open_vote_names_who_voted_after_the_closing_to_accounts_alone(cast, as_, client):
    topic = decided(cast, is_secret=False)
    services.publish_topic(topic=topic, actor=cast.community)
    assert "乌兰：同意" in as_(cast.worker).get(url("topic_detail", topic.pk)).content.decode()
    code = cast.tree.community.code
    assert "乌兰" not in client.get(url("public_topic", code, topic.pk)).content.decode()
    assert client.get(url("public_ballots", code, topic.pk)).status_code == 404


def test_slips_are_printed_once_and_again_only_when_asked(cast, as_, topic):
    browser, page, code = as_(cast.community), url("topic_slips", topic.pk), cast.tree.building.code
    sheet = browser.post(page, {"grid": code})
    assert sheet.content.decode().count('class="slip"') == 40
    assert "no-store" in sheet.headers["Cache-Control"]
    assert browser.post(page, {"grid": code}).status_code == 409
    assert browser.post(page, {"grid": code, "again": "1", "numbers": "3、5"}).content.decode().count("slip-qr") == 2
    assert browser.post(page, {"grid": code, "again": "1", "numbers": "三"}).status_code == 400
    assert browser.post(page, {"grid": cast.tree.unit.code}).status_code == 400


# A decision becomes a case


def test_a_decision_becomes_a_case_by_one_action(cast, as_):
    make_category("物业管理")
    topic, browser = decided(cast), as_(cast.community)
    page = browser.get(url("topic_detail", topic.pk)).content.decode()
    filing = f"/events/file/?occasion=topic-{topic.pk}"
    assert filing in page
    form = browser.get(filing).context["form"]
    assert (form["title"].value(), form["description"].value()) == ("加装电梯", "同意加装，由物业牵头。")
    sent = {name: form[name].value() or "" for name in ("title", "description", "grid", "occasion", "idempotency_key")}
    category = form.fields["category"].queryset.get()
    filed = browser.post("/events/file/", sent | {"category": category.pk, "urgency": "normal"})
    assert filed.url in browser.get(url("topic_detail", topic.pk)).content.decode()
    assert f"/topics/{topic.pk}/" in browser.get(filed.url).content.decode()


def test_nobody_files_from_a_topic_that_is_not_decided_or_not_theirs(cast, as_, topic):
    assert as_(cast.community).get(f"/events/file/?occasion=topic-{topic.pk}").status_code == 404
    assert as_(cast.worker).get(f"/events/file/?occasion=topic-{decided(cast).pk}").status_code == 404


# Cards, pointers, queries


def render(tag: str, **context) -> str:
    return Template("{% load topic_tags %}" + tag).render(Context(context))


def test_the_card_of_a_branch_costs_the_same_however_many_topics(cast, django_assert_num_queries):
    branch = make_branch(cast.tree.community)
    for number in range(7):
        make_topic(cast.community, cast.tree.community, title=f"议题{number}", branch=branch)
    user = User.objects.get(pk=cast.community.pk)
    assert user.active_posts
    with django_assert_num_queries(3):  # topics, their cases, the grids above
        card = render("{% topics_of branch user %}", branch=branch, user=user)
    assert ("议题6" in card, "议题1" in card) == (True, False)


def test_what_waits_is_shown_on_the_workbench_in_five_queries(cast, topic, django_assert_num_queries):
    user = User.objects.get(pk=cast.community.pk)
    make_topic(cast.community, cast.tree.community, title="停车难")
    assert user.active_posts
    with django_assert_num_queries(5):  # what one leads, and keys and rows of what to vote on and to go on with
        card = render("{% topics_waiting user %}", user=user)
    assert ("停车难" in card, f"/topics/{topic.pk}/vote/" in card) == (True, True)
    vote(topic, user, at=timezone.now())
    assert f"/topics/{topic.pk}/vote/" not in render("{% topics_waiting user %}", user=user)
    assert not render("{% topics_waiting user %}", user=cast.neighbour).strip()


@pytest.mark.parametrize("count", [3, 12])
def test_the_list_costs_the_same_however_many_topics(cast, as_, count, django_assert_num_queries):
    for number in range(count):
        make_topic(cast.community, cast.tree.community, title=f"议题{number}")
    browser = as_(cast.worker)
    with django_assert_num_queries(8):
        assert browser.get(url("topic_list")).status_code == 200


@pytest.mark.parametrize("remarks", [0, 15])
def test_the_page_of_a_topic_costs_the_same_however_much_was_said(cast, as_, remarks, django_assert_num_queries):
    topic = make_topic(cast.community, cast.tree.community)
    for number in range(remarks):
        services.remark(topic=topic, actor=cast.worker, text=f"意见{number}")
    browser = as_(cast.worker)
    with django_assert_num_queries(13):
        assert browser.get(url("topic_detail", topic.pk)).status_code == 200


def test_topics_are_pointed_to_by_who_may_see_them(cast):
    topic = make_topic(cast.community, cast.tree.community)
    assert [one.key for one in offered(cast.community, cast.tree.community, "topic", "电梯")] == [str(topic.pk)]
    assert found(cast.worker, "topic", str(topic.pk)).url == url("topic_detail", topic.pk)
    assert found(cast.neighbour, "topic", str(topic.pk)) is None
    assert found(cast.worker, "topic", "x") is None
