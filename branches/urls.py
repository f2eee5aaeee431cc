from django.urls import path

from branches.meetings import calendar_views as meeting_calendars
from branches.meetings import minutes_views as meeting_minutes
from branches.meetings import views as meetings

urlpatterns = [
    # Joint meetings
    path("meetings/", meetings.meeting_list, name="meeting_list"),
    path("meetings/plan/", meetings.meeting_plan, name="meeting_plan"),
    path("meetings/calendar/", meeting_calendars.meeting_calendar, name="meeting_calendar"),
    path("meetings/calendar/<slug:token>.ics", meeting_calendars.meeting_feed, name="meeting_feed"),
    path("meetings/<int:pk>/", meetings.meeting_detail, name="meeting_detail"),
    path("meetings/<int:pk>/agenda/", meetings.meeting_agenda, name="meeting_agenda"),
    path("meetings/<int:pk>/invite/", meetings.meeting_invite, name="meeting_invite"),
    path("meetings/<int:pk>/convene/", meetings.meeting_convene, name="meeting_convene"),
    path("meetings/<int:pk>/call-off/", meetings.meeting_call_off, name="meeting_call_off"),
    path("meetings/<int:pk>/answer/<int:invitation>/", meetings.meeting_answer, name="meeting_answer"),
    path("meetings/<int:pk>/minutes/", meeting_minutes.meeting_minutes, name="meeting_minutes"),
    path("meetings/<int:pk>/print/", meeting_minutes.meeting_print, name="meeting_print"),
    path("resolutions/<int:pk>/done/", meeting_minutes.resolution_fulfil, name="resolution_fulfil"),
]
