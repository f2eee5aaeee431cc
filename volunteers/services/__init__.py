"""The only functions that change what people who help offer and do. `actor` is None for a command."""

from volunteers.services.catalogue import save_service, withdraw_service
from volunteers.services.order_clock import sweep_orders
from volunteers.services.order_contacts import PlainContact, erase_order_contacts, reveal_order_contact
from volunteers.services.orders import (
    OrderReceipt,
    Origin,
    Person,
    accept_order,
    climb_order,
    decline_order,
    dispatch_order,
    find_order,
    finish_order,
    place_as_resident,
    place_order,
    rate_order,
    recall_order,
    refuse_order,
    reopen_order,
    turn_order,
    withdraw_order,
)

__all__ = [
    "OrderReceipt",
    "Origin",
    "Person",
    "PlainContact",
    "accept_order",
    "climb_order",
    "decline_order",
    "dispatch_order",
    "erase_order_contacts",
    "find_order",
    "finish_order",
    "place_as_resident",
    "place_order",
    "rate_order",
    "recall_order",
    "refuse_order",
    "reopen_order",
    "reveal_order_contact",
    "save_service",
    "sweep_orders",
    "turn_order",
    "withdraw_order",
    "withdraw_service",
]
