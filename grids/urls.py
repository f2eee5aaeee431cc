from django.urls import path, re_path

from grids import board_views, staffing_views, views

urlpatterns = [
    path("grids/", views.grid_list, name="grid_list"),
    path("grids/coverage/", staffing_views.coverage, name="coverage"),
    path("grids/coverage/list/", staffing_views.coverage_list, name="coverage_list"),
    path("grids/problems/", staffing_views.staffing_problems, name="staffing_problems"),
    path("grids/<slug:code>/", views.grid_detail, name="grid_detail"),
    path("grids/<slug:code>/signboard/", board_views.signboard, name="signboard"),
    path("grids/<slug:code>/signboards/", board_views.signboard_run, name="signboard_run"),
    re_path(r"^grids/(?P<code>[0-9]+)/qr\.(?P<kind>png|svg)$", board_views.signboard_qr, name="signboard_qr"),
    # Short, because each letter makes the QR code finer.
    path("g/<str:code>/", board_views.public_grid, name="public_grid"),
    path("grids/<slug:code>/posts/", staffing_views.grid_posts, name="grid_posts"),
    path("account/", views.account, name="account"),
]
