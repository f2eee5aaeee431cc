"""The people of the tests, posted on the small city of `factories.make_tree`."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from grids.models import Post, Role, User
from grids.services import bulk
from tests.factories import Tree, make_service_levels, make_tree, make_user


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
    at = timezone.now()
    posts = [
        Post(user=cast.worker, grid=tree.building, role=Role.STAFF, source="community_worker"),
        Post(user=cast.worker, grid=tree.second_building, role=Role.STAFF, source="community_worker"),
        Post(user=cast.chief, grid=tree.building, role=Role.CHIEF),
        Post(user=cast.community, grid=tree.community, role=Role.DISPATCHER),
        Post(user=cast.street, grid=tree.street, role=Role.DISPATCHER),
        Post(user=cast.district, grid=tree.district, role=Role.OFFICIAL),
        Post(user=cast.city, grid=tree.city, role=Role.OFFICIAL),
        Post(user=cast.police, grid=tree.community, role=Role.POLICE),
        Post(user=cast.neighbour, grid=tree.other_building, role=Role.STAFF),
    ]
    for post in posts:
        post.started_at = at
    bulk.create_posts(actor=None, posts=posts)
    return cast


@pytest.fixture
def cast(db) -> Cast:
    make_service_levels()
    return make_cast()
