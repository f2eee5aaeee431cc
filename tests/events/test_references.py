"""Cases as meetings, work lists and stories point to them."""

import pytest

from branches.references import found, offered
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event

pytestmark = pytest.mark.django_db


def test_a_case_is_offered_and_shown_to_who_may_see_it(cast):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    assert [one.key for one in offered(cast.community, cast.tree.community, "event")] == [event.number]
    assert found(cast.community, "event", event.number).url == f"/events/{event.number}/"
    assert found(cast.neighbour, "event", event.number) is None
    assert not found(cast.community, "event", event.number).is_done


def test_nobody_is_pointed_to_a_confidential_case(cast):
    event = make_event(cast.worker, cast.tree.building, category=make_category(is_confidential=True), at=MONDAY)
    assert offered(cast.community, cast.tree.community, "event") == []
    assert found(cast.community, "event", event.number) is None


@pytest.mark.parametrize("kind", ["event", "hot_spot", "meeting", "resolution", "topic", "claim", "story"])
@pytest.mark.parametrize("key", ["\x00", "1\x00", "-1", "²", "9" * 40, ""])
def test_no_key_of_any_kind_breaks_a_page(cast, kind, key):
    assert found(cast.admin, kind, key) is None


def test_an_unknown_kind_offers_nothing(cast):
    assert offered(cast.community, cast.tree.community, "dream") == []
    assert found(cast.community, "dream", "1") is None
