"""Topics for everybody: proposing without a name, voting with a slip, reading results, saying whether it was done."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from branches import services
from branches.models import Ballot, Topic
from grids.public_forms import stamp
from grids.services import merge_grids
from tests.branches.deliberation import decided, vote
from tests.events.conftest import MONDAY
from tests.factories import make_event, make_topic, make_vote, take

pytestmark = pytest.mark.django_db
TEXT = "小区门口能不能装几个充电桩？电动车没处充电。"


@pytest.fixture(autouse=True)
def no_wait(settings):
    settings.PUBLIC_FORM_SECONDS = (0, 3600)


def url(cast, name: str, *args) -> str:
    return reverse(name, args=[cast.tree.community.code, *args])


def stamped(cast, **given) -> dict:
    return {"opened": stamp(cast.tree.community, timezone.now()), "key": "a" * 32} | given


@pytest.fixture
def topic(cast) -> Topic:
    return make_vote(cast.community, cast.tree.community, at=timezone.now(), roles=[], households=True)


@pytest.fixture
def slip(cast, topic) -> str:
    return services.print_slips(topic=topic, actor=cast.community, grid=cast.tree.building)[0].code


# Reading


def test_the_public_page_of_a_grid_leads_here(cast, client):
    assert url(cast, "public_topics") in client.get(f"/g/{cast.tree.community.code}/").content.decode()


@pytest.mark.parametrize("page", ["public_topics", "public_topic_propose", "public_topic_receipt"])
def test_a_page_opens_for_anybody_and_is_kept_nowhere(cast, client, page):
    answer = client.get(url(cast, page))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("code", ["150105", "999999999999", "nothing"])
def test_other_codes_lead_nowhere(cast, client, code):
    assert client.get(f"/g/{code}/topics/").status_code == 404


@pytest.mark.parametrize("count", [2, 9])
def test_the_list_costs_the_same_however_many_topics(cast, client, count, django_assert_num_queries):
    for number in range(count):
        make_topic(cast.community, cast.tree.community, title=f"议题{number}")
    with django_assert_num_queries(6):  # the grid and where it leads, how many, topics, their cases, the grids above
        assert client.get(url(cast, "public_topics")).status_code == 200


def test_topics_of_the_street_above_and_of_buildings_below_are_shown_and_a_neighbours_are_not(cast, client):
    for who, grid, title in (
        (cast.street, cast.tree.street, "街道的"),
        (cast.community, cast.tree.building, "楼里的"),
        (cast.street, cast.tree.other_community, "邻社区的"),
    ):
        make_topic(who, grid, title=title)
    page = client.get(url(cast, "public_topics")).content.decode()
    assert ("街道的" in page, "楼里的" in page, "邻社区的" in page) == (True, True, False)


def test_a_topic_of_elsewhere_has_no_page_here(cast, client):
    other = make_topic(cast.street, cast.tree.other_community)
    assert client.get(url(cast, "public_topic", other.pk)).status_code == 404


# Proposing


def test_a_resident_proposes_and_reads_the_answer_by_its_number(cast, client):
    answer = client.post(url(cast, "public_topic_propose"), stamped(cast, text=TEXT))
    receipt = re.search(r'topic-receipt">([A-Z0-9-]{11})<', answer.content.decode())[1]
    topic = Topic.objects.get()
    assert "已经收到" in client.post(url(cast, "public_topic_receipt"), {"receipt": receipt}).content.decode()
    services.decline_topic(topic=topic, actor=cast.community, reason="已列入明年计划")
    assert "已列入明年计划" in client.post(url(cast, "public_topic_receipt"), {"receipt": receipt}).content.decode()
    assert client.post(url(cast, "public_topic_receipt"), {"receipt": "AAAA"}).status_code == 400


def test_the_same_page_sent_twice_proposes_once_and_shows_the_same_number(cast, client):
    first, second = (client.post(url(cast, "public_topic_propose"), stamped(cast, text=TEXT)) for _time in range(2))
    number = r'topic-receipt">([A-Z0-9-]{11})<'
    assert re.search(number, first.content.decode())[1] == re.search(number, second.content.decode())[1]
    assert Topic.objects.count() == 1


def test_raw_words_are_public_nowhere(cast, client):
    client.post(url(cast, "public_topic_propose"), stamped(cast, text=TEXT))
    topic = Topic.objects.get()
    assert client.get(url(cast, "public_topic", topic.pk)).status_code == 404
    services.take_up_topic(topic=topic, actor=cast.community, title="充电桩", text="在哪里装充电桩？")
    for page in (client.get(url(cast, "public_topics")), client.get(url(cast, "public_topic", topic.pk))):
        assert "充电桩" in page.content.decode()
        assert "没处充电" not in page.content.decode()


@pytest.mark.parametrize(
    ("given", "status"),
    [({"text": " "}, 400), ({"homepage": "http://x"}, 400), ({"opened": ""}, 400), ({"text": "字\0"}, 400),
     ({"text": "字\u202e"}, 400)],
)  # fmt: skip
def test_what_is_refused_keeps_the_words(cast, client, given, status):
    answer = client.post(url(cast, "public_topic_propose"), stamped(cast, text=TEXT) | given)
    assert answer.status_code == status
    assert 'role="alert"' in answer.content.decode()
    assert "text" in given or TEXT in answer.content.decode()
    assert not Topic.objects.exists()


def test_very_many_proposals_are_told_to_wait(cast, client, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"topic": (0, 3600)}
    answer = client.post(url(cast, "public_topic_propose"), stamped(cast, text=TEXT))
    assert (answer.status_code, TEXT in answer.content.decode()) == (429, True)


# Voting with a slip


def cast_by(client, cast, topic, code, **given):
    sent = stamped(cast, slip=code, option="1") | given
    return client.post(url(cast, "public_topic_vote", topic.pk), sent)


def test_a_slip_votes_once_and_its_receipt_changes_the_vote(cast, client, topic, slip):
    page = client.get(f"{url(cast, 'public_topic_vote', topic.pk)}?slip={slip}").content.decode()
    assert f'value="{slip}"' in page
    answer = cast_by(client, cast, topic, slip).content.decode()
    receipt = re.search(r'topic-receipt">([A-Z0-9-]{14})<', answer)[1]
    again = cast_by(client, cast, topic, slip, key="b" * 32, option="2")
    assert (again.status_code, "已经投过票" in again.content.decode()) == (409, True)
    assert cast_by(client, cast, topic, slip, key="b" * 32, option="2", receipt=receipt).status_code == 200
    assert services.votes_of(topic) == {2: 1}


def test_a_receipt_is_found_on_the_published_list(cast, client, topic, slip):
    answer = cast_by(client, cast, topic, slip, option="abstain").content.decode()
    receipt = re.search(r'topic-receipt">([A-Z0-9-]{14})<', answer)[1].replace("-", "")
    assert client.get(url(cast, "public_ballots", topic.pk)).status_code == 404
    services.close_vote(topic=topic, at=timezone.now() + timedelta(days=8))
    text = client.get(url(cast, "public_ballots", topic.pk)).content.decode()
    assert text == f"{hashlib.sha256(f'{topic.pk}:{receipt}'.encode()).hexdigest()} 0\n"
    page = client.get(url(cast, "public_topic", topic.pk)).content.decode()
    assert hashlib.sha256(text.encode()).hexdigest() in page


@pytest.mark.parametrize(
    ("given", "status"),
    [({"slip": "AAAAAAAAAA"}, 400), ({"slip": ""}, 400), ({"option": "9"}, 400), ({"option": ""}, 400),
     ({"key": ""}, 400), ({"opened": ""}, 400), ({"receipt": "AAAA"}, 400)],
)  # fmt: skip
def test_a_vote_that_cannot_be_taken_is_refused_and_keeps_the_slip(cast, client, topic, slip, given, status):
    answer = cast_by(client, cast, topic, slip, **given)
    assert answer.status_code == status
    assert 'role="alert"' in answer.content.decode()
    assert "slip" in given or slip in answer.content.decode()
    assert not Ballot.objects.exists()


def test_who_guesses_slips_has_to_wait(cast, client, topic, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"slip": (1, 3600)}
    assert cast_by(client, cast, topic, "AAAAAAAAAA").status_code == 400
    assert cast_by(client, cast, topic, "AAAAAAAAAA").status_code == 429


def test_a_slip_after_the_closing_is_told(cast, client, topic, slip):
    Topic.objects.update(opens_at=MONDAY, closes_at=timezone.now())
    answer = cast_by(client, cast, topic, slip)
    assert answer.status_code == 409
    assert "topic-receipt" not in answer.content.decode()
    assert Topic.objects.get().state == "closed"


# The result


def published(cast, **rule) -> Topic:
    topic = decided(cast, at=MONDAY - timedelta(days=30), **rule)
    return services.publish_topic(topic=topic, actor=cast.community)


def test_the_decision_is_public_once_it_is_published(cast, client):
    topic = decided(cast)
    page = url(cast, "public_topic", topic.pk)
    assert "由物业牵头" not in client.get(page).content.decode()
    services.publish_topic(topic=topic, actor=cast.community)
    assert "由物业牵头" in client.get(page).content.decode()


def test_what_became_of_it_is_the_state_of_its_case_and_no_word_of_it(cast, client):
    from events import occasions

    topic = published(cast)
    event = make_event(
        cast.community, cast.tree.community, title="张三家的电梯",
        occasion=occasions.find(cast.community, f"topic-{topic.pk}"),
    )  # fmt: skip
    take(event, "accept")
    for page in (url(cast, "public_topics"), url(cast, "public_topic", topic.pk)):
        shown = client.get(page).content.decode()
        assert "处置中" in shown
        assert "张三家" not in shown
        assert event.number not in shown


def test_residents_say_whether_it_was_done(cast, client):
    topic = services.ask_residents(topic=published(cast), actor=cast.community, done="电梯已装好")
    page = url(cast, "public_topic_answer", topic.pk)
    for _time in range(2):
        assert client.post(page, stamped(cast, is_done="yes")).status_code == 302
    assert services.answers_of(topic).done_openly == 1
    assert client.post(page, stamped(cast, is_done="maybe")).status_code == 400
    assert client.post(page, stamped(cast, is_done="no", slip="AAAA")).status_code == 400
    services.conclude_answers(topic=topic, at=topic.answers_until)
    assert client.post(page, stamped(cast, is_done="yes", key="z")).status_code == 409
    assert "居民已确认" in client.get(url(cast, "public_topic", topic.pk)).content.decode()


def test_residents_whose_pages_bring_no_key_do_not_share_an_answer(cast):
    topic = services.ask_residents(topic=published(cast), actor=cast.community, done="电梯已装好")
    page, sent = url(cast, "public_topic_answer", topic.pk), stamped(cast, key="")
    first, second = Client(), Client()
    for browser, said in ((first, "yes"), (second, "yes"), (first, "no")):
        assert browser.post(page, sent | {"is_done": said}).status_code == 302
    answers = services.answers_of(topic)
    assert (answers.done_openly, answers.not_yet_openly) == (1, 1)


@pytest.mark.parametrize("cookie", ["a:b", "::", "x" * 2000])
def test_a_forged_cookie_is_nobodys(cast, client, cookie):
    topic = services.ask_residents(topic=published(cast), actor=cast.community, done="电梯已装好")
    client.cookies["saihan_answer"] = cookie
    answer = client.post(url(cast, "public_topic_answer", topic.pk), stamped(cast, key="", is_done="yes"))
    assert (answer.status_code, services.answers_of(topic).done_openly) == (302, 1)


def test_nobody_is_asked_before_it_is_done(cast, client):
    topic = published(cast)
    assert client.post(url(cast, "public_topic_answer", topic.pk), stamped(cast, is_done="yes")).status_code == 409


# A reorganisation


def test_topics_and_slips_go_on_with_the_grid_that_takes_the_place_of_theirs(cast, client, topic, slip):
    tree = cast.tree
    merge_grids(actor=None, grid=tree.community, into=tree.other_community, reason="合并")
    topic.refresh_from_db()
    tree.other_community.refresh_from_db()
    assert (topic.grid, topic.position) == (tree.other_community, tree.other_community.lft)
    old = url(cast, "public_topic_vote", topic.pk)
    new = reverse("public_topic_vote", args=[tree.other_community.code, topic.pk])
    assert client.get(old).url == new
    sent = {"opened": stamp(tree.other_community, timezone.now()), "key": "a" * 32, "slip": slip, "option": "1"}
    assert client.post(new, sent).status_code == 200
    voter = topic.voters.filter(has_voted=True).get()
    assert voter.position == voter.grid.lft


def test_a_building_that_is_merged_takes_its_slips_along(cast, topic, slip):
    tree = cast.tree
    merge_grids(actor=None, grid=tree.building, into=tree.second_building, reason="合并")
    assert set(topic.voters.values_list("grid", "position")) == {(tree.second_building.pk, tree.second_building.lft)}
    vote_of = services.find_slip(topic=topic, code=slip, source="x")
    assert vote_of.grid == tree.second_building


def test_an_open_vote_is_read_by_the_number_of_votes_alone(cast, client):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY, is_secret=False)
    vote(topic, cast.worker)
    services.close_vote(topic=topic, at=MONDAY + timedelta(days=8))
    page = client.get(url(cast, "public_topic", topic.pk)).content.decode()
    assert ("1 票" in page, cast.worker.name in page) == (True, False)
