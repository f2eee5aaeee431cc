"""Samples of closed cases: a lot that anybody can redo, drawn by who may, re-checked by second eyes, once."""

import hashlib
import re
import subprocess
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from events import audit
from events.exceptions import AlreadyRecorded
from events.models import AuditDigest, Event, Finding, Sample, SampleItem
from events.rechecks import sampling
from events.services import act, deliver_notices, draw_sample, make_digest, recheck
from grids.models import Role
from grids.services import move_grid
from tests.events.conftest import MONDAY, moment
from tests.factories import make_category, make_event, make_post, make_user, take

NOVEMBER = {"period_from": date(2026, 11, 1), "period_until": date(2026, 12, 1)}
DECEMBER = moment("2026-12-01 09:00")

numbers = st.sets(st.from_regex(r"2026[0-9]{4}-[0-9]{6}", fullmatch=True), max_size=60)
seeds = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())


def closed(cast, grid=None, at=MONDAY, **fields) -> Event:
    """A case that was filed, accepted, resolved and checked within a working morning."""
    event = make_event(fields.pop("reporter", cast.worker), grid or cast.tree.unit, at=at, **fields)
    for hours, action in enumerate(("accept", "resolve", "pass_check"), start=1):
        event = take(event, action, at=at + timedelta(hours=hours))
    return event


def drawn(cast, **inputs) -> Sample:
    given = {"actor": cast.district, "grid": cast.tree.district, "size": 3, "at": DECEMBER} | NOVEMBER | inputs
    return draw_sample(**given)


def numbers_of(sample: Sample) -> list[str]:
    return list(sample.items.order_by("place").values_list("event__number", flat=True))


# The lot


def redone(seed: str, population: set[str], size: int) -> list[str]:
    """The rule as the page tells it, written again by somebody who has not seen our code."""
    lots = {}
    for number in population:
        lots[hashlib.sha256((seed + ":" + number).encode("utf-8")).hexdigest()] = number
    return [lots[each] for each in sorted(lots)][:size]


@given(seed=seeds, population=numbers, size=st.integers(1, 80), rng=st.randoms())
def test_the_same_seed_draws_the_same_from_the_list_in_any_order(seed, population, size, rng):
    shuffled = list(population)
    rng.shuffle(shuffled)
    found = sampling.draw(seed, shuffled, size)
    assert found == sampling.draw(seed, sorted(population), size) == redone(seed, population, size)
    assert len(found) == len(set(found)) == min(size, len(population))


@given(seed=seeds, population=numbers, size=st.integers(1, 40))
def test_a_larger_draw_begins_with_the_smaller_one(seed, population, size):
    assert sampling.draw(seed, population, size + 5)[:size] == sampling.draw(seed, population, size)


@given(population=numbers, rng=st.randoms())
def test_the_digest_does_not_depend_on_the_order(population, rng):
    shuffled = list(population)
    rng.shuffle(shuffled)
    text = sampling.population_text(shuffled)
    assert text.split() == sorted(population)
    assert sampling.digest(text) == hashlib.sha256("".join(f"{n}\n" for n in sorted(population)).encode()).hexdigest()


def test_each_case_is_drawn_about_as_often_as_any_other():
    population = [f"20261123-{number:06}" for number in range(20)]
    counts = dict.fromkeys(population, 0)
    for seed in range(2000):
        for number in sampling.draw(str(seed), population, 5):
            counts[number] += 1
    # 500 expected for each; chi-square with 19 degrees of freedom, 0.1 %.
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) / (1 - 5 / 20) < 43.8


