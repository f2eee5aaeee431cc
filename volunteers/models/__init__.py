"""People who help: who reported where and what they offer, and what comes of it."""

from volunteers.models.activity import Activity, ActivityKind, ActivityStep, Certificate, Participation
from volunteers.models.enrolment import EnrolmentStep, MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.models.household import (
    FINDING_LENGTH,
    CareKind,
    CareNeed,
    ConsentText,
    Household,
    HouseholdReveal,
    HouseholdStep,
    Rhythm,
    Visit,
)
from volunteers.models.mediation import (
    DisputeKind,
    FollowUp,
    Mediation,
    MediationParty,
    MediationReveal,
    MediationSession,
    MediationStep,
)
from volunteers.models.order import OrderContact, OrderLimit, OrderReveal, OrderStep, Service, ServiceOrder
from volunteers.models.patrol import Patrol, PatrolFinding, PatrolPlace, PatrolStep
from volunteers.models.skill import ServiceKind, Skill
from volunteers.models.step import Step

__all__ = [
    "FINDING_LENGTH",
    "Activity",
    "ActivityKind",
    "ActivityStep",
    "CareKind",
    "CareNeed",
    "Certificate",
    "ConsentText",
    "DisputeKind",
    "EnrolmentStep",
    "FollowUp",
    "Household",
    "HouseholdReveal",
    "HouseholdStep",
    "Mediation",
    "MediationParty",
    "MediationReveal",
    "MediationSession",
    "MediationStep",
    "MemberEnrolment",
    "Offer",
    "OrderContact",
    "OrderLimit",
    "OrderReveal",
    "OrderStep",
    "OrganisationEnrolment",
    "Participation",
    "Patrol",
    "PatrolFinding",
    "PatrolPlace",
    "PatrolStep",
    "Rhythm",
    "Service",
    "ServiceKind",
    "ServiceOrder",
    "Skill",
    "Step",
    "Visit",
]
