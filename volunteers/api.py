"""People who help, under /api/v1/; each noun has its part in its own room."""

from rest_framework.routers import SimpleRouter

from volunteers.activities.api import ActivityViewSet
from volunteers.orders.api import CatalogueViewSet, ServiceOrderViewSet

router = SimpleRouter()
router.register("activities", ActivityViewSet, basename="activity")
router.register("services", CatalogueViewSet, basename="service")
router.register("orders", ServiceOrderViewSet, basename="order")
urlpatterns = router.urls
