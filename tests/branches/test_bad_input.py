"""Bad input is input: every page and every form of the branches answers it, and what is refused changes nothing."""

import logging
from collections.abc import Iterator
from itertools import cycle
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from grids.models import User
from tests import pictures
from tests.branches.world import MARK, Sent, addresses, forms_of, make_world

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
HUGE = "9" * 40
PARAMETERS = (
    "grid", "branch", "from", "kind", "search", "site", "state", "page", "year", "month", "when", "by", "sent", "slip",
    "small", "export", "format", "guest",
)  # fmt: skip
ASKED = ["\x00", "event-\x00", HUGE, "9" * 18, "²", "-1", "NaN", "😀\u202e", SCRIPT]
MISSING = None
TEXTS = ["\x00", "好" * 30_000, "\u202e反", "\x07", SCRIPT, MISSING, ["a", "b"], ""]
BAD = {
    "text": TEXTS,
    "hidden": ["\x00", HUGE, "event:" + HUGE, "", MISSING, ["1", "2"]],
    "choice": ["\x00", HUGE, "²", "event:\x00", ":" + "好" * 900, MISSING, "1", ["2", "3"]],
    "number": [HUGE, "NaN", "1e400", "-1", "", "Infinity", MISSING],
    "date": ["9999-12-31", "0001-01-01", "2026-02-30", "10000-01-01", MISSING],
    "datetime-local": ["9999-12-31T23:59", "0001-01-01T00:00", ""],
    "month": ["9999-12", "0001-01", "\x00"],
}
FILES = {
    "empty.jpg": b"",
    "large.jpg": b"\xff\xd8\xff" + bytes(50 * 1024 * 1024),
    "renamed.jpg": pictures.EXECUTABLE,
    "cut.jpg": pictures.picture()[:400],
    "bomb.png": pictures.png_bomb(),
    "\u202egpj.svg": pictures.SVG,
}
REFUSED = {400, 403, 404, 405, 409, 429}


@pytest.fixture
def world(cast, settings) -> Iterator[SimpleNamespace]:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    settings.PUBLIC_LIMITS = {kind: (9999, seconds) for kind, (_limit, seconds) in settings.PUBLIC_LIMITS.items()}
    logging.disable(logging.ERROR)  # each refusal is a warning
    yield make_world(cast)
    logging.disable(logging.NOTSET)


class Sweep:
    """Sends one thing after the other to the same world, and notes what no answer should be."""

    def __init__(self):
        self.browsers: dict[User | None, Client] = {}
        self.problems: list[str] = []
        self.before = self._rows()
        self.has_written = False

    def ask(self, who: User | None, address: str, data: dict | None = None, *, is_post: bool = False):
        """The answer; whatever it did is undone."""
        browser = self.browsers.get(who) or self._browser(who)
        self.has_written = False
        try:
            with connection.execute_wrapper(self._watch), transaction.atomic():
                answer = (browser.post if is_post else browser.get)(address, data)
                self._look(browser, answer, address, data)
                transaction.set_rollback(True)
        except Exception as error:
            self._note(address, data, repr(error)[:300])
            return None
        return answer

    def _look(self, browser: Client, answer: HttpResponse, address: str, data: dict | None) -> None:
        if answer.status_code not in REFUSED | {200, 302}:
            self._note(address, data, f"answered {answer.status_code}")
        if answer.status_code in REFUSED and self.has_written and self._rows() != self.before:
            self._note(address, data, "refused, and changed something")
        if answer.status_code == 302 and data and answer["Location"].startswith("/"):
            answer = browser.get(answer["Location"])
        if "html" in answer.get("Content-Type", "") and SCRIPT.encode() in answer.content:
            self._note(address, data, "the script stands on the page")

    def _watch(self, execute, sql, *given):
        self.has_written |= "branches_" in sql and not sql.startswith("SELECT")
        return execute(sql, *given)

    def _note(self, address: str, data: dict | None, what: str) -> None:
        given = {name: str(value)[:40] for name, value in (data or {}).items()}
        self.problems.append(f"{address} {given}: {what}")

    def _browser(self, who: User | None) -> Client:
        self.browsers[who] = browser = Client()
        if who:
            browser.force_login(who)
        return browser

    def _rows(self) -> dict[str, list]:
        models = apps.get_app_config("branches").get_models()
        return {model._meta.label: list(model.objects.order_by("pk").values_list()) for model in models}


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
    sweep, turn = Sweep(), cycle(ASKED)
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
    sweep = Sweep()
    sent, turns = forms(world, sweep), {kind: cycle(values) for kind, values in BAD.items()}
    for form in sent:
        sweep.ask(form.who, form.address, {}, is_post=True)
        for field, kind in form.kinds.items():
            for _turn in range({"text": 2, "button": 0, "file": 0, "trap": 0}.get(kind, 1)):
                _send(sweep, form, field, next(turns[kind]))
    assert len({form.view for form in sent}) > 40
    assert not sweep.problems, "\n".join(sweep.problems)


def _send(sweep: Sweep, form: Sent, field: str, value: object) -> None:
    given = {name: sent for name, sent in (form.fields | {field: value}).items() if sent is not MISSING}
    answer = sweep.ask(form.who, form.address, given, is_post=True)
    if answer is None or answer.status_code != 400:
        return
    page = answer.content.decode()
    typed = [name for name, kind in form.kinds.items() if kind == "text" and name != field]
    lost = [name for name in typed if MARK in given[name][0] and given[name][0] not in page]
    if lost and form.kinds[field] != "hidden":  # one that is forged leads to no place where the rest could stand
        sweep._note(form.address, {field: value}, f"lost {lost}")


def test_a_file_that_is_no_photo_is_refused_where_it_was_chosen(world):
    sweep = Sweep()
    given = {"title": "扶手", "after": "装好了", "amount": "5", "purpose": "舞台", "spent_on": "2026-11-20"}
    given["grid"] = world.tree.community.code
    asked = {"photos_after": reverse("story_write"), "receipt": reverse("resource_enter", args=[world.line.pk])}
    for field, address in asked.items():
        for name, content in FILES.items():
            file = pictures.upload(content, name)
            answer = sweep.ask(world.cast.community, address, given | {field: file}, is_post=True)
            assert (answer.status_code, bool(answer.context["form"].errors[field])) == (400, True)
    assert not sweep.problems
