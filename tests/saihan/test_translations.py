"""The Chinese catalogue is complete: nothing empty, nothing doubtful, nothing that was never collected."""

import os
import shutil
import subprocess
import sys

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

CATALOGUE = "locale/zh_Hans/LC_MESSAGES/django.po"


def catalogue(root=settings.BASE_DIR):
    with open(root / CATALOGUE, "rb") as file:
        return read_po(file, locale="zh_Hans")


def key(message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def test_nothing_is_empty_or_doubtful():
    wrong = []
    for message in catalogue():
        strings = [message.string] if isinstance(message.string, str) else message.string
        if message.id and (message.fuzzy or not all(strings)):
            wrong.append(key(message))
    assert not wrong


def test_placeholders_agree():
    wrong = [key(message) for message in catalogue() if message.id and list(message.check())]
    assert not wrong


@pytest.mark.skipif(not shutil.which("xgettext"), reason="no xgettext (Debian package gettext)")
def test_every_string_of_the_sources_is_collected(tmp_path):
    for folder in ("saihan", "grids", "branches", "volunteers", "events", "templates", "locale"):
        if (settings.BASE_DIR / folder).exists():
            shutil.copytree(settings.BASE_DIR / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    (tmp_path / "static").mkdir()
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--no-obsolete", "--ignore", "var"],
        cwd=tmp_path,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "saihan.settings"},
        check=True,
        capture_output=True,
    )
    fresh, kept = ({key(message) for message in catalogue(root)} for root in (tmp_path, settings.BASE_DIR))
    assert fresh - kept == set(), "run `make messages` and translate these"
    assert kept - fresh == set(), "nobody says these any more"
