from django.urls import path

from branches.meetings import views as meetings

urlpatterns = [
    # Joint meetings
    path("meetings/<int:pk>/", meetings.meeting_detail, name="meeting_detail"),
]
