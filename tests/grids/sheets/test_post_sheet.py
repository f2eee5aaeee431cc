"""Sheets of posts with their people: who is meant, who is new, and what of it can be taken back."""

import pytest
from django.utils import timezone

from grids import services
from grids.models import Post, Role, User
from tests.factories import make_event, make_post, make_user
from tests.grids.sheets.makers import bring_in, outcomes, told, undo, upload

pytestmark = pytest.mark.django_db

HEADER = ("网格编码", "姓名", "用户名", "角色", "人员来源", "职责", "任职日期", "电子邮箱")
COMMUNITY, BUILDING = "150105001001", "1501050010010001"


def sheet(*rows):
    return [HEADER, *rows]


def row(code=COMMUNITY, name="王磊", username="", role="网格员", source="", duties="", started="", email=""):
    return code, name, username, role, source, duties, started, email


def test_somebody_new_gets_a_post_and_an_account_without_a_password(cast):
    done = bring_in(
        cast.admin,
        "posts",
        sheet(row(source="社工", duties="走访\n巡查", started="2026/1/5", email="wl@example.com")),
    )
    user = User.objects.get(username="wanglei")
    assert (user.name, user.email, user.has_usable_password(), user.is_staff) == (
        "王磊",
        "wl@example.com",
        False,
        False,
    )
    post = user.posts.get()
    assert (post.grid, post.role, post.source, post.duties) == (
        cast.tree.community,
        "staff",
        "community_worker",
        "走访\n巡查",
    )
    assert (post.position, post.appointed_by, post.is_manager) == (cast.tree.community.lft, cast.admin, False)
    assert timezone.localtime(post.started_at).isoformat() == "2026-01-05T00:00:00+08:00"
    assert list(done.created_users()) == [user]


def test_one_person_may_hold_many_posts(cast):
    bring_in(cast.admin, "posts", sheet(row(), row(BUILDING), row(role="民警", code="150105001002")))
    assert User.objects.get(name="王磊").posts.count() == 3


def test_names_that_sound_alike_get_usernames_of_their_own(cast):
    make_user("老王", "wanglei")
    found = upload(
        cast.admin, "posts", sheet(row(), row(name="王蕾"), row(name="汪雷", username="wanglei2"), row(name="!!!"))
    )
    names = dict(found.rows.values_list("number", "values__username"))
    assert names == {2: "wanglei3", 3: "wanglei4", 4: "wanglei2", 5: "renyuan"}


def test_somebody_known_is_named_by_the_username(cast):
    bring_in(cast.admin, "posts", sheet(row(name="李秀英", username="community", code=BUILDING, email="x@example.com")))
    assert cast.community.posts.count() == 2
    assert User.objects.get(pk=cast.community.pk).email == ""


def test_a_name_alone_is_never_guessed_at(cast):
    (said,) = told(upload(cast.admin, "posts", sheet(row(name="李秀英", code=BUILDING))))[2]
    assert said.startswith("username: 系统中已有同名人员。是同一人的请填写其用户名，不是的请另取用户名。")
    assert said.endswith("您管理范围内的同名用户名：community。")
    bring_in(cast.admin, "posts", sheet(row(name="李秀英", code=BUILDING, username="lixiuying")))
    assert User.objects.filter(name="李秀英").count() == 2


def test_a_name_given_with_and_without_a_username(cast):
    found = told(upload(cast.admin, "posts", sheet(row(), row(code=BUILDING, username="wl"))))
    assert found == {2: ["username: 第 3 行的同名人员填有用户名。请在此也填写用户名，同一人填相同的用户名。"]}


def test_a_username_of_somebody_else(cast):
    found = upload(
        cast.admin, "posts", sheet(row(username="chief"), row(username="wl"), row(name="王蕾", username="wl"))
    )
    assert told(found) == {
        2: ["username: 该用户名属于 王建国。请更正用户名或姓名。"],
        4: ["username: 该用户名属于 王磊。请更正用户名或姓名。"],
    }


def test_an_active_post_is_unchanged_or_gets_other_duties(cast):
    rows = sheet(
        row(BUILDING, "王建国", role="网格长"), row(BUILDING, "乌兰", "worker", source="聘用", duties="夜间巡查")
    )
    found = upload(cast.admin, "posts", rows)
    assert outcomes(found) == {2: "unchanged", 3: "changed"}
    assert found.rows.get(number=3).before == {"duties": "", "source": "community_worker"}
    undo(cast.admin, bring_in(cast.admin, "posts", rows))
    assert Post.objects.get(user=cast.worker, grid=cast.tree.building).source == "community_worker"


