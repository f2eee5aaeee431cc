from django.urls import path

from branches.disclosure import public_views as public
from branches.disclosure import publication_views as publications
from branches.disclosure import story_views as stories
from branches.resources import views as resources

urlpatterns = [
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
