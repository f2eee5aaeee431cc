"""Who people are at a place, for forms that choose among them."""

from collections.abc import Iterable

from grids.models import Grid, Post, Role, User


def load_posts(people: Iterable[User], community: Grid) -> list[User]:
    """Give each person `posts_here`: those in the community, and as police above it; and `where`, the same in words.

    One query for all.
    """
    people = list(people)
    found = Post.objects.active().filter(user__in=people).select_related("grid").order_by("position", "pk")
    posts = [post for post in found if community.lft <= post.position <= community.rght or post.role == Role.POLICE]
    for person in people:
        person.posts_here = [post for post in posts if post.user_id == person.pk]
        person.where = "、".join(f"{post.grid.name} {post.get_role_display()}" for post in person.posts_here)
    return people


def is_police(person: User) -> bool:
    """Whether one of the posts that `load_posts` has found is a police officer's."""
    return any(post.role == Role.POLICE for post in person.posts_here)