@pytest.mark.parametrize(
    "given, said",
    [
        ({"role": "村长"}, "role: 无法识别此内容。请填写以下之一：网格长、网格员、网格警员、分管领导、受理员。"),
        ({"role": ""}, "role: 此项必填。"),
        ({"source": "亲戚"}, "source: 无法识别此内容。"),
        ({"started": "2099-01-01"}, "started: 任职时间不能晚于现在。"),
        ({"started": "1900-01-01"}, "started: 任职时间不能早于 1950 年"),
        ({"started": "上月"}, "started: 日期请写成 2026-03-01 的样式"),
        ({"email": "没有"}, "email: 请输入合法的邮件地址。"),
        ({"username": "王 磊!"}, "username: "),
        ({"username": "w" * 151}, "username: "),
        ({"name": "很" * 65}, "name: "),
        ({"code": "150105001003"}, "code: 没有这个编码的网格。请核对编码。"),
        ({"code": BUILDING, "role": "网格长"}, "role: “1号楼 (1501050010010001)”现任网格长是王建国"),
    ],
)  # fmt: skip
def test_wrong_rows(cast, given, said):
    found = told(upload(cast.admin, "posts", sheet(row(**given), row(name="甲"))))
    assert found.keys() == {2}
    assert found[2][0].startswith(said), found


def test_two_chiefs_in_one_sheet(cast):
    found = told(upload(cast.admin, "posts", sheet(row(role="网格长"), row(name="王蕾", role="网格长"))))
    assert found == {3: ["role: 第 2 行已为该网格指定网格长。一个网格只能有一名网格长。"]}


def test_the_same_post_twice_in_one_sheet(cast):
    found = told(upload(cast.admin, "posts", sheet(row(), row(), row(role="网格警员"))))
    assert found == {3: ["code: 与第 2 行的人员和岗位重复。请删去其中一行。"]}


def test_a_closed_account_and_a_retired_grid(cast):
    User.objects.filter(pk=cast.stranger.pk).update(is_active=False)
    services.retire_grid(actor=None, grid=cast.tree.far_community)
    found = told(
        upload(
            cast.admin, "posts", sheet(row(name="周敏", username="stranger"), row(code=cast.tree.far_community.code))
        )
    )
    assert found == {2: ["name: 周敏的账号已停用。"], 3: ["code: 该网格已停用，没有承接的网格。"]}


def test_posts_that_are_over_are_passed_over(cast):
    found = upload(cast.admin, "posts", [(*HEADER, "离任日期"), (*row(), "2026-01-31"), (*row(name="王蕾"), "")])
    assert outcomes(found) == {2: "ignored", 3: "added"}


def test_private_columns_are_neither_read_nor_kept(cast):
    found = upload(
        cast.admin, "posts", [(*HEADER, "身份证号", "联系电话"), (*row(), "150102199001011234", "13812345678")]
    )
    assert found.layout["private"] == ["身份证号", "联系电话"]
    kept = f"{bytes(found.content)}{found.layout}{list(found.rows.values())}"
    assert "150102199001011234" not in kept
    assert "13812345678" not in kept


# Taking back


def test_undoing_deletes_the_posts_and_the_people_who_left_no_trace(cast):
    done = undo(
        cast.admin, bring_in(cast.admin, "posts", sheet(row(), row(BUILDING), row(BUILDING, "周敏", "stranger")))
    )
    assert (done.status, done.problem) == ("undone", "")
    assert not User.objects.filter(name="王磊").exists()
    assert not cast.stranger.posts.exists()


def test_undoing_is_refused_after_a_login(cast):
    done = bring_in(cast.admin, "posts", sheet(row()))
    User.objects.filter(name="王磊").update(last_login=timezone.now())
    assert undo(cast.admin, done).problem == "无法撤销，数据保持不变。王磊 已登录过系统。"
    assert User.objects.get(name="王磊").posts.active().exists()


def test_undoing_is_refused_when_the_person_has_another_post_by_now(cast):
    done = bring_in(cast.admin, "posts", sheet(row()))
    make_post(User.objects.get(name="王磊"), cast.tree.second_building)
    assert "王磊 已有关联内容（岗位）" in undo(cast.admin, done).problem


def test_undoing_is_refused_when_somebody_known_has_worked_under_the_post(cast):
    done = bring_in(cast.admin, "posts", sheet(row(BUILDING, "周敏", "stranger")))
    make_event(cast.stranger, cast.tree.building)
    assert "周敏 已用该岗位办理过事件" in undo(cast.admin, done).problem


def test_work_elsewhere_does_not_stand_in_the_way(cast):
    done = bring_in(cast.admin, "posts", sheet(row(BUILDING, "孙丽", "neighbour")))
    make_event(cast.neighbour, cast.tree.other_building)
    assert undo(cast.admin, done).status == "undone"


def test_undoing_is_refused_when_the_post_has_ended(cast):
    done = bring_in(cast.admin, "posts", sheet(row()))
    services.end_post(actor=None, post=Post.objects.get(user__name="王磊"))
    assert "又有改动或已离任" in undo(cast.admin, done).problem


def test_a_large_sheet_of_new_people_in_several_chunks(cast, monkeypatch):
    monkeypatch.setattr("grids.services.importing.CHUNK", 3)
    people = [row(name=name) for name in ("王磊", "王蕾", "汪雷", "网络", "往来", "王磊2", "望累")]
    again = [row(code=BUILDING, name=name) for name in ("王磊", "王蕾", "汪雷")]
    done = bring_in(cast.admin, "posts", sheet(*people, *again))
    assert (done.status, done.created_users().count()) == ("applied", 7)
    assert User.objects.get(name="王蕾").posts.count() == 2
    assert Role.CHIEF not in set(Post.objects.filter(user__in=done.created_users()).values_list("role", flat=True))
    assert undo(cast.admin, done).status == "undone"
