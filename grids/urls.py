from django.urls import path

from grids import staffing_views, views

urlpatterns = [
    path("grids/", views.grid_list, name="grid_list"),
    path("grids/coverage/", staffing_views.coverage, name="coverage"),
    path("grids/coverage/list/", staffing_views.coverage_list, name="coverage_list"),
    path("grids/problems/", staffing_views.staffing_problems, name="staffing_problems"),
    path("grids/<slug:code>/", views.grid_detail, name="grid_detail"),
    path("grids/<slug:code>/posts/", staffing_views.grid_posts, name="grid_posts"),
    path("account/", views.account, name="account"),
]
