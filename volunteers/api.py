"""People who help under /api/v1/; each noun has its part."""

from rest_framework.routers import SimpleRouter

from volunteers.enrolments.api import MemberEnrolmentViewSet, OrganisationEnrolmentViewSet

router = SimpleRouter()
router.register("enrolments/members", MemberEnrolmentViewSet, basename="member-enrolment")
router.register("enrolments/organisations", OrganisationEnrolmentViewSet, basename="organisation-enrolment")
urlpatterns = router.urls
