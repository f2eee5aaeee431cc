"""The only functions that change what people who help offer and do. `actor` is None for a command."""

from volunteers.services.enrolments import (
    change_offers,
    change_organisation_enrolment,
    confirm_enrolment,
    confirm_enrolments,
    end_enrolment,
    enrol_member,
    enrol_organisation,
    place_member,
    refuse_enrolment,
)
from volunteers.services.offers import Giving

__all__ = [
    "Giving",
    "change_offers",
    "change_organisation_enrolment",
    "confirm_enrolment",
    "confirm_enrolments",
    "end_enrolment",
    "enrol_member",
    "enrol_organisation",
    "place_member",
    "refuse_enrolment",
]
