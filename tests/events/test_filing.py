"""Filing: what is refused and in which words, what is kept verbatim, and that a repeated request files once."""

import secrets

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError

from events import services
from events.models import Event, Step
from grids.models import Grid, Role
from grids.services import end_post, retire_grid
from tests.events.conftest import MONDAY, moment
from tests.factories import make_category, make_event, make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def file(cast):
    """Files a case for the unit as the worker, with one thing or another changed."""
    category = make_category()

    def file(**changes):
        given = {"actor": cast.worker, "category": category, "grid": cast.tree.unit, "title": "楼道灯坏了"}
        return services.file_event(**given | changes)

    return file


def refusal_of(file, **changes) -> dict:
    """What filing says at which field; nothing is written."""
    with pytest.raises(ValidationError) as refused:
        file(**changes)
    assert not Event.objects.exists()
    assert not Step.objects.exists()
    return refused.value.message_dict


def test_filing_writes_event_and_step_together(cast, file):
    event = file(description="三楼到四楼", address="东侧楼梯", at=MONDAY)
    step = event.steps.get()
    assert (event.status, event.reporter, event.filed_at, event.round) == ("filed", cast.worker, MONDAY, 1)
    assert event.number.startswith("20261123-")
    assert event.position == cast.tree.unit.lft
    assert (step.action, step.side, step.actor, step.actor_name) == ("file", "reporter", cast.worker, "乌兰")
    assert (step.ordinal, step.from_status, step.to_status, step.due_at) == (1, "", "filed", event.due_at)


def test_the_number_carries_the_day_in_hohhot(file):
    assert file(at=moment("2026-11-24 00:30")).number.startswith("20261124-")


@pytest.mark.parametrize("title", ["", "   ", "\n\t"])
def test_a_title_is_needed(file, title):
    assert refusal_of(file, title=title) == {"title": ["This field cannot be blank."]}


@pytest.mark.parametrize("title", ["\u200b\u200b", "\ufeff \u2060"])
def test_a_title_that_shows_nothing_is_none(file, title):
    assert refusal_of(file, title=title) == {"title": ["Say in a line what happened."]}


def test_the_longest_names_of_places_fit_into_the_history(cast, file):
    make_post(grid=cast.tree.unit, role=Role.CHIEF)
    Grid.objects.update(name="网" * 64)
    step = file(grid=Grid.objects.get(pk=cast.tree.unit.pk)).steps.get()
    assert step.holder_name == " ".join(["网" * 64] * 3)
    step.clean_fields()


@pytest.mark.parametrize(
    ("field", "length", "most"), [("title", 10_000, 120), ("description", 10_000, 2000), ("address", 201, 200)]
)
def test_too_long_a_text_is_refused_with_its_length(file, field, length, most):
    sentence = f"Ensure this value has at most {most} characters (it has {length})."
    assert refusal_of(file, **{field: "长" * length}) == {field: [sentence]}


@pytest.mark.parametrize(("field", "most"), [("title", 120), ("description", 2000), ("address", 200)])
def test_the_longest_allowed_text_is_kept(file, field, most):
    event = file(**{field: "长" * most})
    assert getattr(Event.objects.get(pk=event.pk), field) == "长" * most


@pytest.mark.parametrize("field", ["title", "description", "address", "idempotency_key"])
def test_nul_is_refused(file, field):
    sentence = "The text holds a NUL character. Type it again."
    assert refusal_of(file, **{field: "灯\x00坏了"}) == {field: [sentence]}


def test_control_characters_are_refused_and_line_breaks_are_not(file):
    assert file(description="第一行\n第二行").description == "第一行\n第二行"
    with pytest.raises(ValidationError, match="control characters"):
        file(description="响铃\x07")


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202e\u2066\u2069")
def test_marks_that_turn_the_reading_direction_are_refused(file, mark):
    sentence = "Invisible text-direction marks are not allowed. Type the text again."
    assert refusal_of(file, title=f"灯{mark}坏了") == {"title": [sentence]}


ODD = ["🔥电动车起火👩‍🚒", "<script>alert('灯')</script>", "'; DROP TABLE events_event; --", "100% \\ %(x)s {{ y }}"]


@pytest.mark.parametrize("text", ODD)
def test_odd_text_is_kept_as_it_was_typed(file, text):
    event = Event.objects.get(pk=file(title=text, description=text, address=text).pk)
    assert (event.title, event.description, event.address) == (text, text, text)


def test_blanks_around_a_text_are_dropped(file):
    event = file(title="  灯坏了\n", description=" 三楼 ", address=" 东侧 ")
    assert (event.title, event.description, event.address) == ("灯坏了", "三楼", "东侧")


def test_an_unknown_urgency_is_refused(file):
    assert refusal_of(file, urgency="soon") == {"urgency": ["Value 'soon' is not a valid choice."]}


def test_a_grid_outside_ones_area_is_refused(cast, file):
    for grid in (cast.tree.other_building, cast.tree.street, cast.tree.far_community):
        assert refusal_of(file, grid=grid) == {"grid": ["This grid is outside your area."]}


def test_a_post_in_a_building_files_for_its_whole_community(cast, file):
    assert file(actor=cast.chief, grid=cast.tree.second_building).grid == cast.tree.second_building


