"""The people of the tests, posted on the small city of `factories.make_tree`."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from grids.models import Post, Role, User
from grids.services import bulk
from tests.factories import Tree, make_service_levels, make_tree


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


NAMES = {
    "worker": "乌兰",
    "chief": "王建国",
    "community": "李秀英",
    "street": "张伟",
    "district": "刘洋",
    "city": "陈静",
    "police": "赵刚",
    "neighbour": "孙丽",
    "stranger": "周敏",
    "admin": "管理员",
}


def make_cast(tree: Tree | None = None) -> Cast:
    """Everybody with their posts, started now."""
    tree = tree or make_tree()
    people = {who: User(username=who, name=name) for who, name in NAMES.items()}
    people["admin"].is_staff = people["admin"].is_superuser = True
    for person in people.values():
        person.set_unusable_password()
    User.objects.bulk_create(people.values())
    cast = Cast(tree=tree, **people)
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
