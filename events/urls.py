from django.urls import path

from events import attachment_views, hotline_views, notice_views, paper_views, views
from events.public import views as public

urlpatterns = [
    path("", views.workbench, name="workbench"),
    path("events/", views.event_list, name="event_list"),
    path("events/file/", views.event_file, name="event_file"),
    path("events/export/", paper_views.event_export, name="event_export"),
    path("events/<slug:number>/", views.event_detail, name="event_detail"),
    path("events/<slug:number>/print/", paper_views.event_print, name="event_print"),
    path("events/<slug:number>/contact/", views.event_contact, name="event_contact"),
    path("events/<slug:number>/spam/", views.event_spam, name="event_spam"),
    path("events/<slug:number>/<slug:action>/", views.event_act, name="event_act"),
    path("hotline/", hotline_views.hotline_list, name="hotline_list"),
    path("hotline/<int:pk>/", hotline_views.hotline_import, name="hotline_import"),
    path("hotline/<int:pk>/mapping/", hotline_views.hotline_mapping, name="hotline_mapping"),
    path("hotline/<int:pk>/words/", hotline_views.hotline_words, name="hotline_words"),
    path("hotline/<int:pk>/places/", hotline_views.hotline_places, name="hotline_places"),
    path("hotline/<int:pk>/confirm/", hotline_views.hotline_confirm, name="hotline_confirm"),
    path("hotline/<int:pk>/cancel/", hotline_views.hotline_cancel, name="hotline_cancel"),
    path("hotline/<int:pk>/left.xlsx", hotline_views.hotline_errors, name="hotline_errors"),
    path("attachments/<uuid:key>/", attachment_views.attachment, name="attachment"),
    path("attachments/<uuid:key>/thumbnail/", attachment_views.attachment_thumbnail, name="attachment_thumbnail"),
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("notices/settings/", notice_views.notice_settings, name="notice_settings"),
    path("notices/settings/test/", notice_views.notice_test, name="notice_test"),
    path("notices/settings/retry/", notice_views.notice_retry, name="notice_retry"),
    path("g/<slug:code>/report/", public.public_report, name="public_report"),
    path("g/<slug:code>/report/receipt/", public.public_receipt, name="public_receipt"),
    path("follow/", public.public_follow, name="public_follow"),
    path("follow/<slug:number>/", public.public_event, name="public_event"),
    path("follow/<slug:number>/leave/", public.public_leave, name="public_leave"),
    path("follow/<slug:number>/<slug:action>/", public.public_act, name="public_act"),
]
