"""A topic on its way from the proposal to the opened vote: who may, what is refused, what is written down."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches import services
from branches.deliberation.access import visible_topics
from branches.deliberation.electorate import MOST_SLIPS
from branches.exceptions import StateConflict
from branches.models import Topic
from grids.models import Role, User
from grids.services import PublicLimit
from tests.branches.deliberation import AFTER, decided, vote
from tests.events.conftest import MONDAY
from tests.factories import make_branch, make_organisation, make_topic, make_user, make_vote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def resident_topic(cast, key="k" * 32, **given) -> tuple[Topic, str]:
    given = {"grid": cast.tree.community, "text": "小区门口想装充电桩", "source": "s"} | given
    return services.propose_as_resident(key=key, **given)


# Proposing


def test_a_resident_proposes_without_a_name_and_finds_the_answer(cast):
    topic, receipt = resident_topic(cast)
    assert (topic.state, topic.proposer, str(topic)) == ("proposed", None, "小区门口想装充电桩")
    services.decline_topic(topic=topic, actor=cast.community, reason="已列入明年计划")
    found = services.find_proposal(receipt=f" {receipt.lower()[:5]}-{receipt[5:]}", source="x")
    assert (found, found.reason) == (topic, "已列入明年计划")


def test_the_receipt_itself_is_kept_nowhere(cast):
    topic, receipt = resident_topic(cast)
    assert receipt not in str(Topic.objects.filter(pk=topic.pk).values().get())


def test_the_same_page_sent_twice_proposes_once(cast):
    assert resident_topic(cast) == resident_topic(cast)
    assert Topic.objects.count() == 1


def test_one_source_proposes_no_more_than_its_limit(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"topic": (1, 3600)}
    resident_topic(cast)
    with pytest.raises(PublicLimit):
        resident_topic(cast, key="another")


def test_who_guesses_receipts_has_to_wait(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"topic_receipt": (2, 3600)}
    for _try in range(2):
        assert services.find_proposal(receipt="AAAA", source="x") is None
    with pytest.raises(PublicLimit):
        services.find_proposal(receipt="AAAA", source="x")


def test_a_residents_words_are_erased_some_time_after_the_answer_and_not_before(cast):
    answered, waiting = (resident_topic(cast, key=key, at=MONDAY)[0] for key in "ab")
    services.decline_topic(topic=answered, actor=cast.community, reason="已列入明年计划")
    assert services.forget_proposals(at=MONDAY + timedelta(days=179)) == 0
    assert services.forget_proposals(at=MONDAY + timedelta(days=181)) == 1
    answered.refresh_from_db()
    waiting.refresh_from_db()
    assert (answered.proposal, str(answered), bool(waiting.proposal)) == ("", f"topic {answered.pk}", True)


@pytest.mark.parametrize("text", ["", "  \u200b", "字" * 2001, "字\u202e"])
def test_a_proposal_that_cannot_stand_is_refused_at_its_field(cast, text):
    with pytest.raises(ValidationError) as refused:
        resident_topic(cast, text=text)
    assert list(refused.value.message_dict) == ["proposal"]


def test_an_owners_committee_proposes_by_its_representative(cast):
    chair = make_user("业委会主任")
    make_organisation(cast.tree.building, kind="owners_committee", representatives=[chair], is_joint=False)
    chair = User.objects.get(pk=chair.pk)
    given = {"actor": chair, "grid": cast.tree.building, "title": "加装电梯", "text": ""}
    assert services.propose_topic(**given, proposer_kind="committee").proposer == chair
    with pytest.raises(PermissionDenied):
        services.propose_topic(**given, proposer_kind="desk")


def test_a_neighbour_proposes_nothing_here(cast):
    with pytest.raises(PermissionDenied, match="cannot propose"):
        services.propose_topic(actor=cast.stranger, grid=cast.tree.community, title="停车", text="")


def test_the_same_form_sent_twice_proposes_once(cast):
    given = {"actor": cast.worker, "grid": cast.tree.community, "title": "停车", "text": "", "idempotency_key": "a"}
    assert services.propose_topic(**given) == services.propose_topic(**given)


# Taking up, declining, discussing


def test_taking_up_puts_it_in_words_for_everybody_and_names_a_moderator(cast):
    topic, _receipt = resident_topic(cast)
    taken = services.take_up_topic(topic=topic, actor=cast.community, title="充电桩", text="装在哪里？", at=MONDAY)
    assert (taken.state, taken.title, taken.moderator) == ("discussing", "充电桩", cast.community)
    assert [step.action for step in taken.steps.all()] == ["propose", "take_up"]


@pytest.mark.parametrize("who", ["worker", "police", "neighbour"])
def test_only_the_desk_takes_up(cast, who):
    topic, _receipt = resident_topic(cast)
    with pytest.raises(PermissionDenied):
        services.take_up_topic(topic=topic, actor=getattr(cast, who), title="充电桩", text="")


def test_the_secretary_takes_up_for_the_branch(cast):
    secretary = make_user("支部书记")
    branch = make_branch(cast.tree.community, secretary=secretary)
    topic = services.propose_topic(
        actor=cast.worker, grid=cast.tree.community, branch=branch, title="停车", text=""
    )  # fmt: skip
    assert services.take_up_topic(topic=topic, actor=secretary, title="停车", text="").state == "discussing"


def test_what_is_declined_needs_a_reason_and_is_dealt_with_once(cast):
    topic, _receipt = resident_topic(cast)
    with pytest.raises(ValidationError) as refused:
        services.decline_topic(topic=topic, actor=cast.community, reason=" ")
    assert "reason" in refused.value.message_dict
    services.decline_topic(topic=topic, actor=cast.community, reason="不属于本社区")
    with pytest.raises(StateConflict, match="dealt with"):
        services.take_up_topic(topic=topic, actor=cast.community, title="充电桩", text="")


def test_a_moderator_hides_with_a_reason_and_nothing_is_removed(cast):
    topic = make_topic(cast.community, cast.tree.community)
    said = services.remark(topic=topic, actor=cast.worker, text="三楼那家太吵")
    assert services.remark(topic=topic, actor=cast.worker, text="三楼那家太吵") == said
    with pytest.raises(PermissionDenied):
        services.hide_remark(remark=said, actor=cast.worker, reason="x")
    hidden = services.hide_remark(remark=said, actor=cast.community, reason="涉及他人隐私")
    assert (hidden.text, hidden.hidden_reason) == ("三楼那家太吵", "涉及他人隐私")


# Options and opening


@pytest.mark.parametrize("options", [["同意"], ["同意", "同意"], ["x" * 121, "不同意"], [str(n) for n in range(11)]])
def test_options_that_are_no_choice_are_refused(cast, options):
    topic = make_topic(cast.community, cast.tree.community)
    with pytest.raises(ValidationError) as refused:
        services.set_options(topic=topic, actor=cast.community, options=options)
    assert list(refused.value.message_dict) == ["options"]


def test_the_options_are_fixed_once_the_vote_is_open(cast):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY)
    with pytest.raises(StateConflict, match="fixed"):
        services.set_options(topic=topic, actor=cast.community, options=["甲", "乙"])
    assert [option.text for option in topic.options.all()] == ["同意", "不同意"]


def test_the_list_is_fixed_when_the_vote_opens(cast):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY)
    listed = {voter.user for voter in topic.voters.all()}
    assert listed == {cast.worker, cast.chief, cast.community, cast.police}
    newcomer = make_user("新来的")
    with pytest.raises(topic.voters.model.DoesNotExist):
        vote(topic, newcomer)


def test_people_are_listed_by_role_and_by_organisation_once(cast):
    firm = make_organisation(cast.tree.community, representatives=[cast.worker, cast.stranger])
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY, roles=[Role.STAFF], organisations=[firm])
    assert {voter.user for voter in topic.voters.all()} == {cast.worker, cast.stranger}
    assert topic.entitled == 2
    assert visible_topics(cast.stranger).get() == topic


def test_each_household_of_the_buildings_has_a_slip(cast):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY, roles=[], households=True)
    assert topic.entitled == 40 + 36
    assert [voter.slip for voter in topic.voters.all()] == list(range(1, 77))
    assert {voter.grid for voter in topic.voters.all()} == {cast.tree.building, cast.tree.second_building}


def test_too_many_households_for_slips_are_told(cast):
    cast.tree.building.households = MOST_SLIPS + 1
    cast.tree.building.save()
    with pytest.raises(ValidationError) as refused:
        make_vote(cast.community, cast.tree.community, at=MONDAY, households=True)
    assert "households" in refused.value.message_dict


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"closes_at": MONDAY}, "closes_at"),
        ({"closes_at": MONDAY + timedelta(days=61)}, "closes_at"),
        ({"opens_at": MONDAY - timedelta(hours=1)}, "opens_at"),
        ({"quorum": 101}, "quorum"),
        ({"quorum_kind": "number", "quorum": 9}, "quorum"),
        ({"majority": "whim"}, "majority"),
        ({"roles": []}, "roles"),
    ],
)
def test_a_vote_that_cannot_be_held_is_refused_at_its_field(cast, given, field):
    with pytest.raises(ValidationError) as refused:
        make_vote(cast.community, cast.tree.community, at=MONDAY, **given)
    assert field in refused.value.message_dict
    assert Topic.objects.get().state == "discussing"


# Decision and result


def test_from_the_count_to_the_published_decision(cast):
    topic = services.publish_topic(topic=decided(cast), actor=cast.community, at=AFTER)
    assert (topic.state, topic.verdict, topic.chosen.text) == ("published", "decided", "同意")
    assert [step.action for step in topic.steps.all()][-4:] == ["open", "close", "decide", "publish"]


def test_a_decision_is_written_once(cast):
    with pytest.raises(StateConflict, match="once"):
        services.decide_topic(topic=decided(cast), actor=cast.community, decision="改主意了")


def test_residents_are_asked_and_confirm_by_slip(cast):
    topic = services.publish_topic(topic=decided(cast, households=True, quorum=0), actor=cast.community, at=AFTER)
    topic = services.ask_residents(topic=topic, actor=cast.community, done="电梯已装好", at=AFTER)
    home = topic.voters.slips().first()
    services.answer_result(topic=topic, is_done=False, voter=home, at=AFTER)
    services.answer_result(topic=topic, is_done=True, voter=home, at=AFTER)
    for page in "abc":
        services.answer_result(topic=topic, is_done=False, key=page, source="s", at=AFTER)
    answers = services.answers_of(topic)
    assert (answers.done, answers.not_yet, answers.not_yet_openly) == (1, 0, 3)
    concluded = services.conclude_answers(topic=topic, at=topic.answers_until)
    assert concluded.state == "confirmed"
    with pytest.raises(StateConflict):
        services.answer_result(topic=topic, is_done=True, voter=home, at=AFTER)


def test_silence_confirms_nothing_and_the_residents_may_be_asked_again(cast):
    topic = services.publish_topic(topic=decided(cast), actor=cast.community, at=AFTER)
    topic = services.ask_residents(topic=topic, actor=cast.community, done="已装好", at=AFTER)
    services.answer_result(topic=topic, is_done=False, key="a", source="s", at=AFTER)
    assert services.go_on_with_due_topics(at=topic.answers_until) == 1
    assert Topic.objects.get().state == "unconfirmed"
    again = services.ask_residents(topic=topic, actor=cast.community, done="这次真装好了", at=AFTER)
    assert (again.round, services.answers_of(again).not_yet_openly) == (2, 0)


def test_the_same_page_answers_once_and_one_source_only_so_often(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"answer": (1, 3600)}
    topic = services.publish_topic(topic=decided(cast), actor=cast.community, at=AFTER)
    topic = services.ask_residents(topic=topic, actor=cast.community, done="已装好", at=AFTER)
    for is_done in (False, True):
        services.answer_result(topic=topic, is_done=is_done, key="a", source="s", at=AFTER)
    assert services.answers_of(topic).done_openly == 1
    with pytest.raises(PublicLimit):
        services.answer_result(topic=topic, is_done=True, key="b", source="s", at=AFTER)
