"""All nouns at once: whatever is reorganised nothing is lost, and a new key takes in all that is encrypted."""

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command

from grids.encryption import EncryptedTextField, is_current
from grids.models import Placed
from grids.services import Part, merge_grids, move_grid, rotate_keys, split_grid
from tests.cast import Cast
from tests.factories import Tree, make_member_enrolment, make_offer, make_organisation_enrolment
from tests.volunteers.orders import make_order, make_service
from tests.volunteers.world import make_world
from volunteers.models import ServiceOrder

pytestmark = pytest.mark.django_db

WAYS: dict[str, Callable[[Tree], object]] = {
    "into": lambda tree: merge_grids(actor=None, grid=tree.other_community, into=tree.community),
    "from": lambda tree: merge_grids(actor=None, grid=tree.community, into=tree.other_community),
    "moved": lambda tree: move_grid(actor=None, grid=tree.community, new_parent=tree.other_street),
    "building": lambda tree: merge_grids(actor=None, grid=tree.building, into=tree.second_building),
    "divided": lambda tree: split_grid(
        actor=None,
        grid=tree.community,
        parts=[Part("东社区", (tree.building.code,)), Part("西社区", (tree.second_building.code,))],
    ),
}


def make_twins(cast: Cast) -> None:
    """One of each in the community, and in the other one the same that there may be once."""
    office, other = make_world(cast).enrolment.organisation, cast.tree.other_community
    make_offer(make_organisation_enrolment(office, other), "法律咨询")
    make_offer(make_member_enrolment(other, None, office))
    make_service(other)
    make_order(cast.tree.other_building)


def counts() -> dict[str, int]:
    models = apps.get_app_config("volunteers").get_models()
    return {model.__name__: model.objects.count() for model in models if not model.__name__.endswith("Step")}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_reorganised_nothing_is_lost_nor_left_behind(cast, way):
    make_twins(cast)
    before = counts()
    WAYS[way](cast.tree)
    for command in ("check_grids", "check_events", "check_orders"):
        call_command(command)
    assert counts() == before
    for model in apps.get_app_config("volunteers").get_models():
        if issubclass(model, Placed):
            rows = model.objects.select_related("grid")
            assert all(row.position == row.grid.lft and not row.grid.retired_at for row in rows)
    assert not ServiceOrder.objects.open().exclude(holder__retired_at=None).exists()


def secrets() -> list:
    """Whatever is encrypted anywhere, in an order that stays."""
    return [
        secret
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
        for secret in model.objects.order_by("pk").values_list(field.name, flat=True)
        if secret is not None
    ]


def test_a_new_key_takes_in_all_that_is_encrypted(cast, settings):
    make_world(cast)
    before = secrets()
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert rotate_keys(batch=2) == {"renewed": len(before), "current": 0, "unreadable": 0}
    assert all(is_current(secret.token) for secret in secrets())
    assert [secret.reveal() for secret in secrets()] == [secret.reveal() for secret in before]
