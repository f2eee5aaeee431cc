"""People who help: who reported where and what they offer, and what comes of it."""

from volunteers.models.enrolment import EnrolmentStep, MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.models.mediation import (
    DisputeKind,
    FollowUp,
    Mediation,
    MediationParty,
    MediationReveal,
    MediationSession,
    MediationStep,
)
from volunteers.models.patrol import Patrol, PatrolFinding, PatrolPlace, PatrolStep
from volunteers.models.skill import ServiceKind, Skill
from volunteers.models.step import Step

__all__ = [
    "DisputeKind",
    "EnrolmentStep",
    "FollowUp",
    "Mediation",
    "MediationParty",
    "MediationReveal",
    "MediationSession",
    "MediationStep",
    "MemberEnrolment",
    "Offer",
    "OrganisationEnrolment",
    "Patrol",
    "PatrolFinding",
    "PatrolPlace",
    "PatrolStep",
    "ServiceKind",
    "Skill",
    "Step",
]
