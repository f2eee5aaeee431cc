import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client(client, cast):
    client.force_login(cast.admin)
    return client


def test_list_begins_with_the_cities(admin_client):
    response = admin_client.get(reverse("admin:grids_grid_changelist"))
    assert [grid.code for grid in response.context["cl"].result_list] == ["1501"]
    assert b"?parent=1501" in response.content
