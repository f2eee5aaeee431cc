from django.urls import path

from volunteers import views
from volunteers.enrolments import list_views as enrolment_lists
from volunteers.enrolments import organisation_views as organisations
from volunteers.enrolments import sheet_views as enrolment_sheets
from volunteers.enrolments import views as enrolments

urlpatterns = [
    path("volunteers/", views.volunteer_home, name="volunteer_home"),
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
]
