"""The row that leads from each list of those who help to the others."""

import pytest
from django.urls import reverse

from volunteers.templatetags.volunteer_tags import WAYS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [way[0] for way in WAYS])
def test_each_leads_to_all_and_marks_itself(cast, client, name):
    client.force_login(cast.community)
    text = client.get(reverse(name)).content.decode()
    assert all(f'href="{reverse(other)}"' in text for other, *_rest in WAYS)
    assert f'aria-current="page" href="{reverse(name)}"' in text


@pytest.mark.parametrize("name", ["service_list", "resource_list"])
def test_a_page_of_a_room_marks_the_way_into_it(cast, client, name):
    client.force_login(cast.community)
    text = client.get(reverse(name)).content.decode()
    assert f'chip-chosen" aria-current="true" href="{reverse("order_list")}"' in text
