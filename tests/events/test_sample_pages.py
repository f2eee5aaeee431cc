"""The pages of samples and second looks: who gets at them, what they offer, and what they cost."""

import io
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from openpyxl import load_workbook
from rest_framework.test import APIClient

from events.models import Event, QuickClosing, Sample
from events.rechecks import sampling
from events.services import act, draw_sample, list_quick_closings, look_again, recheck
from events.workflow import Status
from grids.models import Role
from grids.services import move_grid
from tests.events.conftest import MONDAY
from tests.events.test_sampling import NOVEMBER, closed, drawn
from tests.events.test_second_looks import MINUTE, NIGHT, closed_in
from tests.factories import make_category, make_post, make_user
from tests.pages import page

THEN = MONDAY - timedelta(days=364)  # a Monday that is over, whatever day it is today
PERIOD = {"period_from": "2025-11-01", "period_until": "2025-12-01"}
EVERYBODY = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")


@pytest.fixture
def sample(cast) -> Sample:
    """Three of four cases, the first found not to hold."""
    for number in range(4):
        closed(cast, title=f"楼道灯坏了{number}")
    sample = drawn(cast)
    recheck(item=sample.items.get(place=1), actor=cast.district, finding="fails", note="灯仍不亮")
    return sample


@pytest.fixture
def listed(cast) -> QuickClosing:
    closed_in(cast, MINUTE)
    list_quick_closings(at=NIGHT)
    return QuickClosing.objects.select_related("event__grid").get()


def addresses(sample: Sample, listed: QuickClosing) -> dict[str, str]:
    """Each page, by name, for the grid of the district."""
    return {
        "sample_list": reverse("sample_list"),
        "sample_draw": reverse("sample_draw"),
        "sample_detail": reverse("sample_detail", args=[sample.pk]),
        "sample_item": reverse("sample_item", args=[sample.pk, 1]),
        "sample_print": reverse("sample_print", args=[sample.pk]),
        "sample_export": reverse("sample_export", args=[sample.pk]),
        "sample_population": reverse("sample_population", args=[sample.pk, "txt"]),
        "second_look_list": reverse("second_look_list"),
        "second_look": reverse("second_look", args=[listed.pk]),
    }


def test_every_page_is_for_officials_and_chiefs_from_the_street_up(cast, as_, sample, listed):
    official = make_post(make_user("那仁", "official"), cast.tree.other_street, Role.OFFICIAL).user
    general = {"sample_list", "sample_draw", "second_look_list"}
    for name, address in addresses(sample, listed).items():
        got = {who: as_(getattr(cast, who)).get(address).status_code for who in EVERYBODY}
        refused = 403 if name in general else 404
        assert got == {who: 200 if who in ("district", "city", "admin") else refused for who in EVERYBODY}, name
        assert as_(official).get(address).status_code == (200 if name in general else 404), name


def test_a_sample_of_the_district_is_not_the_streets(cast, as_, sample):
    chief = make_post(make_user("其木格"), cast.tree.street, Role.CHIEF).user
    assert as_(chief).get(reverse("sample_detail", args=[sample.pk])).status_code == 404
    own = drawn(cast, actor=chief, grid=cast.tree.street)
    assert as_(chief).get(reverse("sample_detail", args=[own.pk])).status_code == 200


# Samples


def test_a_draw_in_the_browser_leads_to_its_page(cast, as_):
    closed(cast, at=THEN)
    browser, address = as_(cast.district), reverse("sample_draw")
    key = browser.get(address).context["form"].initial["idempotency_key"]
    sent = {"grid": cast.tree.street.code, "size": 5, "announced": "", "idempotency_key": key} | PERIOD
    answer = browser.post(address, sent)
    sample = Sample.objects.get()
    assert answer.url == browser.post(address, sent).url == reverse("sample_detail", args=[sample.pk])
    assert (sample.grid, sample.period_until, sample.ordinal) == (cast.tree.street, date(2025, 12, 1), 1)
    text = page(browser.get(answer.url))
    for words in (sample.seed, sample.population_digest, "SHA-256", "第 1 次抽取", f"check_samples {sample.pk}"):
        assert words in text, words


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"grid": "150105999"}, "grid"), ({"grid": "1501\0"}, "grid"), ({"size": "viele"}, "size"), ({"size": ""}, "size"),
     ({"period_from": "gestern"}, "period_from"), ({"period_until": "2025-11-01"}, "period_until"),
     ({"period_until": "2099-01-01"}, "period_until"), ({"announced": "\u202e"}, "announced")],
)  # fmt: skip
def test_a_wrong_draw_is_said_at_the_field(cast, as_, wrong, field):
    closed(cast, at=THEN)
    sent = {"grid": cast.tree.street.code, "size": 5} | PERIOD | wrong
    answer = as_(cast.district).post(reverse("sample_draw"), sent)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not Sample.objects.exists()


