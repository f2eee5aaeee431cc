"""Whose desk and whose auditor somebody is, for what is kept in confidence: by their posts alone, superuser or not."""

from collections.abc import Callable

from grids.access import OVERSEERS, Ranges, merged
from grids.models import Grid, Level, Post, Role, User


def desk_ranges(user: User) -> Ranges:
    """The communities whose desk the user is: chief, official or dispatcher there, not of a grid above or below."""
    return ranges_of(user, lambda post: post.grid.level == Level.COMMUNITY and post.role in OVERSEERS)


def audited_ranges(user: User) -> Ranges:
    """The districts whose auditor the user is: their officials, who see who looked at whom, when and why."""
    return ranges_of(user, lambda post: post.grid.level == Level.DISTRICT and post.role == Role.OFFICIAL)


def ranges_of(user: User, counts: Callable[[Post], bool]) -> Ranges:
    """The grids of those posts of the user that count, and all below."""
    posts = user.active_posts if user.is_active else []
    return merged((post.grid.lft, post.grid.rght) for post in posts if counts(post))


def holds(ranges: Ranges, grid: Grid) -> bool:
    return any(lft <= grid.lft <= rght for lft, rght in ranges)
