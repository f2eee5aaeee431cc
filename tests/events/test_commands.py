"""The commands: a sweep by hand, and the categories."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from events.models import Category, Event
from tests.events.conftest import MONDAY
from tests.factories import make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_escalating_as_of_a_time_says_what_it_did(cast):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    assert run("escalate_overdue", "--at", "2026-11-24T09:00+08:00") == "escalate: 1\n"
    assert Event.objects.get(pk=event.pk).loop == "community"
    assert run("escalate_overdue", "--at", "2026-11-24T09:00+08:00") == "Nothing was due.\n"


def test_the_time_may_be_given_in_any_zone(cast):
    make_event(cast.worker, cast.tree.unit, at=MONDAY)
    assert run("escalate_overdue", "--at", "2026-11-24T00:59Z") == "remind: 1\n"
    assert run("escalate_overdue", "--at", "2026-11-24T01:00Z") == "escalate: 1\n"


def test_without_a_time_it_escalates_as_of_now(cast):
    make_event(cast.worker, cast.tree.unit, at=MONDAY.replace(month=1))
    assert run("escalate_overdue") == "escalate: 1\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-12-01T09:00", "“2026-12-01T09:00” has no time zone. Write 2026-12-01T09:00+08:00."),
        ("2026-12-01", "“2026-12-01” has no time zone. Write 2026-12-01T09:00+08:00."),
        ("tomorrow", "“tomorrow” is not a time such as 2026-12-01T09:00+08:00."),
        ("2026-13-01T09:00+08:00", "“2026-13-01T09:00+08:00” is not a time such as 2026-12-01T09:00+08:00."),
        ("9999-12-31T23:58+08:00", "“9999-12-31T23:58+08:00” lies more than a year ahead; nothing was swept."),
        ("", "“” is not a time such as 2026-12-01T09:00+08:00."),
    ],
)
def test_a_time_that_is_none_is_refused_and_nothing_swept(cast, text, sentence):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    with pytest.raises(CommandError) as refused:
        run("escalate_overdue", "--at", text)
    assert str(refused.value) == sentence
    assert event.steps.count() == 1


# Categories


def csv(tmp_path: Path, *rows: str, head: str = "kind,major,minor,limit,unit") -> str:
    file = tmp_path / "categories.csv"
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(file)


def test_loading_adds_what_is_new_and_leaves_what_was_edited(tmp_path):
    rows = ("event,市容环境,暴露垃圾,4,working_hour", "governance,社会治理,矛盾纠纷,,")
    assert run("load_categories", csv(tmp_path, *rows)) == "2 categories added, 0 unchanged.\n"
    Category.objects.filter(minor="暴露垃圾").update(limit=9)
    assert run("load_categories", csv(tmp_path, *rows)) == "0 categories added, 2 unchanged.\n"
    assert Category.objects.get(minor="暴露垃圾").limit == 9
    assert Category.objects.get(minor="矛盾纠纷").time_limit() is None


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("weather,天气,下雨,,", "Row 3: Value 'weather' is not a valid choice."),
        ("event,市容环境,乱堆,many,working_hour", "Row 3: “many” value must be an integer."),
        ("event,市容环境,乱堆,0,working_hour", "Row 3: Ensure this value is greater than or equal to 1."),
        ("event,市容环境,乱堆,3,fortnight", "Row 3: Value 'fortnight' is not a valid choice."),
        ("event,市容环境,,3,working_hour", "Row 3: This field cannot be blank."),
        ("event,市容环境,乱堆,3,", "Row 3: Give a limit together with its unit of time, or neither."),
        ("event,市容环境,乱堆", "Row 3: The row has 3 columns instead of 5."),
        ("event,市容环境,乱堆,3,working_hour,extra", "Row 3: The row has 6 columns instead of 5."),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_loaded(tmp_path, row, problem):
    with pytest.raises(CommandError) as refused:
        run("load_categories", csv(tmp_path, "event,市容环境,暴露垃圾,4,working_hour", row))
    assert problem in str(refused.value)
    assert not Category.objects.exists()


def test_a_file_without_the_columns_is_refused(tmp_path):
    with pytest.raises(CommandError, match="The columns kind, limit are missing"):
        run("load_categories", csv(tmp_path, "a,b,c", head="major,minor,unit"))


def test_a_file_that_is_no_csv_is_refused(tmp_path):
    file = tmp_path / "photo.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    with pytest.raises(CommandError, match="is no CSV file in UTF-8"):
        run("load_categories", str(file))
    with pytest.raises(CommandError, match="is no CSV file in UTF-8"):
        run("load_categories", str(tmp_path / "missing.csv"))


def test_the_projects_own_list_holds_the_standard_and_seven_of_our_own():
    file = settings.BASE_DIR / "events" / "data" / "categories.csv"
    assert run("load_categories", str(file)) == "197 categories added, 0 unchanged.\n"
    assert set(Category.objects.filter(kind="governance").values_list("minor", flat=True)) == {
        "矛盾纠纷", "民生服务", "物业管理", "治安隐患", "特殊关爱", "线索举报", "其他诉求"
    }  # fmt: skip
    assert Category.objects.get(is_confidential=True).minor == "线索举报"
