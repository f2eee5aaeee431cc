from django.urls import path

from events import attachment_views, paper_views, views

urlpatterns = [
    path("", views.workbench, name="workbench"),
    path("events/", views.event_list, name="event_list"),
    path("events/file/", views.event_file, name="event_file"),
    path("events/export/", paper_views.event_export, name="event_export"),
    path("events/<slug:number>/", views.event_detail, name="event_detail"),
    path("events/<slug:number>/print/", paper_views.event_print, name="event_print"),
    path("events/<slug:number>/<slug:action>/", views.event_act, name="event_act"),
    path("attachments/<uuid:key>/", attachment_views.attachment, name="attachment"),
    path("attachments/<uuid:key>/thumbnail/", attachment_views.attachment_thumbnail, name="attachment_thumbnail"),
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/read/", views.notices_read, name="notices_read"),
]
