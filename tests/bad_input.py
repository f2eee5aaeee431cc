"""Bad input for pages and forms: what is sent, and what no answer to it should be."""

from django.apps import apps
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from grids.models import User
from tests.branches.world import MARK, Sent

SCRIPT = "<script>alert(1)</script>"
HUGE = "9" * 40
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
REFUSED = {400, 403, 404, 405, 409, 429}


class Sweep:
    """Sends one thing after the other to the same world, and notes what no answer should be."""

    def __init__(self, app: str):
        self.app = app  # whose rows no refusal may change
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
            self.note(address, data, repr(error)[:300])
            return None
        return answer

    def _look(self, browser: Client, answer: HttpResponse, address: str, data: dict | None) -> None:
        if answer.status_code not in REFUSED | {200, 302}:
            self.note(address, data, f"answered {answer.status_code}")
        if answer.status_code in REFUSED and self.has_written and self._rows() != self.before:
            self.note(address, data, "refused, and changed something")
        if answer.status_code == 302 and data and answer["Location"].startswith("/"):
            answer = browser.get(answer["Location"])
        if "html" in answer.get("Content-Type", "") and SCRIPT.encode() in answer.content:
            self.note(address, data, "the script stands on the page")

    def _watch(self, execute, sql, *given):
        self.has_written |= f"{self.app}_" in sql and not sql.startswith("SELECT")
        return execute(sql, *given)

    def note(self, address: str, data: dict | None, what: str) -> None:
        given = {name: str(value)[:40] for name, value in (data or {}).items()}
        self.problems.append(f"{address} {given}: {what}")

    def _browser(self, who: User | None) -> Client:
        self.browsers[who] = browser = Client()
        if who:
            browser.force_login(who)
        return browser

    def _rows(self) -> dict[str, list]:
        models = apps.get_app_config(self.app).get_models()
        return {model._meta.label: list(model.objects.order_by("pk").values_list()) for model in models}


def send(sweep: Sweep, form: Sent, field: str, value: object) -> None:
    """Send the form with one field bad; what was typed into the others stands on the page of the refusal."""
    given = {name: sent for name, sent in (form.fields | {field: value}).items() if sent is not MISSING}
    answer = sweep.ask(form.who, form.address, given, is_post=True)
    if answer is None or answer.status_code != 400:
        return
    page = answer.content.decode()
    typed = [name for name, kind in form.kinds.items() if kind == "text" and name != field]
    lost = [name for name in typed if MARK in given[name][0] and given[name][0] not in page]
    if lost and form.kinds[field] != "hidden":  # one that is forged leads to no place where the rest could stand
        sweep.note(form.address, {field: value}, f"lost {lost}")
