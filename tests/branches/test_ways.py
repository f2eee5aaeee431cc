"""The row that leads between the lists of the branches, and where the menu says one is."""

import pytest
from django.urls import resolve, reverse

from branches.templatetags.branch_tags import WAYS, is_of_branches


@pytest.mark.parametrize("name", [name for name, _sign, _label in WAYS])
def test_each_list_leads_to_all_the_others(cast, client, name):
    client.force_login(cast.district)
    text = client.get(reverse(name)).content.decode()
    assert all(f'href="{reverse(other)}"' in text for other, _sign, _label in WAYS)


def test_the_menu_knows_the_pages_of_branches():
    assert is_of_branches(resolve(reverse("work_list_list")))
    assert not is_of_branches(resolve(reverse("workbench")))
    assert not is_of_branches(None)
