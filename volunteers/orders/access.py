"""Who may see an order, where they stand towards it, and who may see how to reach the resident."""

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from branches.access import may_run_for
from branches.models import Branch
from grids.access import EVERYTHING, Ranges, may_work_on, merged, within
from grids.models import Grid, Post, Role, User
from grids.tree import community_code, interval
from volunteers.models import MemberEnrolment, Service, ServiceOrder
from volunteers.orders.routing import DESK_ROLES
from volunteers.orders.workflow import OPEN, SERVED, TABLE, OrderAction, OrderSide, OrderState
from volunteers.workflow import refusal

READERS = DESK_ROLES | {Role.STAFF}  # the police have no part in services


def reading_ranges(user: User) -> Ranges:
    """Where the user reads all orders: the grids of their posts, and all below."""
    if user.is_superuser and user.is_active:
        return EVERYTHING
    posts = user.active_posts if user.is_active else []
    return merged((post.grid.lft, post.grid.rght) for post in posts if post.role in READERS)


def offering_ranges(user: User) -> Ranges:
    """Where the user reads what was offered: as they read orders, but at least the whole of their community."""
    if user.is_superuser and user.is_active:
        return EVERYTHING
    posts = [post for post in user.active_posts if post.role in READERS] if user.is_active else []
    return merged(interval(community_code(post.grid.code) or post.grid.code) for post in posts)


def visible_orders(user: User) -> QuerySet[ServiceOrder]:
    """Those where the user works, held where they lead the branch, or theirs: written down by or asked of them."""
    if not user.is_active:
        return ServiceOrder.objects.none()
    own = Q(placed_by=user) | Q(pk__in=own_orders(user).values("pk"))
    own |= Q(holder__in=Branch.objects.covers_led_by(user).values("grid"))
    return ServiceOrder.objects.filter(within(reading_ranges(user)) | own)


def own_orders(user: User) -> QuerySet[ServiceOrder]:
    """Those that the user was asked to do, or has done, by themselves or for an organisation that they represent."""
    mine = Q(member=user) | Q(organisation__representatives=user, organisation__dissolved_at=None)
    return ServiceOrder.objects.filter(mine, state__in=sorted(SERVED)).distinct()


def get_order(user: User, pk: int) -> ServiceOrder:
    """The order; 404 where the user may not see it."""
    return get_object_or_404(visible_orders(user).with_related(), pk=pk)


def sides_of(user: User, order: ServiceOrder) -> frozenset[OrderSide]:
    """The sides on which the user stands."""
    found = set()
    if may_run_for(user, order.holder):
        found.add(OrderSide.DESK)
    if _provides(user, order):
        found.add(OrderSide.PROVIDER)
    elif user.is_active and order.placed_by_id == user.pk:
        found.add(OrderSide.RESIDENT)
    if OrderSide.DESK in found and has_no_account(order):
        found.add(OrderSide.PROVIDER)
    return frozenset(found)


def _provides(user: User, order: ServiceOrder) -> bool:
    if not user.is_active or order.state not in SERVED:
        return False
    if order.member_id:
        return order.member_id == user.pk
    return bool(order.organisation_id) and order.organisation.representatives.filter(pk=user.pk).exists()


def has_no_account(order: ServiceOrder) -> bool:
    """Whether nobody can answer for the organisation by themselves, so that the desk asks by phone and writes it."""
    return bool(order.organisation_id) and not order.organisation.representatives.filter(is_active=True).exists()


def may_see_contact(user: User, order: ServiceOrder) -> bool:
    """Who holds the order by a post of its holder, and who has accepted it; nobody else, whatever their rank."""
    if not user.is_active or order.state == OrderState.WITHDRAWN:
        return False
    if any(post.grid_id == order.holder_id for post in desk_posts(user)):
        return True
    return order.state == OrderState.ACCEPTED and _provides(user, order) and _stands(user, order)


def _stands(user: User, order: ServiceOrder) -> bool:
    """Whether who does it still helps anywhere: a member whose enrolment has ended goes to nobody's door any more."""
    if order.organisation_id or user.active_posts:
        return True
    return MemberEnrolment.objects.serving().filter(user=user).exists()


def may_write_for(user: User, grid: Grid) -> bool:
    """Whether the user may write down an order of a resident there: who works on the grid, or acts for it."""
    return user.is_active and (may_work_on(user, grid) or may_run_for(user, grid))


def order_to_file(user: User, pk: int) -> ServiceOrder | None:
    """The order, if the user acts for it and it may become a case; one whose case was voided may again."""
    order = visible_orders(user).with_related().filter(pk=pk).first()
    if order is None or OrderSide.DESK not in sides_of(user, order):
        return None
    is_open = refusal(TABLE, OrderState(order.state), OrderAction.TURN, {OrderSide.DESK}) is None
    return order if is_open or order.state == OrderState.TURNED else None


# The catalogue


def visible_services(user: User) -> QuerySet[Service]:
    """All of it, for whoever has an account: it stands on the public pages as well."""
    return Service.objects.all() if user.is_active else Service.objects.none()


def may_keep_services(user: User, grid: Grid) -> bool:
    """Whether the user may write what can be ordered there: who acts for the grid."""
    return may_run_for(user, grid)


def desk_posts(user: User) -> list[Post]:
    """The user's own posts that act for a grid, the highest first."""
    posts = [post for post in user.active_posts if post.role in DESK_ROLES] if user.is_active else []
    return sorted(posts, key=lambda post: (post.grid.level, post.grid.lft))


def waiting_orders(user: User) -> QuerySet[ServiceOrder]:
    """Those that wait for the desks where the user holds a post themselves."""
    grids = [post.grid_id for post in desk_posts(user)]
    late = Q(is_late=True, state__in=sorted(OPEN))
    return ServiceOrder.objects.filter(Q(state=OrderState.PLACED) | late, holder__in=grids)
