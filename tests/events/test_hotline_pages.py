"""The pages of the hotline's sheets: for whom, step by step, and what they never show."""

import io
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse
from openpyxl import load_workbook

from events import services
from events.models import Event, HotlineImport, HotlineRow, ResidentContact
from tests.events.hotline_sheets import HEADER, PHONE, bring_in, fresh, line, outcomes, settled, sheet, upload
from tests.factories import make_category

pytestmark = pytest.mark.django_db
EVERYBODY = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")
DESKS = {"community", "street", "district", "city"}


@pytest.fixture
def desk(cast):
    make_category()
    return cast.street


@pytest.fixture
def browser(desk, as_):
    return as_(desk)


def text(answer) -> str:
    return answer.content.decode()


def page(browser, found, name="hotline_import", **query):
    return browser.get(reverse(name, args=[found.pk]), query)


def send(browser, found, name, **data):
    return browser.post(reverse(name, args=[found.pk]), data)


def test_the_pages_are_for_desks_of_communities_and_above(desk, cast, as_):
    got = {person for person in EVERYBODY
           if as_(getattr(cast, person)).get(reverse("hotline_list")).status_code == 200}  # fmt: skip
    assert got == DESKS


def test_a_sheet_is_its_uploaders_alone(desk, cast, as_):
    found = settled(desk, line())
    for name in ("hotline_import", "hotline_mapping", "hotline_errors"):
        got = {person: page(as_(getattr(cast, person)), found, name).status_code for person in EVERYBODY}
        assert set(got.values()) == {200, 404}
        assert {person for person, status in got.items() if status == 200} == {"street"}
    for name in ("hotline_words", "hotline_places", "hotline_confirm", "hotline_cancel"):
        assert send(as_(cast.district), found, name).status_code == 404
        assert page(as_(cast.street), found, name).status_code == 405
    assert outcomes(found) == {2: "ready"}


def test_who_files_a_case_finds_the_way(browser, cast, as_):
    assert reverse("hotline_list") in text(browser.get(reverse("event_file")))
    assert reverse("hotline_list") not in text(as_(cast.worker).get(reverse("event_file")))


def test_a_file_that_is_none_is_refused_at_the_field(browser):
    answer = browser.post(reverse("hotline_list"), {"file": io.BytesIO(b"%PDF-1.4")})
    assert answer.status_code == 400
    assert "PDF" in text(answer)
    assert browser.post(reverse("hotline_list"), {}).status_code == 400


def test_columns_are_guessed_and_told(browser, desk):
    answer = browser.post(reverse("hotline_list"), {"file": sheet(line())})
    found = HotlineImport.objects.get()
    assert answer["Location"] == reverse("hotline_import", args=[found.pk])
    services.read_hotline(pk=found.pk)
    shown = text(browser.get(answer["Location"], follow=True))
    assert "各列对应什么？" in shown
    assert "138****5678" in shown
    assert PHONE not in shown
    fields = {f"column-{index}": "" for index in range(len(HEADER))}
    answer = send(browser, found, "hotline_mapping", **fields | {"column-0": "number"})
    assert (answer.status_code, "诉求内容" in text(answer)) == (400, True)
    answer = send(browser, found, "hotline_mapping", **fields | {"column-0": "number", "column-8": "nonsense"})
    assert answer.status_code == 400
    answer = send(browser, found, "hotline_mapping", **fields | {"column-0": "number", "column-8": "text"})
    assert answer.status_code == 302
    services.read_hotline(pk=found.pk)
    assert fresh(found).columns == {"number": "工单编号", "text": "诉求内容"}


def test_the_preview_shows_no_phone_and_writes_nothing(browser, desk):
    found = settled(desk, line(诉求内容=f"灯坏了，请打{PHONE}找张三丰"))
    shown = text(page(browser, found))
    assert "138****5678" in shown
    for secret in (PHONE, "张三丰"):
        assert secret not in shown
    assert "健康社区 1号楼" in shown
    assert not Event.objects.exists()


