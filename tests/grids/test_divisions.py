"""`load_divisions` and `check_grids`, as people run them."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from grids import services, tree
from grids.models import Grid, Post
from tests.factories import make_post

DIVISIONS = Path(tree.__file__).parent / "data" / "hohhot_divisions.csv"
HEADER = "code,name,level,parent\n"
GOOD = HEADER + "1501,呼和浩特市,city,\n150105,赛罕区,district,1501\n150105001,人民路街道,street,150105\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def load(tmp_path):
    """Write `content` to a file and load it; returns what the command printed."""

    def load(content):
        file = tmp_path / "divisions.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        out = io.StringIO()
        call_command("load_divisions", str(file), stdout=out)
        return out.getvalue()

    return load


def test_the_real_divisions_load_twice(django_assert_max_num_queries):
    call_command("load_divisions", str(DIVISIONS), stdout=io.StringIO())
    assert Grid.objects.count() == 1506
    assert Grid.objects.get(code="150105").get_children().count() > 5
    call_command("check_grids", stdout=io.StringIO())
    before, out = list(Grid.objects.values()), io.StringIO()
    with django_assert_max_num_queries(15):
        call_command("load_divisions", str(DIVISIONS), stdout=out)
    assert list(Grid.objects.values()) == before
    assert "1506" in out.getvalue()


def test_a_changed_name_is_taken_over(load, tmp_path):
    load(GOOD)
    (tmp_path / "new.csv").write_text(GOOD.replace("人民路街道", "人民路办事处"))
    loaded = services.load_divisions(actor=None, path=tmp_path / "new.csv")
    assert Grid.objects.get(code="150105001").name == "人民路办事处"
    assert (loaded.created, loaded.renamed, loaded.unchanged) == (0, 1, 2)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD + "\n,,,\n",
        HEADER + "".join(reversed(GOOD.splitlines(keepends=True)[1:])),
        "level,parent,name,code,note\ncity,,呼和浩特市,1501,x\ndistrict,1501,赛罕区,150105,\nstreet,150105,路,150105001,\n",
    ],
    ids=["BOM", "CRLF", "empty rows", "children first", "other columns"],
)
def test_what_spreadsheets_do_to_a_file_is_no_matter(load, content):
    load(content)
    assert Grid.objects.count() == 3


BAD = {
    "empty": (b"", []),
    "blank": (b" \n\n", []),
    "header only": (HEADER, []),
    "no header": ("1501,呼和浩特市,city,\n", ["code, name, level, parent"]),
    "missing column": ("code,name,level\n1501,市,city\n", ["parent"]),
    "NUL": (GOOD.replace("赛罕区", "赛\0罕区"), ["NUL"]),
    "renamed zip": (b"PK\x03\x04\x14\x00\x06\x00", ["NUL"]),
    "GB18030": (GOOD.encode("gb18030"), ["2", "UTF-8"]),
    "half UTF-8": (GOOD.encode() + b"150106,\xff\xfe,district,1501\n", ["5", "UTF-8"]),
    "open quote": (HEADER + '1501,"呼和浩特市,city,\n', ["CSV"]),
    "too few cells": (GOOD + "150106,某区\n", ["5", "2", "4"]),
    "letters": (GOOD + "15010A,某区,district,1501\n", ["5", "15010A"]),
    "Excel number": (GOOD + "1.50106E+05,某区,district,1501\n", ["5", "1.50106E+05"]),
    "full-width digits": (GOOD + "１５０１０６,某区,district,1501\n", ["5", "１５０１０６"]),
    "length": (GOOD + "1501061,某区,district,1501\n", ["5", "1501061", "7"]),
    "level": (GOOD + "150106,某区,street,1501\n", ["5", "street", "district"]),
    "unknown level": (GOOD + "150106,某区,region,1501\n", ["5", "region"]),
    "other parent": (GOOD + "150106,某区,district,1502\n", ["5", "1502", "1501"]),
    "no parent": (GOOD + "150106,某区,district,\n", ["5", "1501"]),
    "parent missing": (GOOD + "150106001,某街道,street,150106\n", ["5", "150106001", "150106"]),
    "duplicate": (GOOD + "150105,赛罕区,district,1501\n", ["5", "150105", "3"]),
    "no name": (GOOD + "150106,,district,1501\n", ["5", "64"]),
    "long name": (GOOD + f"150106,{'长' * 65},district,1501\n", ["5", "64"]),
    "control character": (GOOD + "150106,某\u202e区,district,1501\n", ["5"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_named_and_nothing_loaded(load, case):
    content, words = BAD[case]
    with pytest.raises(CommandError) as refusal:
        load(content)
    assert all(word in str(refusal.value) for word in words), str(refusal.value)
    assert Grid.objects.count() == 0


def test_one_bad_row_in_1506_loads_nothing(load):
    lines = DIVISIONS.read_text(encoding="utf-8").splitlines()
    lines[900] = lines[900].replace("community", "street").replace("street,", "community,").replace("1501", "1509", 1)
    with pytest.raises(CommandError, match="901"):
        load("\n".join(lines))
    assert Grid.objects.count() == 0


def test_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(CommandError, match=str(path)):
            call_command("load_divisions", str(path))


def test_new_grids_below_a_retired_one_are_refused(load, cast):
    for grid in (cast.tree.far_community, cast.tree.other_street):
        services.retire_grid(actor=None, grid=grid)
    with pytest.raises(CommandError, match="150105002009"):
        load(HEADER + "150105002009,新社区,community,150105002\n")


# check_grids


@pytest.fixture
def without_constraints(cast):
    """The database lets everything through, as one without our constraints would."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE grids_grid DROP CONSTRAINT grid_follows_from_code")
            cursor.execute("ALTER TABLE grids_grid DROP CONSTRAINT grid_root_is_city")
            yield


def complaints():
    err = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_grids", stderr=err)
    return err.getvalue().splitlines()


def test_a_sound_tree_passes(cast):
    call_command("check_grids", stdout=io.StringIO())


@pytest.mark.parametrize(
    "change",
    [{"lft": 7}, {"rght": 7}, {"level": 4}, {"tree_id": 7}, {"code": "15010500100X"}, {"parent": None}],
    ids=lambda change: next(iter(change)),
)
def test_a_tampered_grid_is_named(without_constraints, cast, change):
    Grid.objects.filter(pk=cast.tree.far_community.pk).update(**change)
    (complaint,) = complaints()
    assert change.get("code", "150105002001") in complaint


def test_a_wrong_prefix_is_named_twice(cast):
    Grid.objects.filter(pk=cast.tree.far_community.pk).update(parent=cast.tree.street)
    assert all("150105002001" in complaint and "150105001" in complaint for complaint in complaints())


def test_a_wrong_position_is_named(cast):
    post = make_post(cast.stranger, cast.tree.unit)
    Post.objects.filter(pk=post.pk).update(position=7)
    (complaint,) = complaints()
    assert str(post.pk) in complaint
    assert cast.tree.unit.code in complaint


def test_rebuild_mends_what_was_tampered_with(without_constraints, cast):
    before = list(Grid.objects.values())
    Grid.objects.filter(level=3).update(lft=1, rght=2, tree_id=3, parent=cast.tree.city)
    Post.objects.update(position=7)
    Grid.objects.rebuild()
    assert list(Grid.objects.values()) == before
    call_command("check_grids", stdout=io.StringIO())
