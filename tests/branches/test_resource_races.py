"""Two at once over one entry, one budget, one story, on PostgreSQL."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError

from branches.exceptions import StateConflict
from branches.models import Budget, ResourceEntry, StoryStep
from branches.services import move_story, plan_budget, receive_photos, reverse_entry
from tests.branches.disclosure import move, write
from tests.branches.resources import AT, make_line, spend
from tests.events.test_races import at_once
from tests.pictures import picture, upload

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]


def test_of_two_who_reverse_one_entry_at_once_one_is_told(cast, pool):
    entry = spend(cast, make_line(cast))
    works = [
        partial(reverse_entry, entry=entry, actor=who, reason="重复", at=AT) for who in (cast.community, cast.street)
    ]
    done = at_once(pool, *works)
    refused = [one for one in done if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [ValidationError]
    assert "reversed already" in str(refused[0])
    assert ResourceEntry.objects.filter(reverses=entry).count() == 1


def test_the_same_form_twice_at_once_is_one_entry(cast, pool):
    line = make_line(cast)
    done = at_once(pool, *[partial(spend, cast, line, idempotency_key="k")] * 2)
    assert {one.pk for one in done} == {ResourceEntry.objects.get().pk}


def test_the_same_form_with_a_photo_that_waited_twice_at_once_is_one_entry(cast, pool):
    line = make_line(cast)
    (waiting,), _problems = receive_photos(files=[upload(picture())], uploader=cast.community, most=1)
    done = at_once(pool, *[partial(spend, cast, line, receipt=waiting, idempotency_key="k")] * 2)
    assert {one.pk for one in done} == {ResourceEntry.objects.get(receipt=waiting).pk}


def test_a_photo_that_waited_goes_with_one_of_two_entries_at_once(cast, pool):
    line = make_line(cast)
    (waiting,), _problems = receive_photos(files=[upload(picture())], uploader=cast.community, most=1)
    works = [partial(spend, cast, line, receipt=waiting, idempotency_key=key) for key in "ab"]
    refused = [one for one in at_once(pool, *works) if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [ValidationError]
    assert ResourceEntry.objects.get().receipt == waiting


def test_a_year_begun_twice_at_once_is_one_budget(cast, pool):
    done = at_once(pool, *[partial(plan_budget, actor=cast.community, year=2026, grid=cast.tree.community)] * 2)
    assert {one.pk for one in done} == {Budget.objects.get().pk}


def test_a_story_that_is_published_and_sent_back_at_once_goes_one_way(cast, pool):
    story = move(write(cast), cast.community, "submit")
    works = [partial(move_story, story=story, actor=cast.street, action="publish", at=AT),
             partial(move_story, story=story, actor=cast.district, action="return", reason="补充", at=AT)]  # fmt: skip
    done = at_once(pool, *works)
    assert [type(one) for one in done if isinstance(one, Exception)] == [StateConflict]
    assert StoryStep.objects.filter(action__in=["publish", "return"]).count() == 1
