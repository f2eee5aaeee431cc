from django.urls import path

from grids import views

urlpatterns = [
    path("grids/", views.grid_list, name="grid_list"),
    path("grids/<slug:code>/", views.grid_detail, name="grid_detail"),
    path("account/", views.account, name="account"),
]