def test_sha256sum_and_sort_draw_the_same(tmp_path):
    """As the page says how to do it by hand."""
    population = [f"20261123-{number:06}" for number in range(30)]
    file = tmp_path / "population.txt"
    file.write_text(sampling.population_text(population))
    script = (
        "while read -r n; do printf '%s:%s' \"$1\" \"$n\" | sha256sum | cut -c1-64 | tr '\\n' ' '; echo \"$n\"; done"
        ' < "$2" | LC_ALL=C sort | head -n 7 | cut -d" " -f2'
    )
    seed = "5f0c-开奖号码 03 11"
    done = subprocess.run(["bash", "-c", script, "-", seed, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sampling.draw(seed, population, 7)
    summed = subprocess.run(["sha256sum", str(file)], capture_output=True, text=True, check=True)
    assert summed.stdout.split()[0] == sampling.digest(file.read_text())


# Drawing


def test_a_sample_is_drawn_from_what_was_closed_there_then(cast):
    inside = [closed(cast) for _case in range(4)]
    closed(cast, at=moment("2026-10-28 09:00"))
    closed(cast, cast.tree.other_building, reporter=cast.neighbour, at=moment("2026-12-01 06:00"))
    make_event(cast.worker, cast.tree.unit, at=MONDAY)
    sample = drawn(cast)
    assert sample.numbers() == sorted(event.number for event in inside)
    assert sample.population_size == 4
    assert sample.population_digest == sampling.digest(sample.population)
    assert numbers_of(sample) == redone(sample.seed, set(sample.numbers()), 3)
    assert (sample.drawn_by_name, sample.drawn_by_post) == ("刘洋", "赛罕区 分管领导")


def test_the_first_day_counts_and_the_last_does_not(cast):
    first = closed(cast, at=moment("2026-11-02 09:00"))
    closed(cast, at=moment("2026-11-05 09:00"))
    sample = drawn(cast, period_from=date(2026, 11, 2), period_until=date(2026, 11, 5))
    assert sample.numbers() == [first.number]


def test_a_clue_report_is_in_no_population(cast):
    clue = closed(cast, category=make_category("线索举报", is_confidential=True))
    plain = closed(cast)
    assert clue.status == plain.status
    for actor, grid in ((cast.district, cast.tree.district), (cast.city, cast.tree.city), (cast.admin, cast.tree.city)):
        assert drawn(cast, actor=actor, grid=grid, size=10).numbers() == [plain.number]


def test_the_seed_is_the_systems_and_new_each_time(cast):
    closed(cast)
    seeds = [drawn(cast).seed for _draw in range(3)]
    assert len(set(seeds)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", seed) for seed in seeds)


def test_what_was_announced_stands_behind_the_systems_part(cast):
    closed(cast)
    sample = drawn(cast, announced=" 双色球 2026135 ")
    assert re.fullmatch("[0-9a-f]{32}-双色球 2026135", sample.seed)
    assert sample.announced == "双色球 2026135"


def test_a_second_draw_is_the_next_in_number_and_the_first_stays(cast):
    closed(cast)
    first, second = drawn(cast), drawn(cast)
    other = drawn(cast, grid=cast.tree.street)
    assert [first.ordinal, second.ordinal, other.ordinal] == [1, 2, 1]
    assert list(Sample.objects.overlapping(second).order_by("pk")) == [first, other]


def test_the_same_request_draws_once(cast):
    closed(cast)
    assert drawn(cast, idempotency_key="a") == drawn(cast, idempotency_key="a")
    assert drawn(cast, idempotency_key="b").ordinal == 2


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"size": 0}, "size", "greater than or equal to 1"),
        ({"size": 501}, "size", "less than or equal to 500"),
        ({"period_until": date(2026, 11, 1)}, "period_until", "later than the beginning"),
        ({"period_until": date(2026, 12, 2)}, "period_until", "today or a day before"),
        ({"period_from": date(2025, 11, 1)}, "period_until", "at most one year"),
        ({"announced": "长" * 121}, "announced", "at most 120"),
        ({"announced": "号码\u202e"}, "announced", "text-direction"),
        ({"period_from": date(2026, 11, 28)}, "__all__", "nothing to draw from"),
    ],
)
def test_a_wrong_draw_is_refused_in_a_sentence(cast, wrong, field, words):
    closed(cast)
    with pytest.raises(ValidationError) as refused:
        drawn(cast, **wrong)
    errors = refused.value
    assert words in str(errors.message_dict[field] if hasattr(errors, "error_dict") else errors.messages)
    assert not Sample.objects.exists()


def test_officials_and_chiefs_from_the_street_up_draw_in_their_subtree(cast):
    closed(cast)
    chief = make_post(make_user("其木格"), cast.tree.street, Role.CHIEF).user
    official = make_post(make_user("那仁"), cast.tree.other_street, Role.OFFICIAL).user
    lower = make_post(make_user("高娃"), cast.tree.community, Role.CHIEF).user
    may = {"district", "city", "admin", "street chief"}
    people = {name: getattr(cast, name) for name in ("worker", "chief", "community", "street", "district", "city")}
    people |= {"police": cast.police, "stranger": cast.stranger, "admin": cast.admin}
    people |= {"street chief": chief, "elsewhere": official, "community chief": lower}
    for name, person in people.items():
        if name in may:
            assert drawn(cast, actor=person, grid=cast.tree.street).drawn_by == person
        else:
            with pytest.raises(PermissionDenied):
                drawn(cast, actor=person, grid=cast.tree.street)
    with pytest.raises(PermissionDenied):
        drawn(cast, actor=chief, grid=cast.tree.district)


