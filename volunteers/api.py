"""People who help under /api/v1/; each noun has its part."""

from rest_framework.routers import SimpleRouter

from volunteers.mediation.api import MediationViewSet
from volunteers.patrols.api import PatrolViewSet

router = SimpleRouter()
router.register("patrols", PatrolViewSet, basename="api_patrol")
router.register("mediations", MediationViewSet, basename="api_mediation")
urlpatterns = router.urls