def test_a_grid_elsewhere_is_no_grid(cast, as_):
    chief = make_post(make_user("其木格"), cast.tree.street, Role.CHIEF).user
    closed(cast, at=THEN)
    answer = as_(chief).post(reverse("sample_draw"), {"grid": cast.tree.district.code, "size": 5} | PERIOD)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["grid"]


@pytest.mark.parametrize(
    ("finding", "count"), [("", 3), ("waiting", 2), ("checked", 1), ("holds", 0), ("fails", 1), ("unclear", 0)]
)
def test_each_figure_opens_the_list_of_exactly_its_cases(cast, as_, sample, finding, count):
    answer = as_(cast.district).get(reverse("sample_detail", args=[sample.pk]), {"finding": finding})
    assert answer.context["page"].paginator.count == count == len(answer.context["items"])


def test_an_unknown_figure_shows_nothing(cast, as_, sample):
    answer = as_(cast.district).get(reverse("sample_detail", args=[sample.pk]), {"finding": "perhaps"})
    assert (answer.status_code, answer.context["items"]) == (400, [])


def test_a_recheck_is_recorded_in_the_browser(cast, as_, sample):
    address = reverse("sample_item", args=[sample.pk, 2])
    answer = as_(cast.district).post(address, {"finding": "holds", "note": ""})
    assert answer.status_code == 302
    assert sample.items.get(place=2).finding == "holds"


def test_after_a_recheck_comes_the_next_one_and_after_the_last_the_sample(cast, as_, sample):
    browser, said = as_(cast.district), {"finding": "holds", "note": ""}
    last = browser.post(reverse("sample_item", args=[sample.pk, 3]), said)
    assert last.url == reverse("sample_item", args=[sample.pk, 2])  # which was passed over
    assert browser.post(last.url, said).url == reverse("sample_detail", args=[sample.pk])


def test_what_one_closed_oneself_is_not_the_next_one(cast, as_, sample):
    own = sample.items.select_related("event__resolver").get(place=3).event.resolver
    make_post(own, cast.tree.district, Role.OFFICIAL)
    own = type(own).objects.get(pk=own.pk)
    assert as_(own).get(reverse("sample_item", args=[sample.pk, 1])).context["next"] is None


def test_a_recheck_without_what_was_seen_keeps_what_was_chosen(cast, as_, sample):
    answer = as_(cast.district).post(reverse("sample_item", args=[sample.pk, 2]), {"finding": "unclear", "note": " "})
    assert answer.status_code == 400
    assert 'value="unclear" checked' in page(answer)
    assert sample.items.get(place=2).finding == ""


def test_who_comes_second_reads_what_stands_and_keeps_the_text(cast, as_, sample):
    answer = as_(cast.city).post(reverse("sample_item", args=[sample.pk, 1]), {"finding": "holds", "note": "灯是亮的"})
    assert answer.status_code == 409
    text = page(answer)
    assert "刘洋" in text
    assert "灯是亮的" in text


def test_what_does_not_hold_is_reopened_in_place(cast, as_, sample):
    browser, item = as_(cast.district), sample.items.select_related("event").get(place=1)
    answer = browser.get(reverse("sample_item", args=[sample.pk, 1]))
    form = answer.context["reopen"]
    assert "灯仍不亮" in form["reason"].value()
    assert reverse("event_act", args=[item.event.number, "reopen"]) in page(answer)
    sent = {"reason": form["reason"].value(), "version": form["version"].value()}
    browser.post(reverse("event_act", args=[item.event.number, "reopen"]), sent)
    event = Event.objects.get(pk=item.event_id)
    assert event.status == Status.HANDLING
    assert "灯仍不亮" in event.steps.last().reason
    assert browser.get(reverse("sample_item", args=[sample.pk, 1])).context["reopen"] is None


