"""Codes, intervals, and what django-mptt reads off them after any sequence of writes."""

import csv
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from grids import audit, services, tree
from grids.models import Grid, Post, Role, load_ancestors
from tests.factories import make_grid, make_post, make_user

DIVISIONS = Path(tree.__file__).parent / "data" / "hohhot_divisions.csv"
digits = st.sampled_from(tree.DIGITS)
codes = st.builds(
    lambda city, rest, length: f"{city}{rest:014d}"[:length],
    st.integers(1000, 7685),
    st.integers(0, 10**14 - 1),
    digits,
)


# Arithmetic


@given(codes)
def test_a_child_lies_strictly_inside_its_parent(code):
    lft, rght = tree.interval(code)
    assert 0 < lft < rght < 2**63
    for above in tree.ancestor_codes(code):
        left, right = tree.interval(above)
        assert left < lft < rght < right


@given(codes, codes)
def test_two_codes_nest_or_lie_apart(one, other):
    (a, b), (c, d) = tree.interval(one), tree.interval(other)
    if one == other:
        assert (a, b) == (c, d)
    elif other.startswith(one):
        assert a < c < d < b
    elif one.startswith(other):
        assert c < a < b < d
    else:
        assert b < c or d < a


@given(codes, st.integers(0, 5))
def test_a_position_gives_back_the_code_of_its_ancestor(code, level):
    if level <= tree.level_of(code):
        assert str(tree.interval(code)[0] // tree.WIDTHS[level]) == code[: tree.DIGITS[level]]


def test_the_real_divisions_nest_in_code_order():
    with DIVISIONS.open(encoding="utf-8-sig") as file:
        real = sorted(row["code"] for row in csv.DictReader(file))
    assert sorted(real, key=tree.interval) == real
    assert len({tree.interval(code) for code in real}) == len(real) == 1506


def test_codes_above():
    assert tree.ancestor_codes("150105001001000101") == [
        "1501050010010001",
        "150105001001",
        "150105001",
        "150105",
        "1501",
    ]
    assert tree.parent_code("150105") == "1501"
    assert tree.parent_code("1501") is None
    assert tree.community_code("1501050010010001") == tree.community_code("150105001001") == "150105001001"
    assert tree.community_code("150105001") is None


@pytest.mark.parametrize(
    "code", ["", "15", "15010", "1501050010010001011", "15O1", "１５０１", "-501", "0501", "7686", "15 1"]
)
def test_what_is_no_code_is_refused(code):
    with pytest.raises(ValueError, match=f"“{code}”"):
        tree.interval(code)


# Every read after every write


def plain_walk():
    """The tree as `parent` alone tells it: children by parent's code, in code order."""
    children = {None: []}
    for grid in Grid._base_manager.select_related("parent").order_by("code"):
        children.setdefault(grid.code, [])
        children.setdefault(grid.parent.code if grid.parent else None, []).append(grid.code)
    return children


def below(children, code):
    return [found for child in children[code] for found in (child, *below(children, child))]


def nested(children, code):
    return "".join(f"({child}{nested(children, child)})" for child in children[code])


def codes_of(grids):
    return [grid.code for grid in grids]


def check_reads(children):
    parents = {child: parent for parent, below_it in children.items() for child in below_it}
    for grid in Grid.objects.all():
        up = []
        while (up[0] if up else grid.code) in parents and parents[up[0] if up else grid.code]:
            up.insert(0, parents[up[0] if up else grid.code])
        down = below(children, grid.code)
        siblings = children[parents[grid.code]]
        index = siblings.index(grid.code)
        assert codes_of(grid.get_ancestors()) == up
        assert codes_of(grid.get_ancestors(ascending=True, include_self=True)) == [grid.code, *reversed(up)]
        assert codes_of(grid.get_descendants()) == down
        assert codes_of(grid.get_descendants(include_self=True)) == [grid.code, *down]
        assert codes_of(grid.get_family()) == [*up, grid.code, *down]
        assert codes_of(grid.get_children()) == children[grid.code]
        assert codes_of(grid.get_siblings(include_self=True)) == siblings
        assert codes_of(grid.get_siblings()) == [code for code in siblings if code != grid.code]
        assert codes_of(grid.get_leafnodes(include_self=True)) == [
            code for code in [grid.code, *down] if not children[code]
        ]
        assert grid.get_descendant_count() == len(down)
        assert grid.is_leaf_node() == (not down)
        assert grid.get_level() == len(up) == grid.level
        assert grid.get_root().code == (up or [grid.code])[0]
        assert grid.is_root_node() == (not up)
        assert getattr(grid.get_next_sibling(), "code", None) == next(iter(siblings[index + 1 :]), None)
        assert getattr(grid.get_previous_sibling(), "code", None) == next(iter(siblings[:index][::-1]), None)
        assert all(grid.is_ancestor_of(other) for other in Grid.objects.filter(code__in=down))
        assert all(grid.is_descendant_of(other) for other in Grid.objects.filter(code__in=up))


def check_set_reads(children):
    chosen = Grid.objects.filter(level__in=[2, 3])
    down = {code for grid in chosen for code in below(children, grid.code)}
    up = {above for grid in chosen for above in tree.ancestor_codes(grid.code)}
    assert set(codes_of(chosen.get_descendants())) == down
    assert set(codes_of(chosen.get_ancestors())) == up
    assert codes_of(Grid.objects.all()) == below(children, None)
    assert codes_of(Grid.objects.root_nodes()) == children[None]
    for city in children[None]:
        assert Grid.objects.root_node(int(city)).code == city
    page = Template("{% load mptt_tags %}{% recursetree grids %}({{ node.code }}{{ children }}){% endrecursetree %}")
    assert page.render(Context({"grids": Grid.objects.all()})) == nested(children, None)


def check_related_counts(children):
    posted = [post.grid.code for post in Post.objects.select_related("grid")]
    for cumulative in (True, False):
        for grid in Grid.objects.add_related_count(Grid.objects.all(), Post, "grid", "total", cumulative=cumulative):
            counted = [grid.code, *below(children, grid.code)] if cumulative else [grid.code]
            assert grid.total == sum(code in counted for code in posted)


operations = st.tuples(
    st.sampled_from(["insert", "insert", "insert", "move", "move to code", "delete", "rename", "post"]),
    st.integers(0, 98),
    st.integers(0, 98),
)


class TreeKeepsItsPromises(TestCase):
    def operate(self, kind, one, other):
        grids = list(Grid.objects.all())
        grid = grids[one % len(grids)]
        getattr(self, kind.replace(" ", "_"))(grid, other)

    def insert(self, grid, other):
        if grid.level < 5:
            Grid(code=Grid.objects.free_code(grid), name=f"新{other}").save()

    def move(self, grid, other):
        parents = list(Grid.objects.filter(level=grid.level - 1)) if grid.level else []
        if parents:
            grid.parent = parents[other % len(parents)]
            with suppress(ValidationError):  # what lies below would get a code that another gave up
                grid.save()

    def move_to_code(self, grid, other):
        parents = list(Grid.objects.filter(level=grid.level - 1)) if grid.level else []
        if parents:
            parent = parents[other % len(parents)]
            width = tree.DIGITS[grid.level] - tree.DIGITS[parent.level]
            code = f"{parent.code}{other + 1:0{width}d}"
            if code == grid.code or not Grid.objects.filter(code=code).exists():
                with suppress(ValidationError):  # another gave this code up
                    services.move_grid(actor=None, grid=grid, new_parent=parent, code=code)

    def delete(self, grid, other):
        if not services.why_not_delete(grid):
            grid.delete()

    def rename(self, grid, other):
        services.rename_grid(actor=None, grid=grid, name=f"改名{other}")

    def post(self, grid, other):
        make_post(make_user(), grid, Role.STAFF)

    @settings(max_examples=50, deadline=None)
    @given(st.lists(operations, max_size=25))
    def test_every_read_equals_a_plain_walk_over_parent(self, sequence):
        for code in ("1501", "1502", "150105", "150105001", "150202", "150202001"):
            make_grid(code)
        for kind, one, other in sequence:
            self.operate(kind, one, other)
        children = plain_walk()
        check_reads(children)
        check_set_reads(children)
        check_related_counts(children)
        assert list(audit.problems()) == []

    @settings(max_examples=20, deadline=None)
    @given(st.lists(operations, max_size=15))
    def test_rebuild_finds_nothing_to_mend(self, sequence):
        for code in ("1501", "150105", "150105001", "150105001001"):
            make_grid(code)
        for kind, one, other in sequence:
            self.operate(kind, one, other)
        before = list(Grid.objects.values())
        Grid.objects.rebuild()
        assert list(Grid.objects.values()) == before


# Writing one grid


@pytest.fixture
def branch(db):
    return [make_grid(code) for code in ("1501", "150105", "150105001", "150105001001")]


def test_saving_takes_the_place_from_the_code(branch):
    building = Grid(code="1501050010010001", name="1号楼")
    building.save()
    assert building.parent == branch[-1]
    assert (building.level, building.tree_id) == (4, 1501)
    assert (building.lft, building.rght) == tree.interval("1501050010010001")


def test_insert_and_delete_touch_one_row(branch, django_assert_num_queries):
    with django_assert_num_queries(5):  # savepoint, ancestors, INSERT, codes that were given up, release
        Grid.objects.create(code="1501050010010001", name="1号楼")
    before = list(Grid.objects.filter(level__lte=3).values())
    Grid.objects.get(code="1501050010010001").delete()
    assert list(Grid.objects.values()) == before


def test_a_parent_that_does_not_fit_the_code_is_refused(branch):
    make_grid("150105002")
    with pytest.raises(ValidationError, match="150105001"):
        Grid(code="150105002001", name="别处", parent=branch[2]).save()


@pytest.mark.parametrize(
    ("code", "words"),
    [("1501050010", "10"), ("150199001", "150199"), ("15010500100A", "15010500100A"), ("7700", "7685")],
)
def test_a_code_without_a_place_is_refused_at_the_code(branch, code, words):
    with pytest.raises(ValidationError, match=words) as refusal:
        services.create_grid(actor=None, code=code, name="某网格")
    assert list(refusal.value.message_dict) == ["code"]
    assert Grid.objects.count() == 4


def test_a_code_given_twice_is_refused(branch):
    with pytest.raises(ValidationError) as refusal:
        services.create_grid(actor=None, code="150105", name="又一个")
    assert list(refusal.value.message_dict) == ["code"]


def test_nothing_is_placed_under_a_retired_grid(branch):
    services.retire_grid(actor=None, grid=branch[3])
    with pytest.raises(ValidationError, match="150105001001"):
        services.create_grid(actor=None, code="1501050010010001", name="1号楼")


def test_a_code_cannot_be_edited(branch):
    branch[3].code = "150105001002"
    with pytest.raises(ValidationError) as refusal:
        branch[3].save()
    assert list(refusal.value.message_dict) == ["code"]


def test_a_city_only_stands_at_the_top(branch):
    branch[1].parent = None
    with pytest.raises(ValidationError):
        branch[1].save()


def test_insert_node_and_move_to_work_as_in_django_mptt(branch):
    building = Grid(name="1号楼")
    Grid.objects.insert_node(building, branch[3], save=True)
    assert building.code == "1501050010010001"
    other = make_grid("150105001002")
    building.move_to(other)
    assert Grid.objects.get(pk=building.pk).code == "1501050010020001"


def test_build_tree_nodes_gives_rows_for_bulk_create(branch):
    data = {"code": "150105001001" + "0001", "name": "1号楼", "parent_id": branch[3].pk}
    Grid.objects.bulk_create(Grid.objects.build_tree_nodes(data))
    assert branch[3].get_children().get().code == "1501050010010001"


@pytest.mark.parametrize("change", [{"lft": 7}, {"rght": 7}, {"level": 2}, {"tree_id": 1}, {"code": "150105001009"}])
def test_the_database_holds_what_follows_from_the_code(branch, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Grid.objects.filter(code="150105001001").update(**change)


@pytest.mark.parametrize("code", ["1501", "150105"])
def test_the_database_keeps_cities_at_the_top(branch, code):
    wrong = {"1501": branch[1], "150105": None}[code]
    with pytest.raises(IntegrityError), transaction.atomic():
        Grid.objects.filter(code=code).update(parent=wrong)


def test_delayed_updates_have_nothing_to_delay(branch):
    with Grid.objects.delay_mptt_updates(), Grid.objects.disable_mptt_updates():
        make_grid("1501050010010001").move_to(make_grid("150105001002"))
    assert list(audit.problems()) == []


# Names


def test_full_names_of_a_list_take_one_query(branch, django_assert_num_queries):
    grids = [make_grid(f"150105001001{number:04d}", f"{number}号楼") for number in range(1, 6)]
    with django_assert_num_queries(1):
        load_ancestors(grids)
        assert [grid.full_name for grid in grids][4].split() == ["网格5001", "网格1001", "5号楼"]