def test_words_and_places_are_asked_and_answered(browser, desk, cast):
    found = settled(desk, line("HH1", 诉求类别="物业服务纠纷", 所属社区="健康第一", 诉求地址="东门"))
    row = found.rows.get()
    shown = text(page(browser, found))
    assert "物业服务纠纷" in shown
    assert "人民路街道 健康第一" in shown
    answer = send(browser, found, "hotline_words", **{f"word-{row.pk}": "没有的类别"})
    assert (answer.status_code, "没有这个类别" in text(answer)) == (400, True)
    assert send(browser, found, "hotline_words", **{f"word-{row.pk}": "社会治理 · 物业管理"}).status_code == 302
    answer = send(browser, found, "hotline_places", **{f"place-{row.pk}": "社区"})
    assert (answer.status_code, f'<option value="{cast.tree.community.code}">' in text(answer)) == (400, True)
    answer = send(browser, found, "hotline_places", **{f"place-{row.pk}": "桥靠社区"})
    assert (answer.status_code, "没有这个网格" in text(answer)) == (400, True)
    assert outcomes(found) == {2: "open"}
    assert send(browser, found, "hotline_places", **{f"place-{row.pk}": "健康社区"}).status_code == 302
    assert outcomes(found) == {2: "ready"}


def test_nonsense_in_a_form_changes_nothing(browser, desk):
    found = settled(desk, line(诉求类别="什么"))
    for name in ("hotline_words", "hotline_places"):
        for data in ({}, {"word-999999999999999999": "x"}, {"place-0": "\0"}, {"word-x": "y"}):
            assert send(browser, found, name, **data).status_code in (302, 400)
    assert outcomes(found) == {2: "open"}


def test_a_confirmed_sheet_leads_to_its_cases(browser, desk):
    found = settled(desk, line())
    assert send(browser, found, "hotline_confirm").status_code == 302
    assert "后台" in text(page(browser, found))
    services.file_hotline(pk=found.pk)
    event = Event.objects.get()
    assert reverse("event_detail", args=[event.number]) in text(page(browser, found))
    answer = send(browser, found, "hotline_confirm")
    assert (answer.status_code, "没有可以登记的工单" in text(answer)) == (409, True)


def test_the_second_time_it_says_what_is_known(browser, desk):
    bring_in(desk, line())
    shown = text(page(browser, settled(desk, line())))
    assert f"已有，编号 {Event.objects.get().number}" in shown
    assert "登记 1 件事件" not in shown


def test_a_clue_is_not_given_away_to_who_brought_it_in(browser, desk):
    make_category("线索举报", is_confidential=True)
    found = bring_in(desk, line(诉求类别="线索举报"))
    number = Event.objects.get().number
    for one in (found, settled(desk, line(诉求类别="线索举报"))):
        shown = text(page(browser, one))
        assert number not in shown
    assert "已有，不在您的查看范围" in shown
    assert number not in content(page(browser, found, export="xlsx"))


def content(answer) -> str:
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return "\n".join("|".join(str(cell or "") for cell in row) for row in book.active.iter_rows(values_only=True))


def test_what_became_of_the_orders_is_a_sheet(browser, desk):
    found = bring_in(desk, line("HH1"), line("HH2", 所属社区="幸福社区"))
    told = content(page(browser, found, export="xlsx"))
    assert f"HH1|{Event.objects.get().number}|" in told
    assert "工单.xlsx" in told
    assert PHONE not in told + content(page(browser, found, export="xlsx", outcome="open"))


def test_what_is_left_comes_back_whole_and_can_be_mended(browser, desk):
    found = bring_in(desk, line("HH1"), line("HH2", 所属社区="幸福社区"), line("HH3", 诉求内容=""))
    book = load_workbook(io.BytesIO(b"".join(page(browser, found, "hotline_errors").streaming_content)))
    told, header, *left = book.active.iter_rows(values_only=True)
    assert "已隐去" in told[0]
    assert header == (*HEADER, "错误说明")
    assert [row[0] for row in left] == ["HH2", "HH3"]
    assert [row[2:4] for row in left] == [("张* 已隐去", "138****5678 已隐去")] * 2
    assert [row[-1] for row in left] == ["未确定所在网格。", "没有写明诉求内容。"]
    book.active["F3"], book.active["I4"] = "健康社区", "路灯不亮"
    found = bring_in(desk, file=saved(book))
    assert found.counts == {"filed": 2}
    assert {(one.name.reveal(), one.phone.reveal()) for one in ResidentContact.objects.all()} == {("张三丰", PHONE)}


def saved(book) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    return file