def test_a_case_that_is_reopened_later_stays_drawn(cast):
    event = closed(cast)
    sample = drawn(cast)
    act(event=event, action="reopen", actor=cast.district, reason="现场仍未解决", at=DECEMBER)
    assert numbers_of(sample) == [event.number]
    call_command("check_samples", stdout=StringIO())


# Re-checking


def item_of(cast) -> SampleItem:
    closed(cast)
    return drawn(cast).items.get()


def test_a_recheck_is_recorded_with_who_and_when(cast):
    item = recheck(item=item_of(cast), actor=cast.district, finding="fails", note="灯仍不亮", at=DECEMBER)
    found = SampleItem.objects.get(pk=item.pk)
    assert (found.finding, found.note, found.checked_by_name) == ("fails", "灯仍不亮", "刘洋")
    assert found.checked_by_post == "赛罕区 分管领导"
    assert found.checked_at == DECEMBER


def test_the_same_again_is_fine_and_another_result_is_not(cast):
    item = item_of(cast)
    recheck(item=item, actor=cast.district, finding="holds", at=DECEMBER)
    again = recheck(item=item, actor=cast.district, finding="holds", at=DECEMBER + timedelta(hours=1))
    assert again.checked_at == DECEMBER
    for actor, finding in ((cast.district, "fails"), (cast.city, "holds")):
        with pytest.raises(AlreadyRecorded):
            recheck(item=item, actor=actor, finding=finding, note="看过")
    assert SampleItem.objects.get().finding == "holds"


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("inputs", "field"),
    [({"finding": ""}, "finding"), ({"finding": "perhaps"}, "finding"), ({"finding": "fails", "note": " "}, "note"),
     ({"finding": "unclear"}, "note"), ({"finding": "holds", "note": "长" * 2001}, "note")],
)  # fmt: skip
def test_a_recheck_says_what_was_found(cast, inputs, field):
    item = item_of(cast)
    with pytest.raises(ValidationError) as refused:
        recheck(item=item, actor=cast.district, **inputs)
    assert field in refused.value.message_dict
    assert SampleItem.objects.get().finding == ""


def test_who_resolved_it_or_passed_its_check_does_not_recheck_it(cast):
    official = make_post(make_user("那仁"), cast.tree.street, Role.OFFICIAL).user
    make_post(official, cast.tree.building, Role.STAFF)  # and so where it arose, too
    event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "accept", "resolve", at=MONDAY)
    act(event=event, action="pass_check", actor=official, at=MONDAY + timedelta(hours=1))
    item = drawn(cast).items.get()
    with pytest.raises(PermissionDenied):
        recheck(item=drawn(cast, actor=official, grid=cast.tree.street).items.get(), actor=official, finding="holds")
    assert recheck(item=item, actor=cast.district, finding="holds").finding == Finding.HOLDS


def test_only_who_inspects_the_samples_grid_rechecks(cast):
    item = item_of(cast)
    official = make_post(make_user("那仁"), cast.tree.street, Role.OFFICIAL).user
    for person in (cast.worker, cast.chief, cast.community, cast.street, cast.police, cast.stranger, official):
        with pytest.raises(PermissionDenied):
            recheck(item=item, actor=person, finding="holds")


def test_figures_count_each_result(cast):
    for _case in range(4):
        closed(cast)
    sample = drawn(cast, size=4)
    for item, finding in zip(sample.items.all(), ("holds", "holds", "fails"), strict=False):
        recheck(item=item, actor=cast.district, finding=finding, note="看过")
    found = Sample.objects.with_figures().get()
    assert (found.drawn, found.checked, found.holds, found.fails, found.unclear) == (4, 3, 2, 1, 0)


# Verifying


