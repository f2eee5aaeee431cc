"""The people of the tests, posted on the small city of `factories.make_tree`."""

from dataclasses import dataclass

import pytest

from grids.models import Role, User
from tests.factories import Tree, make_post, make_service_levels, make_tree, make_user


@dataclass(frozen=True)
class Cast:
    """Who is who; `tree` holds their grids."""

    tree: Tree
    worker: User  # grid staff of both buildings of the community
    chief: User  # grid chief of the first building
    community: User  # dispatcher of the community
    street: User  # dispatcher of the street
    district: User  # official of the district
    city: User  # official of the city
    police: User  # grid police officer of the community
    neighbour: User  # grid staff in the other community
    stranger: User  # an account without a post
    admin: User  # superuser


def make_cast(tree: Tree | None = None) -> Cast:
    """Everybody with their posts, started now."""
    tree = tree or make_tree()
    cast = Cast(
        tree=tree,
        worker=make_user("乌兰", "worker"),
        chief=make_user("王建国", "chief"),
        community=make_user("李秀英", "community"),
        street=make_user("张伟", "street"),
        district=make_user("刘洋", "district"),
        city=make_user("陈静", "city"),
        police=make_user("赵刚", "police"),
        neighbour=make_user("孙丽", "neighbour"),
        stranger=make_user("周敏", "stranger"),
        admin=make_user("管理员", "admin", is_staff=True, is_superuser=True),
    )
    for grid in (tree.building, tree.second_building):
        make_post(cast.worker, grid, Role.STAFF, source="community_worker")
    make_post(cast.chief, tree.building, Role.CHIEF)
    make_post(cast.community, tree.community, Role.DISPATCHER)
    make_post(cast.street, tree.street, Role.DISPATCHER)
    make_post(cast.district, tree.district, Role.OFFICIAL)
    make_post(cast.city, tree.city, Role.OFFICIAL)
    make_post(cast.police, tree.community, Role.POLICE)
    make_post(cast.neighbour, tree.other_building, Role.STAFF)
    return cast


@pytest.fixture
def cast(db) -> Cast:
    make_service_levels()
    return make_cast()
