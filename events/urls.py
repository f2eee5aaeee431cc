from django.urls import path

from events import views

urlpatterns = [
    path("", views.workbench, name="workbench"),
    path("events/", views.event_list, name="event_list"),
    path("events/file/", views.event_file, name="event_file"),
    path("events/<slug:number>/", views.event_detail, name="event_detail"),
    path("events/<slug:number>/<slug:action>/", views.event_act, name="event_act"),
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/read/", views.notices_read, name="notices_read"),
]
