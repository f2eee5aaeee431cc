from django.urls import URLPattern, path

from volunteers.households import views as households
from volunteers.households import visit_views as visits

urlpatterns: list[URLPattern] = [
    # Key households
    path("households/", households.household_list, name="household_list"),
    path("households/new/", households.household_new, name="household_new"),
    path("households/figures/", households.household_figures, name="household_figures"),
    path("households/consent/", households.consent_text, name="consent_text"),
    path("households/<int:pk>/", households.household_detail, name="household_detail"),
    path("households/<int:pk>/edit/", households.household_edit, name="household_edit"),
    path("households/<int:pk>/hand-over/", households.household_hand_over, name="household_hand_over"),
    path("households/<int:pk>/renew/", households.household_renew, name="household_renew"),
    path("households/<int:pk>/withdraw/", households.household_withdraw, name="household_withdraw"),
    path("households/<int:pk>/reveal/", visits.household_reveal, name="household_reveal"),
    path("households/<int:pk>/visit/", visits.visit_note, name="visit_note"),
    path("reveals/", visits.reveal_list, name="reveal_list"),
]
