"""People who help: who reported where and what they offer, and what comes of it."""

from volunteers.models.activity import (
    Activity,
    ActivityKind,
    ActivityStep,
    Certificate,
    Participation,
)
from volunteers.models.enrolment import EnrolmentStep, MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.models.skill import ServiceKind, Skill
from volunteers.models.step import Step

__all__ = [
    "Activity",
    "ActivityKind",
    "ActivityStep",
    "Certificate",
    "EnrolmentStep",
    "MemberEnrolment",
    "Offer",
    "OrganisationEnrolment",
    "Participation",
    "ServiceKind",
    "Skill",
    "Step",
]