def test_who_may_not_reopen_is_told_why(cast, as_, sample):
    """An administrator re-checks everywhere and is on no side of a case."""
    answer = as_(cast.admin).get(reverse("sample_item", args=[sample.pk, 1]))
    assert answer.context["reopen"] is None
    assert answer.context["why_not_reopened"] in page(answer)


def test_whose_own_case_it_was_finds_no_form(cast, as_, sample):
    item = sample.items.select_related("event__resolver").get(place=2)
    resolver = make_post(item.event.resolver, cast.tree.district, Role.OFFICIAL).user
    resolver = type(resolver).objects.get(pk=resolver.pk)
    address = reverse("sample_item", args=[sample.pk, 2])
    assert 'name="finding"' not in page(as_(resolver).get(address))
    assert as_(resolver).post(address, {"finding": "holds"}).status_code == 403


def test_a_second_draw_stands_next_to_the_first(cast, as_, sample):
    second = drawn(cast)
    text = page(as_(cast.district).get(reverse("sample_detail", args=[second.pk])))
    assert reverse("sample_detail", args=[sample.pk]) in text
    assert "第 2 次抽取" in text


def test_every_draw_says_which_others_overlap_it(cast, as_, sample):
    """Whoever tries shifted days until the lot suits leaves it on every page."""
    other = drawn(cast, period_from=date(2026, 10, 31))
    for pk, overlapping in ((sample.pk, other.pk), (other.pk, sample.pk)):
        said = f"第 1 次抽取；另有 1 次抽取与之重叠（编号 {overlapping}）"
        for name in ("sample_detail", "sample_print"):
            assert said in page(as_(cast.district).get(reverse(name, args=[pk]))), name
        rows = sheet(as_(cast.district).get(reverse("sample_export", args=[pk]))).iter_rows(values_only=True)
        assert said in [row[1] for row in rows]
        assert api(cast.district).get(f"/api/v1/samples/{pk}/").data["overlaps"] == [overlapping]
    assert [row["overlaps"] for row in api(cast.district).get("/api/v1/samples/").data["results"]] == [
        [sample.pk], [other.pk],
    ]  # fmt: skip


def test_of_a_case_that_lies_elsewhere_by_now_only_number_and_result_are_shown(cast, as_):
    closed_in(cast, MINUTE, title="楼道堆放自行车", description="二楼转角")
    sample = drawn(cast, grid=cast.tree.street)
    recheck(item=sample.items.get(), actor=cast.district, finding="fails", note="仍然堆着", at=NIGHT)
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    number, official = (
        sample.items.get().event.number,
        make_post(make_user("那仁"), cast.tree.street, Role.OFFICIAL).user,
    )
    pages = {
        name: page(as_(official).get(reverse(name, args=[sample.pk]))) for name in ("sample_detail", "sample_print")
    }
    pages["sheet"] = str(list(sheet(as_(official).get(reverse("sample_export", args=[sample.pk]))).values))
    pages["api"] = str(api(official).get(f"/api/v1/samples/{sample.pk}/items/").data)
    for name, text in pages.items():
        assert number in text, name
        assert "不属实" in text, name
        assert "楼道堆放自行车" not in text, name
        assert "仍然堆着" not in text, name
    for method in ("get", "post"):
        assert getattr(as_(official), method)(reverse("sample_item", args=[sample.pk, 1])).status_code == 404


# On paper and in sheets


def sheet(answer):
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active


def test_the_sheet_has_seed_results_and_lots(cast, as_, sample):
    found = list(sheet(as_(cast.city).get(reverse("sample_export", args=[sample.pk]))).iter_rows(values_only=True))
    head = {row[0]: row[1] for row in found if row[0] is not None}
    assert head["随机种子"] == sample.seed
    assert head["总体件数"] == 4
    first = next(row for row in found if row[0] == 1)
    assert first[1] == sample.items.get(place=1).event.number
    assert first[7:10] == ("不属实", "灯仍不亮", "刘洋")
    assert first[11] == sampling.lot(sample.seed, first[1])


def test_the_population_draws_the_same_again(cast, as_, sample):
    browser = as_(cast.district)
    text = b"".join(browser.get(reverse("sample_population", args=[sample.pk, "txt"])).streaming_content).decode()
    assert sampling.digest(text) == sample.population_digest
    numbers = list(sample.items.order_by("place").values_list("event__number", flat=True))
    assert sampling.draw(sample.seed, text.split(), sample.size) == numbers
    rows = sheet(browser.get(reverse("sample_population", args=[sample.pk, "xlsx"]))).iter_rows(values_only=True)
    lots = {row[0]: row for row in rows if row[0] in text.split()}
    assert len(lots) == 4
    assert [row[0] for row in sorted(lots.values(), key=lambda row: row[1])[:3]] == numbers
    assert browser.get(f"/samples/{sample.pk}/population.pdf").status_code == 404


