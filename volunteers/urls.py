from django.urls import URLPattern, path

from volunteers.mediation import views as mediation
from volunteers.patrols import views as patrols

urlpatterns: list[URLPattern] = [
    # Joint patrols
    path("patrols/", patrols.patrol_list, name="patrol_list"),
    path("patrols/plan/", patrols.patrol_plan, name="patrol_plan"),
    path("patrols/<int:pk>/", patrols.patrol_detail, name="patrol_detail"),
    path("patrols/<int:pk>/change/", patrols.patrol_change, name="patrol_change"),
    path("patrols/<int:pk>/<slug:action>/", patrols.patrol_act, name="patrol_act"),
    # Joint mediation
    path("mediations/", mediation.mediation_list, name="mediation_list"),
    path("mediations/open/", mediation.mediation_open, name="mediation_open"),
    path("mediations/<int:pk>/", mediation.mediation_detail, name="mediation_detail"),
    path("mediations/<int:pk>/change/", mediation.mediation_change, name="mediation_change"),
    path("mediations/<int:pk>/parties/", mediation.mediation_parties, name="mediation_parties"),
    path("mediations/<int:pk>/session/", mediation.mediation_session, name="mediation_session"),
    path("mediations/<int:pk>/follow-ups/<int:follow_up>/", mediation.follow_up_note, name="follow_up_note"),
    path("mediations/<int:pk>/<slug:action>/", mediation.mediation_end, name="mediation_end"),
]
