"""People who help, under /api/v1/; each noun has its part in a module of its own."""

from rest_framework.routers import SimpleRouter

from volunteers.orders.api import CatalogueViewSet, ServiceOrderViewSet

router = SimpleRouter()
router.register("services", CatalogueViewSet, basename="service")
router.register("orders", ServiceOrderViewSet, basename="order")
urlpatterns = router.urls
