from django.urls import path

from branches.deliberation import public_views as public_deliberation
from branches.deliberation import views as deliberation
from branches.meetings import views as meetings

urlpatterns = [
    # Joint meetings
    path("meetings/<int:pk>/", meetings.meeting_detail, name="meeting_detail"),
    # Deliberation
    path("topics/", deliberation.topic_list, name="topic_list"),
    path("topics/propose/", deliberation.topic_propose, name="topic_propose"),
    path("topics/<int:pk>/", deliberation.topic_detail, name="topic_detail"),
    path("topics/<int:pk>/vote/", deliberation.topic_vote, name="topic_vote"),
    path("topics/<int:pk>/slips/", deliberation.topic_slips, name="topic_slips"),
    path("topics/<int:pk>/<slug:action>/", deliberation.topic_act, name="topic_act"),
    path("g/<slug:code>/topics/", public_deliberation.public_topics, name="public_topics"),
    path("g/<slug:code>/topics/propose/", public_deliberation.public_topic_propose, name="public_topic_propose"),
    path("g/<slug:code>/topics/receipt/", public_deliberation.public_topic_receipt, name="public_topic_receipt"),
    path("g/<slug:code>/topics/<int:pk>/", public_deliberation.public_topic, name="public_topic"),
    path("g/<slug:code>/topics/<int:pk>/vote/", public_deliberation.public_topic_vote, name="public_topic_vote"),
    path("g/<slug:code>/topics/<int:pk>/answer/", public_deliberation.public_topic_answer, name="public_topic_answer"),
    path("g/<slug:code>/topics/<int:pk>/ballots.txt", public_deliberation.public_ballots, name="public_ballots"),
]
