from django.urls import path

from branches import coverage_views, keeping_views, views

urlpatterns = [
    # Branches
    path("branches/", views.branch_list, name="branch_list"),
    path("branches/found/", keeping_views.branch_found, name="branch_found"),
    path("branches/coverage/", coverage_views.branch_coverage, name="branch_coverage"),
    path("branches/plans/", coverage_views.branch_plans, name="branch_plans"),
    path("branches/plans/<slug:code>/", coverage_views.branch_plan, name="branch_plan"),
    path("branches/plans/<slug:code>/accept/", coverage_views.branch_plan_accept, name="branch_plan_accept"),
    path("branches/<int:pk>/", views.branch_detail, name="branch_detail"),
    path("branches/<int:pk>/describe/", keeping_views.branch_describe, name="branch_describe"),
    path("branches/<int:pk>/cover/", keeping_views.branch_cover, name="branch_cover"),
    path("branches/<int:pk>/leaders/", keeping_views.branch_leaders, name="branch_leaders"),
    path("branches/<int:pk>/partners/", keeping_views.branch_partners, name="branch_partners"),
    path(
        "branches/<int:pk>/partners/<int:key>/remove/",
        keeping_views.branch_partner_remove,
        name="branch_partner_remove",
    ),
    path("branches/<int:pk>/dissolve/", keeping_views.branch_dissolve, name="branch_dissolve"),
]
