from django.urls import path

from volunteers import views
from volunteers.activities import attendance_views as attendance
from volunteers.activities import certificate_views as certificates
from volunteers.activities import public_views as public_activities
from volunteers.activities import views as activities
from volunteers.enrolments import list_views as enrolment_lists
from volunteers.enrolments import organisation_views as organisations
from volunteers.enrolments import sheet_views as enrolment_sheets
from volunteers.enrolments import views as enrolments
from volunteers.households import views as households
from volunteers.households import visit_views as visits
from volunteers.mediation import views as mediation
from volunteers.orders import catalogue_views as catalogue
from volunteers.orders import public_views as public_orders
from volunteers.orders import views as orders
from volunteers.patrols import views as patrols

urlpatterns = [
    path("volunteers/", views.volunteer_home, name="volunteer_home"),
    path("reveals/", views.reveal_list, name="reveal_list"),
    # Double check-in
    path("enrolments/", enrolment_lists.enrolment_figures, name="enrolment_figures"),
    path("enrolments/mine/", enrolments.enrolment_mine, name="enrolment_mine"),
    path("enrolments/report/", enrolments.enrolment_report, name="enrolment_report"),
    path("enrolments/confirm/", enrolments.enrolment_confirm, name="enrolment_confirm"),
    path("enrolments/members/", enrolment_lists.enrolment_list, name="enrolment_list"),
    path("enrolments/members/<int:pk>/", enrolments.enrolment_detail, name="enrolment_detail"),
    path("enrolments/members/<int:pk>/offer/", enrolments.enrolment_offer, name="enrolment_offer"),
    path("enrolments/members/<int:pk>/<slug:action>/", enrolments.enrolment_act, name="enrolment_act"),
    path("enrolments/organisations/", enrolment_lists.organisation_enrolment_list, name="organisation_enrolment_list"),
    path(
        "enrolments/organisations/report/",
        organisations.organisation_enrolment_report,
        name="organisation_enrolment_report",
    ),
    path(
        "enrolments/organisations/<int:pk>/",
        organisations.organisation_enrolment_detail,
        name="organisation_enrolment_detail",
    ),
    path(
        "enrolments/organisations/<int:pk>/change/",
        organisations.organisation_enrolment_change,
        name="organisation_enrolment_change",
    ),
    path(
        "enrolments/organisations/<int:pk>/<slug:action>/",
        organisations.organisation_enrolment_act,
        name="organisation_enrolment_act",
    ),
    path("enrolments/offers/", enrolment_lists.offer_list, name="offer_list"),
    path("enrolments/needs/", enrolment_lists.need_list, name="need_list"),
    path("enrolments/sheet/", enrolment_sheets.enrolment_sheet, name="enrolment_sheet"),
    path("enrolments/sheet/template/", enrolment_sheets.enrolment_sheet_template, name="enrolment_sheet_template"),
    path("enrolments/sheet/<int:pk>/", enrolment_sheets.enrolment_sheet_import, name="enrolment_sheet_import"),
    path("enrolments/sheet/<int:pk>/errors/", enrolment_sheets.enrolment_sheet_errors, name="enrolment_sheet_errors"),
    path("enrolments/sheet/<int:pk>/<slug:action>/", enrolment_sheets.enrolment_sheet_act, name="enrolment_sheet_act"),
    # Activities
    path("activities/", activities.activity_list, name="activity_list"),
    path("activities/plan/", activities.activity_plan, name="activity_plan"),
    path("activities/hours/", certificates.service_record, name="service_record"),
    path("activities/hours/certificate/", certificates.certificate_issue, name="certificate_issue"),
    path("activities/hours/certificate/<int:pk>/", certificates.certificate_print, name="certificate_print"),
    path("activities/pictures/<uuid:key>/", attendance.activity_picture, name="activity_picture"),
    path("activities/<int:pk>/", activities.activity_detail, name="activity_detail"),
    path("activities/<int:pk>/change/", activities.activity_change, name="activity_change"),
    path("activities/<int:pk>/code/", attendance.activity_code, name="activity_code"),
    path("activities/<int:pk>/attendance/", attendance.activity_attendance, name="activity_attendance"),
    path("activities/<int:pk>/report/", attendance.activity_report, name="activity_report"),
    path("activities/<int:pk>/<slug:action>/", activities.activity_act, name="activity_act"),
    path("door/<str:token>/", attendance.activity_door, name="activity_door"),
    path("certificate/", certificates.public_certificate, name="public_certificate"),
    path("g/<slug:code>/activities/", public_activities.public_activities, name="public_activities"),
    path("g/<slug:code>/activities/feed/", public_activities.public_activity_feed, name="public_activity_feed"),
    # Service orders
    path("orders/", orders.order_list, name="order_list"),
    path("orders/new/", orders.order_new, name="order_new"),
    path("orders/<int:pk>/", orders.order_detail, name="order_detail"),
    path("orders/<int:pk>/dispatch/", orders.order_dispatch, name="order_dispatch"),
    path("orders/<int:pk>/contact/", orders.order_contact, name="order_contact"),
    path("orders/<int:pk>/<slug:action>/", orders.order_act, name="order_act"),
    path("services/", catalogue.service_list, name="service_list"),
    path("services/new/", catalogue.service_new, name="service_new"),
    path("services/<int:pk>/", catalogue.service_edit, name="service_edit"),
    path("services/<int:pk>/withdraw/", catalogue.service_withdraw, name="service_withdraw"),
    path("services/resources/", catalogue.resource_list, name="resource_list"),
    path("g/<str:code>/services/", public_orders.public_services, name="public_services"),
    path("g/<str:code>/services/order/", public_orders.public_order, name="public_order"),
    path("my-order/", public_orders.public_order_follow, name="public_order_follow"),
    path("my-order/<slug:action>/", public_orders.public_order_act, name="public_order_act"),
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