def test_the_paper_has_all_of_it(cast, as_, sample):
    text = page(as_(cast.district).get(reverse("sample_print", args=[sample.pk])))
    for words in (sample.seed, sample.population_digest, "灯仍不亮", "不属实", "已结案事件抽查表"):
        assert words in text, words


# Second looks


def test_a_row_says_why_and_names_nobody(cast, as_, listed):
    text = page(as_(cast.district).get(reverse("second_look_list")))
    assert "1 分钟办结；不足 5 分钟的一律列入。" in text
    for person in (cast.worker, cast.chief, listed.event.resolver):
        assert person.name not in text
        assert person.name not in page(as_(cast.district).get(reverse("second_look", args=[listed.pk])))


@pytest.mark.parametrize(
    ("query", "count"),
    [({}, 1), ({"state": "waiting"}, 1), ({"state": "looked"}, 0), ({"state": "reopened"}, 0), ({"state": "all"}, 1),
     ({"since": "2026-11-23"}, 1), ({"since": "2026-11-24"}, 0), ({"until": "2026-11-23"}, 0),
     ({"until": "2026-11-24"}, 1), ({"grid": "150105001"}, 1), ({"grid": "150105002"}, 0)],
)  # fmt: skip
def test_filters_of_second_looks(cast, as_, listed, query, count):
    answer = as_(cast.district).get(reverse("second_look_list"), query)
    assert len(answer.context["closings"]) == count


@pytest.mark.parametrize("query", [{"state": "x"}, {"grid": "150106"}, {"since": "heute"}, {"until": "2026-13-01"}])
def test_a_filter_that_is_none_is_named_and_shows_nothing(cast, as_, listed, query):
    answer = as_(cast.district).get(reverse("second_look_list"), query)
    assert (answer.status_code, answer.context["closings"]) == (400, [])
    assert "field-error" in page(answer)


def test_looked_at_it_leaves_the_list(cast, as_, listed):
    browser, address = as_(cast.district), reverse("second_look", args=[listed.pk])
    assert browser.post(address, {"note": " "}).status_code == 400
    assert browser.post(address, {"note": "随手清理，已核实"}).url == reverse("second_look_list")
    assert browser.get(reverse("second_look_list")).context["closings"] == []
    text = page(browser.get(address))
    assert "随手清理，已核实" in text
    assert as_(cast.city).post(address, {"note": "也看过"}).status_code == 409


def test_a_fast_closing_is_reopened_in_place(cast, as_, listed):
    form = as_(cast.district).get(reverse("second_look", args=[listed.pk])).context["reopen"]
    assert form["reason"].value() == "办结过快复查：1 分钟办结；不足 5 分钟的一律列入。"
    act(event=listed.event, action="reopen", actor=cast.district, reason=form["reason"].value())
    answer = as_(cast.district).get(reverse("second_look_list"), {"state": "reopened"})
    assert [closing.event_id for closing in answer.context["closings"]] == [listed.event_id]


# Where one would look


def test_workbench_and_menu_lead_there_for_who_rechecks_alone(cast, as_, sample, listed):
    ways = [reverse("sample_list"), reverse("second_look_list")]
    for who in EVERYBODY:
        text = page(as_(getattr(cast, who)).get(reverse("workbench")))
        assert all((f'href="{way}"' in text) == (who in ("district", "city", "admin")) for way in ways), who


def test_the_case_tells_second_eyes_what_they_found(cast, as_, sample):
    event = sample.items.get(place=1).event
    address = reverse("event_detail", args=[event.number])
    assert "灯仍不亮" in page(as_(cast.city).get(address))
    for who in ("worker", "chief", "community", "street", "police"):
        assert "灯仍不亮" not in page(as_(getattr(cast, who)).get(address)), who


