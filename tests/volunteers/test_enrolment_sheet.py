"""Sheets of members: what is added, changed, taken back, what is wrong with a row, and whose sheet it is."""

import io

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.models import User
from grids.services import imports_of
from grids.sheets import kinds, writing
from grids.sheets.cells import Unreadable
from tests.factories import make_grid, make_member_enrolment, make_user
from tests.grids.sheets.makers import bring_in, outcomes, told, undo, upload
from volunteers.enrolments.cells import read_times, write_times
from volunteers.models import MemberEnrolment
from volunteers.services import confirm_enrolment
from volunteers.times import ANY_TIME, slots_of, times_of

HEADER = ("报到社区", "姓名", "用户名", "单位", "特长", "服务时间", "报到日期")
COMMUNITY, OTHER = "150105001001", "150105001002"
ROW = (COMMUNITY, "巴特尔", "", "", "家电维修、入户探望", "周六全天", "2026-03-01")


def row(**cells) -> tuple:
    names = ("community", "name", "username", "organisation", "skills", "times", "since")
    return tuple(cells.get(name, value) for name, value in zip(names, ROW, strict=True))


def offered(enrolment: MemberEnrolment) -> dict[str, list]:
    return {offer.skill.name: slots_of(offer.times) for offer in enrolment.offers.filter(withdrawn_on=None)}


SATURDAY = [(5, 0), (5, 1), (5, 2)]


@pytest.mark.django_db
def test_members_are_added_changed_and_taken_back(cast, office, speaker):
    done = bring_in(speaker, "members", [HEADER, ROW])
    enrolment = MemberEnrolment.objects.get()
    assert (enrolment.grid, enrolment.organisation, enrolment.state) == (cast.tree.community, office, "applied")
    assert (enrolment.user.name, str(enrolment.since)) == ("巴特尔", "2026-03-01")
    assert offered(enrolment) == {"家电维修": SATURDAY, "入户探望": SATURDAY}
    assert enrolment.steps.get().by == speaker
    change = bring_in(speaker, "members", [HEADER, row(skills="家电维修", times="周日上午")])
    assert offered(enrolment) == {"家电维修": [(6, 0)]}
    assert undo(speaker, change).status == "undone"
    assert offered(enrolment) == {"家电维修": SATURDAY, "入户探望": SATURDAY}
    assert undo(speaker, done).status == "undone"
    assert not MemberEnrolment.objects.exists()
    assert not User.objects.filter(name="巴特尔").exists()


@pytest.mark.django_db
def test_the_same_sheet_again_changes_nothing(cast, office, speaker):
    bring_in(speaker, "members", [HEADER, ROW])
    assert outcomes(upload(speaker, "members", [HEADER, ROW])) == {2: "unchanged"}


@pytest.mark.django_db
def test_what_was_answered_is_not_taken_back(cast, office, speaker):
    done = bring_in(speaker, "members", [HEADER, ROW])
    confirm_enrolment(actor=cast.community, enrolment=MemberEnrolment.objects.get())
    assert undo(speaker, done).status == "applied"
    assert MemberEnrolment.objects.exists()


@pytest.mark.django_db
def test_what_is_exported_reads_back_unchanged(cast, office, speaker):
    bring_in(speaker, "members", [HEADER, ROW, row(name="高娃", skills="无", times="")])
    kind = kinds.find("members")
    file = io.BytesIO(writing.xlsx_export(kind, list(kind.export(MemberEnrolment.objects.all()))).read())
    assert outcomes(upload(speaker, "members", file)) == {2: "unchanged", 3: "unchanged"}


def test_the_template_explains_every_column():
    assert all(column.example for column in kinds.find("members").columns if not column.is_history)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("community", "150105001009", "community: 没有这个编码的网格"),
        ("community", "1501050010010001", "community: 请选择社区"),
        ("community", "桃花源", "community: 没有这个名称的社区"),
        ("skills", "会飞", "skills: “会飞”无法识别"),
        ("times", "有空", "times: 请按“周一至周五上午"),
        ("since", "2999-01-01", "since: 报到日期应为今天或以前"),
        ("organisation", "没有的单位", "organisation: 您不代表单位“没有的单位”"),
        ("username", "worker", "username: 此用户名属于您管不到的人"),
    ],
)
def test_wrong_rows(cast, office, speaker, column, value, said):
    found = told(upload(speaker, "members", [HEADER, row(**{column: value})]))
    assert found.keys() == {2}, found
    assert found[2][0].startswith(said), found


