"""What is a caller's own: kept encrypted with the case, nowhere else, and not for ever."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from events import services
from events.exceptions import ActionConflict
from events.models import Event, HotlineImport, HotlineOrder, HotlineRow, ResidentContact
from events.workflow import Status, open_moves
from tests.events.hotline_sheets import PHONE, bring_in, fresh, line, settled, the_event, upload
from tests.factories import make_category, make_event, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast):
    make_category()
    return cast.street


def test_name_and_phone_are_kept_encrypted_with_the_case(desk):
    bring_in(desk, line())
    contact = ResidentContact.objects.get()
    assert (contact.name.reveal(), contact.phone.reveal()) == ("张三丰", PHONE)
    assert (contact.code_hash, contact.source) == ("", "")
    assert not check_password("", contact.code_hash)
    assert services.open_case(number=the_event().number, code="", source="x") is None


def test_no_phone_and_no_full_name_is_in_the_text(desk):
    text = f"来电人张三丰反映楼道灯坏了，电话{PHONE}，或138 1234 5678，0471-4901234，身份证150105199001011234。"
    bring_in(desk, line(诉求内容=text, 诉求地址=f"1号楼 {PHONE}"))
    event = the_event()
    for secret in (PHONE, "1234 5678", "4901234", "150105199001011234", "张三丰"):
        assert secret not in event.description + event.title + event.address, secret
    assert "张*反映" in event.description


def test_a_phone_that_stands_in_another_column_is_not_kept_there(desk):
    said = f"请联系{PHONE}"
    bring_in(desk, line(诉求类别=said, 紧急程度=said, 办理时限=said, 诉求地址="健" * 190 + said))
    order = HotlineOrder.objects.get()
    assert PHONE not in order.word + order.urgency + order.limit + the_event().address


def test_nothing_lies_about_in_plain_text(desk, caplog):
    caplog.set_level(logging.DEBUG)
    found = bring_in(desk, line("HH1"), line("HH2", 所属社区="幸福社区"))
    kept = [str(list(model.objects.values())) for model in (HotlineImport, HotlineRow, HotlineOrder, Event)]
    for secret in (PHONE, "张三丰"):
        assert secret not in "".join(kept) + caplog.text
    assert HotlineImport.objects.get().content is None
    assert found.rows.get(number=2).cells is None  # it is a case now


def test_a_failure_tells_the_log_nothing_of_a_caller(desk, caplog, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError(f"boom {PHONE}")

    monkeypatch.setattr("events.services.hotline.columns.told", fail)
    assert upload(desk, line()).status == "failed"
    assert "RuntimeError" in caplog.text
    assert PHONE not in caplog.text


def test_what_is_left_is_removed_after_some_days(desk):
    filed, given_up = bring_in(desk, line("HH1"), line("HH2", 所属社区="幸福社区")), settled(desk, line("HH3"))
    services.continue_hotlines(at=timezone.now() + timedelta(days=6))
    assert filed.rows.count() == 2
    services.continue_hotlines(at=timezone.now() + timedelta(days=8))
    assert not HotlineRow.objects.exists()
    assert (fresh(filed).status, fresh(filed).counts["filed"]) == ("done", 1)
    assert fresh(given_up).status == "cancelled"
    assert Event.objects.count() == 1


def test_a_cancelled_sheet_is_forgotten_at_once(desk):
    found = settled(desk, line())
    services.cancel_hotline(actor=desk, hotline_import=found)
    assert not HotlineRow.objects.exists()


def test_who_only_called_is_asked_nothing_here(desk, cast):
    bring_in(desk, line())
    event = take(the_event(), "accept")
    assert "ask" not in [move.action for move in open_moves(event.case(), event.sides_of(cast.chief))]
    with pytest.raises(ActionConflict, match="电话"):
        services.act(event=event, action="ask", actor=cast.chief, note="几楼？")


def test_the_contact_goes_with_its_time(desk):
    bring_in(desk, line())
    take(the_event(), "void")
    services.erase_contacts(at=timezone.now() + timedelta(days=200))
    contact = ResidentContact.objects.get()
    assert (contact.name, contact.phone) == (None, None)
    assert Event.objects.get().status == Status.VOIDED


def test_events_of_others_take_no_notice_of_the_hotline(desk, cast):
    assert not hasattr(make_event(cast.worker, cast.tree.building), "hotline_order")