def test_a_clue_report_stands_nowhere(cast, as_):
    clue = closed_in(cast, MINUTE, category=make_category("线索举报", is_confidential=True), title="有人聚众赌博")
    plain = closed_in(cast, MINUTE)
    list_quick_closings(at=NIGHT)
    sample = drawn(cast, actor=cast.city, grid=cast.tree.city, size=10)
    listed = QuickClosing.objects.get()
    assert listed.event == plain
    for name, address in addresses(sample, listed).items():
        answer = as_(cast.city).get(address)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert clue.number.encode() not in text, name
        assert clue.title.encode() not in text, name


# The API


def api(person):
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_the_api_reads_samples_and_their_items(cast, sample):
    client = api(cast.district)
    (row,) = client.get("/api/v1/samples/").data["results"]
    assert (row["id"], row["grid"], row["seed"], row["drawn"], row["fails"]) == (
        sample.pk, cast.tree.district.code, sample.seed, 3, 1,
    )  # fmt: skip
    items = client.get(f"/api/v1/samples/{sample.pk}/items/", {"checked": "true"}).data["results"]
    assert [(item["place"], item["finding"], item["note"]) for item in items] == [(1, "fails", "灯仍不亮")]
    assert client.get(f"/api/v1/samples/{sample.pk}/population/").data["numbers"] == sample.numbers()
    assert client.get("/api/v1/samples/", {"grid": cast.tree.street.code}).data["results"] == []
    assert client.get("/api/v1/samples/", {"grid": "150106"}).status_code == 400
    assert client.post("/api/v1/samples/", {}).status_code == 405


def test_the_api_reads_second_looks_without_a_name(cast, listed):
    look_again(closing=listed, actor=cast.district, note="已核实")
    (row,) = api(cast.city).get("/api/v1/second-looks/", {"state": "looked"}).data["results"]
    assert (row["number"], row["handled_seconds"], row["median_seconds"]) == (listed.event.number, 60, None)
    assert (row["state"], row["note"]) == ("looked", "已核实")
    assert not {"looked_by", "looked_by_name", "resolver", "handler"} & row.keys()


def test_the_api_is_for_the_same_people(cast, sample, listed):
    for address in ("/api/v1/samples/", f"/api/v1/samples/{sample.pk}/", "/api/v1/second-looks/"):
        got = {who: api(getattr(cast, who)).get(address).status_code for who in EVERYBODY}
        assert got == {who: 200 if who in ("district", "city", "admin") else 403 for who in EVERYBODY}, address
    official = make_post(make_user("那仁"), cast.tree.other_street, Role.OFFICIAL).user
    assert api(official).get(f"/api/v1/samples/{sample.pk}/").status_code == 404
    assert api(official).get("/api/v1/second-looks/").data["results"] == []


# What it costs


@pytest.fixture
def many(cast) -> Sample:
    """Twenty-two cases, closed at once, all of them drawn."""
    for _case in range(22):
        closed_in(cast, MINUTE)
    list_quick_closings(at=NIGHT)
    return draw_sample(actor=cast.district, grid=cast.tree.district, size=22, at=NIGHT + timedelta(days=8), **NOVEMBER)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        # session, person, posts, unread; number of samples, samples
        ("sample_list", 6),
        # … sample, number, items, places, clocks, calendars, holders, mine, others
        ("sample_detail", 13),
        ("sample_item", 13),
        # … sample, items, places
        ("sample_print", 7),
        # … number, rows, places, clocks, calendars, holders, grids to choose, their places, rule
        ("second_look_list", 13),
        ("second_look", 10),
    ],
)
def test_pages_keep_their_queries(cast, as_, many, django_assert_max_num_queries, name, most):
    browser, address = as_(cast.district), addresses(many, QuickClosing.objects.first())[name]
    with django_assert_max_num_queries(most):
        assert browser.get(address).status_code == 200


def test_long_lists_have_pages(cast, as_, many):
    browser = as_(cast.district)
    for address in (reverse("sample_detail", args=[many.pk]), reverse("second_look_list")):
        assert [len(browser.get(address, {"page": number}).context["page"].object_list) for number in (1, 2)] == [20, 2]


def test_the_admin_shows_staff_no_more_than_they_recheck(cast, as_, sample, listed):
    """A right of Django admin alone opens nobody's area."""
    clerk = make_user("职员", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_sample", "view_quickclosing"]))
    for name, row in (("sample", sample), ("quickclosing", listed)):
        address = reverse(f"admin:events_{name}_change", args=[row.pk])
        assert as_(cast.admin).get(address).status_code == 200
        assert as_(clerk).get(address).status_code != 200
