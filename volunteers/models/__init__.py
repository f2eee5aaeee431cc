"""People who help: who reported where and what they offer, and what comes of it."""

from volunteers.models.enrolment import EnrolmentStep, MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.models.order import OrderContact, OrderLimit, OrderReveal, OrderStep, Service, ServiceOrder
from volunteers.models.skill import ServiceKind, Skill
from volunteers.models.step import Step

__all__ = [
    "EnrolmentStep",
    "MemberEnrolment",
    "Offer",
    "OrderContact",
    "OrderLimit",
    "OrderReveal",
    "OrderStep",
    "OrganisationEnrolment",
    "Service",
    "ServiceKind",
    "ServiceOrder",
    "Skill",
    "Step",
]
