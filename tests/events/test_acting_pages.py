"""Taking a step on the page of a case, and what the inbox says of it afterwards."""

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Notice
from events.services import act
from events.workflow import Status
from tests.factories import make_category, make_event, take
from tests.pages import acting, detail, page


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.building)


# Acting


def test_event_act_takes_the_step_and_says_so(cast, as_, event):
    answer = as_(cast.chief).post(acting(event, "accept"), {"version": event.step_count}, follow=True)
    assert answer.redirect_chain == [(detail(event), 302)]
    assert "已受理，事件当前状态：处置中。" in page(answer)


def test_a_whole_case_goes_through_plain_forms(cast, as_, event):
    chief, worker = as_(cast.chief), as_(cast.worker)
    chief.post(acting(event, "accept"))
    chief.post(acting(event, "assign"), {"handler": cast.worker.pk})
    worker.post(acting(event, "resolve"), {"note": "已换灯"})
    chief.post(acting(event, "pass_check"), {"note": "亮了"})
    event.refresh_from_db()
    assert event.status == Status.CLOSED


def test_a_look_at_the_address_of_an_action_shows_the_case(cast, as_, event):
    assert as_(cast.chief).get(acting(event, "accept"))["Location"] == detail(event)


def test_somebody_was_faster(cast, as_, event):
    seen = event.step_count
    act(event=event, action="escalate", actor=cast.chief, reason="超出楼栋能力")
    answer = as_(cast.chief).post(acting(event, "escalate"), {"version": seen, "reason": "我写的理由"})
    assert answer.status_code == 409
    text = page(answer)
    assert "有人抢先一步" in text
    assert "待受理" in text
    assert "我写的理由" in text
    assert event.steps.count() == seen + 1


def test_after_somebody_was_faster_the_same_form_works_again(cast, as_, event):
    act(event=event, action="comment", actor=cast.worker, note="补充照片")
    answer = as_(cast.chief).post(acting(event, "accept"), {"version": 1})
    assert answer.status_code == 409
    assert answer.context["first"]["version"].value() == 2
    assert as_(cast.chief).post(acting(event, "accept"), {"version": 2}).status_code == 302


@pytest.mark.parametrize(
    ("action", "inputs", "sentence"),
    [
        ("escalate", {"reason": ""}, "请填写理由"),
        ("escalate", {"reason": "理\0由"}, "含有空字符"),
        ("escalate", {"reason": "理\u202e由"}, "文字方向符号"),
        ("escalate", {"reason": "长" * 2001}, "2000"),
        ("void", {"reason": " "}, "请填写理由"),
        ("comment", {"note": ""}, "请先填写内容"),
        ("accept", {"version": "one"}, "整数"),
        ("accept", {"version": "-1"}, "1"),
    ],
)
def test_a_missing_or_bad_input_is_named_and_changes_nothing(cast, as_, event, action, inputs, sentence):
    answer = as_(cast.chief).post(acting(event, action), inputs)
    assert answer.status_code == 400
    assert sentence in page(answer)
    assert event.steps.count() == 1


@pytest.mark.parametrize("handler", ["", "0", "x", "neighbour", "stranger"])
def test_a_handler_outside_the_subtree_is_refused(cast, as_, event, handler):
    take(event, "accept")
    handler = getattr(cast, handler).pk if hasattr(cast, handler) else handler
    answer = as_(cast.chief).post(acting(event, "assign"), {"handler": handler})
    assert answer.status_code == 400
    assert "处置人" in page(answer) or "此人不能处置" in page(answer)
    event.refresh_from_db()
    assert event.handler is None


def test_the_closing_checklist_is_asked_for(cast, as_):
    event = make_event(cast.worker, cast.tree.building, category=make_category("路灯", checklist="已拍照\n已告知居民"))
    take(event, "accept")
    browser = as_(cast.chief)
    answer = browser.post(acting(event, "resolve"), {"note": "已修好", "checklist": ["已拍照"]})
    assert answer.status_code == 400
    assert "尚未勾选：已告知居民" in page(answer)
    assert "已修好" in page(answer)
    done = browser.post(acting(event, "resolve"), {"note": "已修好", "checklist": ["已拍照", "已告知居民"]})
    assert done.status_code == 302


def test_a_step_that_takes_the_case_out_of_sight_leads_to_the_workbench(cast, as_):
    clue = make_event(cast.worker, cast.tree.building, category=make_category("线索举报", is_confidential=True))
    answer = as_(cast.chief).post(acting(clue, "escalate"), {"reason": "请社区处理"})
    assert answer["Location"] == reverse("workbench")


def test_an_action_needs_its_csrf_token(cast, event):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.chief)
    assert client.post(acting(event, "accept")).status_code == 403


# Inbox


def test_notice_list_shows_unread_first_and_notices_read_reads_all(cast, as_, event):
    browser = as_(cast.chief)
    text = page(browser.get(reverse("notice_list")))
    assert "未读" in text
    assert "上报 · 楼道灯坏了" in text
    assert browser.post(reverse("notices_read"))["Location"] == reverse("notice_list")
    assert not Notice.objects.unread().filter(recipient=cast.chief).exists()
    assert "全部标为已读" not in page(browser.get(reverse("notice_list")))


def test_reading_mine_leaves_the_others(cast, as_, event):
    as_(cast.worker).post(reverse("notices_read"))
    assert Notice.objects.unread().filter(recipient=cast.chief).exists()


def test_an_empty_inbox_says_what_will_come(cast, as_):
    assert "还没有通知" in page(as_(cast.stranger).get(reverse("notice_list")))
