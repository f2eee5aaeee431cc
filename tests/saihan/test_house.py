"""Rules of the house that a review would forget: who imports whom, one stem for a page, pins with reasons."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver

FLOORS = ("grids", "branches", "volunteers", "events")  # each may import from those before it
MPTT_ROOMS = {"grids/tree.py", "grids/models/grid.py"}

# URL names whose view shows no page of its own, and why.
WITHOUT_TEMPLATE: dict[str, str] = {
    "branch_partner_remove": "it leads back to the partners",
    "branch_plan_accept": "it answers with the plan's own page",
    "activity_act": "it answers with the activity's own page",
    "activity_picture": "it answers with the picture",
    "area_give_up": "it leads back to the area",
    "attachment": "it answers with the file",
    "follow_up_note": "it answers with the mediation's own page",
    "mediation_end": "it answers with the mediation's own page",
    "mediation_session": "it answers with the mediation's own page",
    "patrol_act": "it answers with the patrol's own page",
    "consent_withdraw": "it leads back to the story",
    "public_feed": "it answers with RSS",
    "public_picture": "it answers with the picture",
    "resource_receipt": "it answers with the picture",
    "story_act": "it answers with the story's own page",
    "story_consent": "it answers with the story's own page",
    "story_picture": "it answers with the picture",
    "attachment_thumbnail": "it answers with the picture",
    "certificate_issue": "it leads to the certificate",
    "claim_act": "it answers with the claim's own page",
    "enrolment_act": "it answers with the enrolment's own page",
    "enrolment_confirm": "it leads back to the list",
    "enrolment_sheet_act": "it leads back to the sheet",
    "enrolment_sheet_errors": "it answers with an Excel sheet",
    "enrolment_sheet_template": "it answers with an Excel sheet",
    "export_template_delete": "it leads back to the list of them",
    "event_export": "it answers with an Excel sheet",
    "event_act": "it answers with the case's own page",
    "event_spam": "it leads back to the case",
    "public_activity_feed": "it answers with RSS",
    "public_ballots": "it answers with the list as a text",
    "public_photo": "it answers with the picture",
    "public_photo_thumbnail": "it answers with the picture",
    "household_withdraw": "it leads back to the list",
    "hotline_words": "it leads back to the sheet",
    "hotline_places": "it leads back to the sheet",
    "hotline_confirm": "it leads back to the sheet",
    "hotline_cancel": "it leads back to the sheet",
    "hotline_errors": "it answers with an Excel sheet",
    "meeting_answer": "it leads back to the meeting",
    "meeting_call_off": "it leads back to the meeting",
    "meeting_convene": "it leads back to the meeting",
    "meeting_feed": "it answers with an iCalendar",
    "meeting_invite": "it leads back to the meeting",
    "organisation_enrolment_act": "it answers with the enrolment's own page",
    "public_act": "it answers with the resident's own page of the case",
    "public_leave": "it leads back to the way in",
    "report_export": "it answers with an Excel workbook",
    "report_make": "it leads to the report, or answers with the list of them",
    "resolution_fulfil": "it leads back to the meeting",
    "sample_export": "it answers with an Excel sheet",
    "sample_population": "it answers with a sheet or a text",
    "notice_open": "it leads to the page that the notice tells of",
    "notices_read": "it leads back to the inbox",
    "notice_retry": "it leads back to the choice of notices",
    "notice_test": "it leads back to the choice of notices",
    "public_topic_answer": "it answers with the topic's own page",
    "saved_filter_delete": "it leads back to the list of them",
    "saved_filter_rename": "it leads back to the list of them",
    "saved_filter_save": "it leads back to the list of cases",
    "signboard_qr": "it is a picture to be downloaded",
    "order_act": "it answers with the order's own page",
    "public_order_act": "it answers with the order's own page",
    "service_withdraw": "it leads back to the catalogue",
    "topic_act": "it answers with the topic's own page",
    "work_item_assign": "it leads back to the item",
    "work_item_remove": "it leads back to the draft",
    "work_list_close": "it leads back to the list",
    "work_list_copy": "it leads to the copy",
    "work_list_drop": "it leads back to the lists",
    "work_list_issue": "it leads to the list",
}


def sources(app: str) -> Iterator[Path]:
    return (settings.BASE_DIR / app).rglob("*.py")


def imported(source: Path) -> set[str]:
    """The top-level packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("app", FLOORS)
def test_imports_go_one_way(app):
    above = {*FLOORS[FLOORS.index(app) + 1 :], "saihan", "tests", "bench"}
    wrong = {str(source): found for source in sources(app) if (found := imported(source) & above)}
    assert not wrong


def test_only_the_tree_knows_mptt():
    users = {
        str(source.relative_to(settings.BASE_DIR))
        for app in (*FLOORS, "saihan")
        for source in sources(app)
        if "mptt" in imported(source) and "migrations" not in source.parts
    }
    assert users <= MPTT_ROOMS


def pages() -> Iterator[URLPattern]:
    """The URL patterns of our own apps' pages."""
    for app in FLOORS:
        if (settings.BASE_DIR / app / "urls.py").exists():
            yield from (
                pattern for pattern in get_resolver(f"{app}.urls").url_patterns if isinstance(pattern, URLPattern)
            )


def test_a_page_has_one_stem():
    """View, URL name, template and the tests use one name, so that each is found from the others."""
    tests = "\n".join(path.read_text() for path in (settings.BASE_DIR / "tests").rglob("test_*.py"))
    wrong = []
    for pattern in pages():
        view = getattr(pattern.callback, "view_class", pattern.callback)
        app = view.__module__.split(".")[0]
        template = settings.BASE_DIR / "templates" / app / f"{pattern.name}.html"
        if view.__name__ != pattern.name:
            wrong.append(f"{pattern.name}: the view is called {view.__name__}")
        if not template.exists() and pattern.name not in WITHOUT_TEMPLATE:
            wrong.append(f"{pattern.name}: there is no {template.relative_to(settings.BASE_DIR)}")
        if pattern.name not in tests:
            wrong.append(f"{pattern.name}: no test names it")
    assert not wrong


def test_each_exemption_is_still_one():
    names = {pattern.name for pattern in pages()}
    assert set(WITHOUT_TEMPLATE) <= names


def test_each_pin_has_a_reason():
    lines = (settings.BASE_DIR / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    for line in pins:
        assert re.fullmatch(r"[\w-]+==[\w.]+ +# \S.{7,}", line), line


def test_each_front_end_package_has_one_exact_version():
    package = json.loads((settings.BASE_DIR / "package.json").read_text())
    lock = json.loads((settings.BASE_DIR / "package-lock.json").read_text())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["dependencies"].values())
    assert all("resolved" not in entry for entry in lock["packages"].values())
    assert all(entry.get("integrity") for path, entry in lock["packages"].items() if path)


def test_no_page_holds_an_inline_script_or_style():
    """The Content-Security-Policy would switch it off without a word to the person before the screen."""
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son(click|change|submit|input|load)=|href=.javascript:")
    wrong = [str(page) for page in (settings.BASE_DIR / "templates").rglob("*.html") if inline.search(page.read_text())]
    assert not wrong


def test_the_readme_names_what_one_can_set():
    readme = (settings.BASE_DIR / "README.md").read_text()
    set_by = re.findall(r'env\.\w+\("([A-Z_]+)"', (settings.BASE_DIR / "saihan/settings.py").read_text())
    for word in {*set_by, "PORT", "make run", "make test", settings.DEMO_PASSWORD, *settings.DEMO_ACCOUNTS}:
        assert word in readme, word
