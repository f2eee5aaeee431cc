"""Bad input is input: every page and every form of those who help answers it, and what is refused changes nothing."""

import logging
from collections.abc import Iterator
from itertools import cycle
from types import SimpleNamespace

import pytest
from django.urls import reverse

from grids.models import User
from tests.bad_input import ASKED, BAD, HUGE, Sweep, send
from tests.branches.world import MARK, Sent, forms_of
from tests.volunteers.world import addresses, make_world

pytestmark = pytest.mark.django_db

PARAMETERS = (
    "grid", "branch", "case", "code", "day", "export", "from", "kind", "near", "occasion", "order", "organisation",
    "page", "q", "search", "service", "skill", "small", "state", "visit", "when", "words",
)  # fmt: skip


@pytest.fixture
def world(cast, settings) -> Iterator[SimpleNamespace]:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    settings.PUBLIC_LIMITS = {kind: (9999, seconds) for kind, (_limit, seconds) in settings.PUBLIC_LIMITS.items()}
    logging.disable(logging.ERROR)  # each refusal is a warning
    yield make_world(cast)
    logging.disable(logging.NOTSET)


def readers(world: SimpleNamespace, name: str) -> list[User | None]:
    """Who opens the page: nobody with an account, or those to whom the pages show most."""
    if name.startswith("public"):
        return [None]
    return [world.cast.community, world.cast.worker, world.cast.police, world.member]


def forms(world: SimpleNamespace, sweep: Sweep) -> list[Sent]:
    """Every form of every page, of the first person who has it on theirs."""
    found = {}
    for name, places in addresses(world).items():
        for args in places:
            address = reverse(name, args=args)
            address += "" if args else f"?grid={world.tree.community.code}"
            for who in readers(world, name):
                answer = sweep.ask(who, address)
                if answer and answer.status_code == 405:
                    break  # what its form is, another page shows
                if answer and answer.status_code == 200 and not answer.streaming:
                    for sent in forms_of(who, address, answer.content.decode()):
                        found.setdefault((sent.view, frozenset(sent.fields)), sent)
    known = addresses(world)
    return [sent for sent in found.values() if sent.view in known] + _own_order(world)


def _own_order(world: SimpleNamespace) -> list[Sent]:
    """What a resident sends of their own order, which stands on a page behind a form."""
    rated = reverse("public_order_act", args=["rate"]), {"code": [world.code], "rating": ["fair"], "text": [MARK]}
    withdrawn = reverse("public_order_act", args=["withdraw"]), {"code": [world.code]}
    kinds = {"code": "hidden", "rating": "choice", "text": "text"}
    return [
        Sent(None, address, fields, {name: kinds[name] for name in fields}) for address, fields in (rated, withdrawn)
    ]


def test_every_page_answers_whatever_its_address_asks(world):
    sweep, turn = Sweep("volunteers"), cycle(ASKED)
    for name, (args, *_others) in addresses(world).items():
        who = readers(world, name)[0]
        for value in ["\x00", HUGE, next(turn)]:
            sweep.ask(who, reverse(name, args=args), dict.fromkeys(PARAMETERS, value))
        if args:  # and what is not there
            sweep.ask(who, reverse(name, args=[HUGE if isinstance(part, int) else part for part in args]))
    assert not sweep.problems, "\n".join(sweep.problems)


def test_every_form_refuses_bad_input_and_loses_nothing_of_the_rest(world):
    sweep = Sweep("volunteers")
    sent, turns = forms(world, sweep), {kind: cycle(values) for kind, values in BAD.items()}
    for form in sent:
        sweep.ask(form.who, form.address, {}, is_post=True)
        for field, kind in form.kinds.items():
            if kind in turns:
                send(sweep, form, field, next(turns[kind]))
    assert len({form.view for form in sent}) > 30
    assert not sweep.problems, "\n".join(sweep.problems)
