"""People who help, under /api/v1/; each noun has its part in its own room."""

from rest_framework.routers import SimpleRouter

from volunteers.activities.api import ActivityViewSet

router = SimpleRouter()
router.register("activities", ActivityViewSet, basename="activity")
urlpatterns = router.urls
