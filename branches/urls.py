from django.urls import path

from branches import coverage_views, keeping_views, views
from branches.areas import views as areas
from branches.deliberation import public_views as public_deliberation
from branches.deliberation import views as deliberation
from branches.disclosure import public_views as public
from branches.disclosure import publication_views as publications
from branches.disclosure import story_views as stories
from branches.meetings import calendar_views as meeting_calendars
from branches.meetings import minutes_views as meeting_minutes
from branches.meetings import views as meetings
from branches.resources import views as resources
from branches.worklists import claim_views as claims
from branches.worklists import views as work_lists

urlpatterns = [
    # Branches
    path("branches/", views.branch_list, name="branch_list"),
    path("branches/found/", keeping_views.branch_found, name="branch_found"),
    path("branches/coverage/", coverage_views.branch_coverage, name="branch_coverage"),
    path("branches/plans/", coverage_views.branch_plans, name="branch_plans"),
    path("branches/plans/<slug:code>/", coverage_views.branch_plan, name="branch_plan"),
    path("branches/plans/<slug:code>/accept/", coverage_views.branch_plan_accept, name="branch_plan_accept"),
    path("branches/<int:pk>/", views.branch_detail, name="branch_detail"),
    path("branches/<int:pk>/describe/", keeping_views.branch_describe, name="branch_describe"),
    path("branches/<int:pk>/cover/", keeping_views.branch_cover, name="branch_cover"),
    path("branches/<int:pk>/leaders/", keeping_views.branch_leaders, name="branch_leaders"),
    path("branches/<int:pk>/partners/", keeping_views.branch_partners, name="branch_partners"),
    path(
        "branches/<int:pk>/partners/<int:key>/remove/",
        keeping_views.branch_partner_remove,
        name="branch_partner_remove",
    ),
    path("branches/<int:pk>/dissolve/", keeping_views.branch_dissolve, name="branch_dissolve"),
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
    # Members' areas
    path("areas/", areas.area_list, name="area_list"),
    path("areas/<int:pk>/", areas.area_detail, name="area_detail"),
    path("areas/<int:pk>/edit/", areas.area_edit, name="area_edit"),
    path("areas/<int:pk>/hand-over/", areas.area_hand_over, name="area_hand_over"),
    path("areas/<int:pk>/give-up/", areas.area_give_up, name="area_give_up"),
    path("branches/<int:pk>/areas/new/", areas.area_new, name="area_new"),
    path("branches/<int:pk>/areas/suggest/", areas.area_suggest, name="area_suggest"),
    # Work lists
    path("work-lists/", work_lists.work_list_list, name="work_list_list"),
    path("work-lists/new/", work_lists.work_list_new, name="work_list_new"),
    path("work-lists/<int:pk>/", work_lists.work_list_detail, name="work_list_detail"),
    path("work-lists/<int:pk>/edit/", work_lists.work_list_edit, name="work_list_edit"),
    path("work-lists/<int:pk>/issue/", work_lists.work_list_issue, name="work_list_issue"),
    path("work-lists/<int:pk>/close/", work_lists.work_list_close, name="work_list_close"),
    path("work-lists/<int:pk>/copy/", work_lists.work_list_copy, name="work_list_copy"),
    path("work-lists/<int:pk>/drop/", work_lists.work_list_drop, name="work_list_drop"),
    path("work-lists/<int:pk>/new/", work_lists.work_item_new, name="work_item_new"),
    path("work-lists/<int:pk>/<int:ordinal>/", claims.work_item, name="work_item"),
    path("work-lists/<int:pk>/<int:ordinal>/edit/", work_lists.work_item_edit, name="work_item_edit"),
    path("work-lists/<int:pk>/<int:ordinal>/remove/", work_lists.work_item_remove, name="work_item_remove"),
    path("work-lists/<int:pk>/<int:ordinal>/assign/", claims.work_item_assign, name="work_item_assign"),
    path("claims/<int:pk>/", claims.claim_detail, name="claim_detail"),
    path("claims/<int:pk>/<slug:action>/", claims.claim_act, name="claim_act"),
    # Resources
    path("resources/", resources.budget_list, name="budget_list"),
    path("resources/plan/", resources.budget_plan, name="budget_plan"),
    path("resources/<int:pk>/", resources.budget_detail, name="budget_detail"),
    path("resources/<int:pk>/lines/add/", resources.budget_line_add, name="budget_line_add"),
    path("resources/lines/<int:pk>/change/", resources.budget_line_change, name="budget_line_change"),
    path("resources/lines/<int:pk>/enter/", resources.resource_enter, name="resource_enter"),
    path("resources/entries/<int:pk>/reverse/", resources.resource_reverse, name="resource_reverse"),
    path("resources/entries/<int:pk>/receipt/", resources.resource_receipt, name="resource_receipt"),
    # Disclosure and stories
    path("publications/", publications.publication_list, name="publication_list"),
    path("publications/write/", publications.publication_write, name="publication_write"),
    path("publications/<int:pk>/withdraw/", publications.publication_withdraw, name="publication_withdraw"),
    path("stories/", stories.story_list, name="story_list"),
    path("stories/write/", stories.story_write, name="story_write"),
    path("stories/<int:pk>/", stories.story_detail, name="story_detail"),
    path("stories/<int:pk>/edit/", stories.story_edit, name="story_edit"),
    path("stories/<int:pk>/consents/", stories.story_consent, name="story_consent"),
    path("stories/<int:pk>/<slug:action>/", stories.story_act, name="story_act"),
    path("stories/consents/<int:pk>/withdraw/", stories.consent_withdraw, name="consent_withdraw"),
    path("stories/pictures/<int:pk>/", stories.story_picture, name="story_picture"),
    path("g/<str:code>/open/", public.public_disclosure, name="public_disclosure"),
    path("g/<str:code>/open/feed/", public.public_feed, name="public_feed"),
    path("g/<str:code>/open/<int:pk>/", public.public_publication, name="public_publication"),
    path("g/<str:code>/open/stories/<int:pk>/", public.public_story, name="public_story"),
    path("open/pictures/<uuid:key>/", public.public_picture, name="public_picture"),
]
