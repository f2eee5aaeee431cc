"""Bad input is input: every page and every form of the branches answers it, and what is refused changes nothing."""

import logging
from collections.abc import Iterator
from itertools import cycle
from types import SimpleNamespace

import pytest
from django.urls import reverse

from tests import pictures
from tests.bad_input import ASKED, BAD, HUGE, Sweep, send
from tests.branches.world import Sent, addresses, forms_of, make_world

pytestmark = pytest.mark.django_db

PARAMETERS = (
    "grid", "branch", "from", "kind", "search", "site", "state", "page", "year", "month", "when", "by", "sent", "slip",
    "small", "export", "format", "guest",
)  # fmt: skip
FILES = {
    "empty.jpg": b"",
    "large.jpg": b"\xff\xd8\xff" + bytes(50 * 1024 * 1024),
    "renamed.jpg": pictures.EXECUTABLE,
    "cut.jpg": pictures.picture()[:400],
    "bomb.png": pictures.png_bomb(),
    "\u202egpj.svg": pictures.SVG,
}


@pytest.fixture
def world(cast, settings) -> Iterator[SimpleNamespace]:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    settings.PUBLIC_LIMITS = {kind: (9999, seconds) for kind, (_limit, seconds) in settings.PUBLIC_LIMITS.items()}
    logging.disable(logging.ERROR)  # each refusal is a warning
    yield make_world(cast)
    logging.disable(logging.NOTSET)


def forms(world: SimpleNamespace, sweep: Sweep) -> list[Sent]:
    """Every form of every page, of the first person who has it on theirs."""
    cast, found = world.cast, {}
    for name, places in addresses(world).items():
        for args in places:
            address = reverse(name, args=args)
            address += "" if args else f"?grid={world.tree.community.code}"
            for who in [None] if name.startswith("public") else [cast.community, cast.admin]:
                answer = sweep.ask(who, address)
                if answer and answer.status_code == 200 and not answer.streaming:
                    for sent in forms_of(who, address, answer.content.decode()):
                        found.setdefault((sent.view, frozenset(sent.fields)), sent)
    known = addresses(world)
    return [sent for sent in found.values() if sent.view in known]


def test_every_page_answers_whatever_its_address_asks(world):
    sweep, turn = Sweep("branches"), cycle(ASKED)
    for name, (args, *_others) in addresses(world).items():
        who = None if name.startswith("public") else world.cast.admin
        for value in ["\x00", HUGE, next(turn)]:
            sweep.ask(who, reverse(name, args=args), dict.fromkeys(PARAMETERS, value))
        if args:  # and what is not there
            sweep.ask(who, reverse(name, args=[HUGE if isinstance(part, int) else part for part in args]))
    for value in ASKED:
        sweep.ask(world.cast.admin, "/api/v1/branches/", dict.fromkeys(("grid", "kind", "search", "page"), value))
    assert not sweep.problems, "\n".join(sweep.problems)


def test_every_form_refuses_bad_input_and_loses_nothing_of_the_rest(world):
    sweep = Sweep("branches")
    sent, turns = forms(world, sweep), {kind: cycle(values) for kind, values in BAD.items()}
    for form in sent:
        sweep.ask(form.who, form.address, {}, is_post=True)
        for field, kind in form.kinds.items():
            for _turn in range({"text": 2, "button": 0, "file": 0, "trap": 0}.get(kind, 1)):
                send(sweep, form, field, next(turns[kind]))
    assert len({form.view for form in sent}) > 40
    assert not sweep.problems, "\n".join(sweep.problems)


def test_a_file_that_is_no_photo_is_refused_where_it_was_chosen(world):
    sweep = Sweep("branches")
    given = {"title": "扶手", "after": "装好了", "amount": "5", "purpose": "舞台", "spent_on": "2026-11-20"}
    given["grid"] = world.tree.community.code
    asked = {"photos_after": reverse("story_write"), "receipt": reverse("resource_enter", args=[world.line.pk])}
    for field, address in asked.items():
        for name, content in FILES.items():
            file = pictures.upload(content, name)
            answer = sweep.ask(world.cast.community, address, given | {field: file}, is_post=True)
            assert (answer.status_code, bool(answer.context["form"].errors[field])) == (400, True)
    assert not sweep.problems