def left_of(browser, found):
    return load_workbook(io.BytesIO(b"".join(page(browser, found, "hotline_errors").streaming_content)))


def test_what_is_left_holds_no_name_and_no_phone_in_any_column(browser, desk):
    header = (*HEADER, "手机", "备注")
    said = {"所属社区": "幸福社区", "诉求内容": f"张三丰来电{PHONE}", "工单编号": "13900001111"}
    found = upload(desk, [*line(**said), "13987654321", 13712345678], header=header)
    meanings = {"工单编号": "number", "诉求内容": "text", "诉求人": "name", "联系电话": "", "所属社区": "community"}
    services.tell_columns(actor=desk, hotline_import=found, meanings=meanings)
    services.read_hotline(pk=found.pk)
    told = "|".join(str(cell) for row in left_of(browser, found).active.iter_rows(values_only=True) for cell in row)
    for secret in (PHONE, "张三丰", "13987654321", "13712345678"):
        assert secret not in told, secret
    assert "13900001111" in told  # the number of the order, which only looks like a phone


def test_a_hidden_name_whose_sheet_is_gone_is_asked_for_and_not_lost(browser, desk):
    found = settled(desk, line(所属社区="幸福社区"))
    book = left_of(browser, found)
    send(browser, found, "hotline_cancel")
    book.active["F3"] = "健康社区"
    found = bring_in(desk, file=saved(book))
    assert found.counts == {"refused": 1}
    assert "原工单表" in found.rows.get().problem
    book = left_of(browser, found)
    book.active["C3"], book.active["D3"] = "张三丰", PHONE
    assert bring_in(desk, file=saved(book)).counts == {"filed": 1}


def test_what_is_left_is_there_once_the_columns_are_told(browser, desk):
    assert page(browser, upload(desk, line()), "hotline_errors").status_code == 404


def test_a_span_of_time_in_a_cell_stays_as_it_is(browser, desk):
    found = settled(desk, line(所属社区="幸福社区", 来电时间=timedelta(days=1234, hours=10)))
    assert "1234 days, 10:00:00" in [cell.value for cell in left_of(browser, found).active[3]]


@pytest.mark.parametrize("name", ["hotline_mapping", "hotline_import", "hotline_errors"])
def test_a_lost_key_is_told(browser, desk, settings, name):
    found = settled(desk, line(所属社区="幸福社区"))
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    answer = page(browser, found, name)
    told = content(answer) if name == "hotline_errors" else text(answer)
    assert answer.status_code == 200
    assert "密钥" in told
    if name == "hotline_errors":
        assert "HH0001" in told


def test_a_cancelled_sheet_says_so(browser, desk):
    found = settled(desk, line())
    send(browser, found, "hotline_cancel")
    assert "已取消" in text(page(browser, found))
    assert not HotlineRow.objects.exists()


def test_the_case_tells_of_its_order(browser, desk, cast, as_):
    bring_in(desk, line(办理时限="2小时"))
    detail = reverse("event_detail", args=[Event.objects.get().number])
    shown = text(browser.get(detail))
    for words in ("12345 热线工单", "HH0001", "2小时", "热线时限早于本系统时限", "由 12345 热线工单表导入", "张伟"):
        assert words in shown, words
    assert PHONE not in shown
    assert "诉求人通过热线反映" in text(as_(cast.chief).get(detail))
    assert "138****5678" in text(as_(cast.chief).get(detail))


@pytest.mark.parametrize("outcome", ["ready", "open", "known"])
def test_the_page_of_a_sheet_asks_the_same_however_long(browser, desk, django_assert_max_num_queries, outcome):
    bring_in(desk, *(line(f"KK{number}") for number in range(4)))
    lines = [line(f"HH{number}") for number in range(30)] + [line(f"KK{number}") for number in range(4)]
    lines += [line(f"OO{number}", 诉求类别=f"类{number}", 所属社区=f"社区{number}") for number in range(12)]
    found = settled(desk, *lines)
    with django_assert_max_num_queries(17):
        assert page(browser, found, outcome=outcome).status_code == 200


def test_the_list_of_sheets_asks_the_same_however_long(browser, desk, django_assert_max_num_queries):
    for number in range(5):
        upload(desk, line(f"HH{number}"))
    with django_assert_max_num_queries(6):
        assert browser.get(reverse("hotline_list")).status_code == 200