@pytest.mark.django_db
def test_a_community_may_be_given_by_its_name_where_there_is_one_of_it(cast, office, speaker):
    bring_in(speaker, "members", [HEADER, row(community="健康社区")])
    assert MemberEnrolment.objects.get().grid == cast.tree.community
    make_grid("150105002002", "丰州社区居委会")
    make_grid("150105002003", "丰州社区居委会")
    [problem] = told(upload(speaker, "members", [HEADER, row(community="丰州", name="高娃")]))[2]
    assert problem.startswith("community: 有几个同名社区，请写编码：150105002002 大学西路街道、150105002003")


@pytest.mark.django_db
def test_one_person_stands_in_one_row_and_one_community(cast, office, speaker):
    assert told(upload(speaker, "members", [HEADER, ROW, row(community=OTHER)])).keys() == {3}
    enrolment = make_member_enrolment(cast.tree.community, make_user("巴特尔"), office)
    [problem] = told(upload(speaker, "members", [HEADER, row(community=OTHER)]))[2]
    assert "人民路街道 健康社区" in problem
    assert str(enrolment.since) in problem


@pytest.mark.django_db
def test_a_namesake_is_never_taken_for_the_member(cast, office, speaker):
    make_user("巴特尔")
    [problem] = told(upload(speaker, "members", [HEADER, ROW]))[2]
    assert problem.startswith("username:")
    bring_in(speaker, "members", [HEADER, row(username="bateer9")])
    assert MemberEnrolment.objects.get().user.username == "bateer9"


@pytest.mark.django_db
def test_who_represents_nobody_and_manages_nothing_brings_in_no_sheet(cast, office):
    for user in (cast.worker, cast.community, cast.stranger):
        with pytest.raises(PermissionDenied):
            upload(user, "members", [HEADER, ROW])


@pytest.mark.django_db
def test_who_represents_an_organisation_brings_in_no_other_sheet_and_sees_no_other_import(cast, office, speaker):
    with pytest.raises(PermissionDenied):
        upload(speaker, "posts", [("网格编码", "姓名", "角色"), (COMMUNITY, "高娃", "网格员")])
    upload(cast.admin, "members", [HEADER, row(organisation="区住建局")])
    assert not imports_of(speaker).exists()


@pytest.mark.django_db
def test_a_manager_brings_in_members_for_the_area_and_not_beyond(cast, office):
    cast.street.posts.update(is_manager=True, role="official")
    named = row(organisation="区住建局")
    assert not told(upload(cast.street, "members", [HEADER, named]))
    far = told(upload(cast.street, "members", [HEADER, row(organisation="区住建局", community="150105002001")]))
    assert far.keys() == {2}


@pytest.mark.django_db
def test_a_sheet_asks_the_same_number_of_questions_however_long_it_is(
    cast, office, speaker, django_assert_max_num_queries
):
    rows = [row(name=f"党员{number}", since="") for number in range(60)]
    with django_assert_max_num_queries(70):
        done = bring_in(speaker, "members", [HEADER, *rows])
    assert MemberEnrolment.objects.count() == 60
    with django_assert_max_num_queries(242):  # some for each model that points to people
        undo(speaker, done)
    assert not MemberEnrolment.objects.exists()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), unique=True, min_size=1))
def test_times_are_read_as_they_are_written(slots):
    times = times_of(slots)
    assert read_times(write_times(times)) == times


@pytest.mark.parametrize(
    ("words", "slots"),
    [
        ("每天晚上", [(day, 2) for day in range(7)]),
        ("工作日上午、晚上", [(day, part) for day in range(5) for part in (0, 2)]),
        ("周末", [(day, part) for day in (5, 6) for part in range(3)]),
        ("星期三到周四下午", [(2, 1), (3, 1)]),
        ("随时", slots_of(ANY_TIME)),
    ],
)
def test_times_are_read_as_people_write_them(words, slots):
    assert slots_of(read_times(words)) == slots


@pytest.mark.parametrize("words", ["有空", "周八", "周一早", "上下午"])
def test_what_is_no_time_is_told(words):
    with pytest.raises(Unreadable):
        read_times(words)
