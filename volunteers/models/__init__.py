"""People who help: who reported where and what they offer, and what comes of it."""

from volunteers.models.enrolment import EnrolmentStep, MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.models.skill import ServiceKind, Skill
from volunteers.models.step import Step

__all__ = [
    "EnrolmentStep",
    "MemberEnrolment",
    "Offer",
    "OrganisationEnrolment",
    "ServiceKind",
    "Skill",
    "Step",
]
