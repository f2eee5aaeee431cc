from django.urls import path

from volunteers.orders import catalogue_views, public_views
from volunteers.orders import views as order_views

urlpatterns = [
    # Service orders.
    path("orders/", order_views.order_list, name="order_list"),
    path("orders/new/", order_views.order_new, name="order_new"),
    path("orders/<int:pk>/", order_views.order_detail, name="order_detail"),
    path("orders/<int:pk>/dispatch/", order_views.order_dispatch, name="order_dispatch"),
    path("orders/<int:pk>/contact/", order_views.order_contact, name="order_contact"),
    path("orders/<int:pk>/<slug:action>/", order_views.order_act, name="order_act"),
    path("services/", catalogue_views.service_list, name="service_list"),
    path("services/new/", catalogue_views.service_new, name="service_new"),
    path("services/<int:pk>/", catalogue_views.service_edit, name="service_edit"),
    path("services/<int:pk>/withdraw/", catalogue_views.service_withdraw, name="service_withdraw"),
    path("services/resources/", catalogue_views.resource_list, name="resource_list"),
    path("g/<str:code>/services/", public_views.public_services, name="public_services"),
    path("g/<str:code>/services/order/", public_views.public_order, name="public_order"),
    path("my-order/", public_views.public_order_follow, name="public_order_follow"),
    path("my-order/<slug:action>/", public_views.public_order_act, name="public_order_act"),
]
