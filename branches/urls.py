from django.urls import URLPattern, path

from branches.areas import views as areas
from branches.worklists import claim_views as claims
from branches.worklists import views as work_lists

urlpatterns: list[URLPattern] = [
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
]