def test_a_retired_grid_is_refused(cast, file):
    grid = retire_grid(actor=None, grid=cast.tree.unit)
    assert refusal_of(file, grid=grid) == {"grid": ["This grid is retired. Choose the one that took its place."]}


def test_a_grid_retired_since_the_page_was_opened_is_refused(cast, file):
    retire_grid(actor=None, grid=cast.tree.unit)
    sentence = "This grid has just been retired. Choose again."
    assert refusal_of(file, grid=cast.tree.unit) == {"grid": [sentence]}


def test_without_a_post_nobody_files(cast, file):
    expected = {"__all__": ["Only somebody who holds a post can file a case."]}
    assert refusal_of(file, actor=cast.stranger) == expected
    assert refusal_of(file, actor=cast.admin) == expected
    for post in cast.worker.active_posts:
        end_post(actor=None, post=post)
    assert refusal_of(file, actor=cast.worker) == expected


def test_a_category_out_of_use_is_refused(file):
    category = make_category("旧类别", is_active=False)
    assert refusal_of(file, category=category) == {"category": ["This category is no longer in use. Choose another."]}


def test_all_that_is_wrong_is_said_at_once(cast, file):
    found = refusal_of(file, title="", grid=cast.tree.far_community, urgency="soon")
    assert set(found) == {"title", "grid", "urgency"}


def test_a_time_without_zone_is_the_callers_mistake(file):
    with pytest.raises(ValueError, match="A time needs its time zone"):
        file(at=MONDAY.replace(tzinfo=None))


def test_a_clue_category_makes_the_case_confidential(file):
    assert file(category=make_category("线索举报", is_confidential=True)).is_confidential


def test_a_repeated_request_returns_the_first_event(file):
    first = file(idempotency_key="k-1")
    again = file(idempotency_key="k-1", title="又点了一次")
    assert (again.pk, again.title) == (first.pk, "楼道灯坏了")
    assert Step.objects.count() == 1


def test_another_key_another_person_or_no_key_is_another_event(cast, file):
    first = file(idempotency_key="k-1")
    others = [file(idempotency_key="k-2"), file(idempotency_key="k-1", actor=cast.chief), file(), file()]
    assert len({first.pk, *(event.pk for event in others)}) == 5


def test_a_repeated_request_returns_the_first_event_whatever_changed_meanwhile(cast, file):
    first = file(idempotency_key="k-1")
    grid = retire_grid(actor=None, grid=cast.tree.unit)
    assert file(idempotency_key="k-1", grid=grid).pk == first.pk


def test_a_number_that_is_taken_is_drawn_again(file, monkeypatch):
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(secrets, "randbelow", lambda _below: next(drawn))
    first, second = file(at=MONDAY), file(at=MONDAY)
    assert (first.number, second.number) == ("20261123-000007", "20261123-000008")
    assert second.steps.get().ordinal == 1


def test_a_day_without_a_free_number_is_told_and_not_turned_into_another_error(file, monkeypatch):
    monkeypatch.setattr(secrets, "randbelow", lambda _below: 7)
    file(at=MONDAY)
    with pytest.raises(DatabaseError, match="No free event number"):
        file(at=MONDAY)
    assert Event.objects.count() == 1


def test_the_history_names_the_post_for_the_place(cast, file):
    person = make_user("两处网格员")
    make_post(person, cast.tree.other_building)
    make_post(person, cast.tree.building)
    assert file(actor=person).steps.get().actor_post == "1号楼 grid staff"
    make_post(person, cast.tree.far_community, "chief")
    assert file(actor=person, grid=cast.tree.far_community).steps.get().actor_post == "桥靠社区 grid chief"


def test_filing_takes_at_most_twelve_queries(cast, file, django_assert_max_num_queries):
    cast.worker.active_posts  # noqa: B018 - each request reads them once
    with django_assert_max_num_queries(12):
        file(idempotency_key="k-1")


@pytest.mark.parametrize(
    ("urgency", "limit", "unit", "due"),
    [
        ("normal", None, "", "2026-11-24 09:00"),
        ("urgent", None, "", "2026-11-23 11:00"),
        ("normal", 2, "working_hour", "2026-11-23 11:00"),
        ("normal", 5, "working_day", "2026-11-24 09:00"),
        ("urgent", 1, "emergency_hour", "2026-11-23 10:00"),
    ],
)
def test_the_shorter_of_loop_and_category_limit_counts(cast, file, urgency, limit, unit, due):
    category = make_category("限时", limit=limit, unit=unit)
    assert file(category=category, urgency=urgency, at=MONDAY).due_at == moment(due)


def test_a_limit_over_a_holiday_counts_its_make_up_days(file):
    # Filed on the last working morning before the Spring Festival of 2026 (15 to 23 February off, 14 worked).
    assert file(at=moment("2026-02-14 10:00")).due_at == moment("2026-02-24 10:00")


def test_a_limit_that_reaches_a_year_without_a_notice_says_so(file):
    event = file(at=moment("2027-12-31 16:00"))
    assert event.steps.get().details["unpublished_years"] == [2027, 2028]


def test_make_event_is_what_the_other_tests_use(cast):
    assert make_event(cast.worker, cast.tree.unit).title == "楼道灯坏了"