def checked(*args) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("check_samples", *args, stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue(), err.getvalue()


@pytest.mark.usefixtures("in_english")
def test_a_stored_sample_is_drawn_again(cast):
    for _case in range(3):
        closed(cast)
    sample = drawn(cast)
    out, err = checked(str(sample.pk))
    assert out == f"{sample.pk} {sample}: matches.\n"
    assert err == ""


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize("what", ["seed", "population", "digest", "size", "item", "place", "stranger"])
def test_whatever_is_changed_in_the_database_is_found(cast, what):
    for _case in range(5):
        closed(cast)
    sample = Sample.objects.get(pk=drawn(cast, size=3).pk)
    outside = closed(cast, at=moment("2026-10-28 09:00"))
    rows = Sample.objects.filter(pk=sample.pk)
    match what:
        case "seed":
            rows.update(seed="0" * 32 + "x")
        case "population":
            text = "".join(f"{number}\n" for number in sample.numbers()[1:])
            rows.update(population=text, population_digest=sampling.digest(text), population_size=4)
        case "digest":
            rows.update(population_digest="0" * 64)
        case "size":
            rows.update(size=2)
        case "item":
            sample.items.filter(place=1).delete()
        case "place":
            sample.items.filter(place=1).update(place=9)
        case "stranger":
            text = sampling.population_text([*sample.numbers(), outside.number])
            rows.update(population=text, population_digest=sampling.digest(text), population_size=6)
    out, err = checked()
    assert "1 sample does not match" in err or "not on the list" in out


def test_a_case_that_was_reopened_while_the_lot_was_drawn_is_no_forgery(cast):
    """Its step bears a time before the draw, and was committed after the population had been read."""
    event = closed(cast)
    drawn(cast)
    act(event=event, action="reopen", actor=cast.district, reason="现场仍未解决", at=DECEMBER - timedelta(seconds=1))
    out, err = checked()
    assert (err, len(out.splitlines())) == ("", 1)


def test_a_case_that_was_reopened_just_before_is_not_called_left_out(cast):
    act(event=closed(cast), action="reopen", actor=cast.district, reason="未解决", at=DECEMBER - timedelta(seconds=1))
    closed(cast)
    drawn(cast)
    assert len(checked()[0].splitlines()) == 1


@pytest.mark.usefixtures("in_english")
def test_of_many_wrong_places_the_first_are_named(cast):
    for _case in range(8):
        closed(cast)
    Sample.objects.filter(pk=drawn(cast, size=8).pk).update(seed="x" * 33)
    (line, _count) = checked()[1].splitlines()
    assert "places not what the seed draws, beginning with place" in line
    assert len(line) < 200


# Under the daily check


def digests_of(*days: int) -> list[AuditDigest]:
    return [make_digest(at=DECEMBER + timedelta(days=day)) for day in days]


def test_a_digest_seals_the_draws_and_their_removal_is_found(cast):
    closed(cast)
    deliver_notices(at=DECEMBER)
    sample = drawn(cast)
    first, second = digests_of(1, 2)
    assert (list(first.content["samples"]), second.content["samples"]) == ([str(sample.pk)], {})
    SampleItem.objects.all().delete()
    Sample.objects.all().delete()
    assert drawn(cast).ordinal == 1
    said = "\n".join(audit.problems())
    assert f"抽查 {sample.pk}" in said
    assert "2026-12-02 第 1 号核验摘要：抽查应为1，实为0" in said


def test_a_sealed_draw_that_was_changed_is_found(cast):
    closed(cast)
    deliver_notices(at=DECEMBER)
    sample = drawn(cast)
    digests_of(1)
    for fields in ({"seed": "x"}, {"drawn_at": DECEMBER - timedelta(days=3)}, {"ordinal": 7}):
        before = Sample.objects.values(*fields).get()
        Sample.objects.update(**fields)
        assert f"抽查 {sample.pk}" in "\n".join(audit.problems()), fields
        Sample.objects.update(**before)
    assert not list(audit.problems())


def test_a_new_draw_is_drawn_again_by_the_daily_check(cast):
    closed(cast)
    deliver_notices(at=DECEMBER)
    sample = drawn(cast)
    Sample.objects.update(population_size=9)
    (digest,) = digests_of(1)
    assert f"抽查 {sample.pk}" in digest.sentences[0]


# Grids that are moved


@pytest.fixture
def moved(cast) -> tuple[Sample, Event]:
    """A street's sample with a case whose community was moved to another street since."""
    event = closed(cast)
    sample = drawn(cast, grid=cast.tree.street)
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    return sample, Event.objects.get(pk=event.pk)


def test_a_case_outside_ones_area_is_not_rechecked(cast, moved):
    sample, _event = moved
    official = make_post(make_user("那仁"), cast.tree.street, Role.OFFICIAL).user
    with pytest.raises(PermissionDenied):
        recheck(item=sample.items.get(), actor=official, finding="holds")
    assert recheck(item=sample.items.get(), actor=cast.district, finding="holds").finding == "holds"


@pytest.mark.usefixtures("in_english")
def test_a_sample_that_is_not_there_is_named(cast):
    assert checked("4711") == ("", "There is no sample 4711.")
