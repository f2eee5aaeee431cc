from django.urls import path

from events import attachment_views, notice_views, paper_views, saved_filter_views, views
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
    path("filters/", saved_filter_views.saved_filter_list, name="saved_filter_list"),
    path("filters/save/", saved_filter_views.saved_filter_save, name="saved_filter_save"),
    path("filters/<int:key>/rename/", saved_filter_views.saved_filter_rename, name="saved_filter_rename"),
    path("filters/<int:key>/delete/", saved_filter_views.saved_filter_delete, name="saved_filter_delete"),
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
