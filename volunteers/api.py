"""People who help, under /api/v1/; each noun has its part in its own room."""

from rest_framework.routers import SimpleRouter

from volunteers.activities.api import ActivityViewSet
from volunteers.enrolments.api import MemberEnrolmentViewSet, OrganisationEnrolmentViewSet
from volunteers.mediation.api import MediationViewSet
from volunteers.orders.api import CatalogueViewSet, ServiceOrderViewSet
from volunteers.patrols.api import PatrolViewSet

router = SimpleRouter()
router.register("activities", ActivityViewSet, basename="activity")
router.register("services", CatalogueViewSet, basename="service")
router.register("orders", ServiceOrderViewSet, basename="order")
router.register("enrolments/members", MemberEnrolmentViewSet, basename="member-enrolment")
router.register("enrolments/organisations", OrganisationEnrolmentViewSet, basename="organisation-enrolment")
router.register("patrols", PatrolViewSet, basename="patrol")
router.register("mediations", MediationViewSet, basename="mediation")
urlpatterns = router.urls
