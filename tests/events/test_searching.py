"""What words find among cases, and that nobody finds what they may not see."""

import unicodedata

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from events import paging
from events.models import Event
from events.paging import Found, by_index
from events.searching import plain, read_search, spans
from grids.models import Role
from grids.services import end_post, rename_grid
from tests.cast import make_cast
from tests.factories import make_category, make_event, make_grid, make_post, make_service_levels, make_user, take

pytestmark = pytest.mark.django_db


def titles(words: str) -> set[str]:
    return set(Event.objects.search(words).values_list("title", flat=True))


@pytest.fixture
def three(cast):
    at_home = make_event(
        cast.worker, cast.tree.unit, title="暴露垃圾，无人清", description="3楼ＳＯＨＯ烟酒店旁，A12345"
    )
    make_event(cast.worker, cast.tree.second_building, title="单元门坏", address="12单元门口", description="圾垃颠倒")
    make_event(cast.neighbour, cast.tree.other_building, title="路灯不亮")
    return at_home


# Words


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("垃圾", {"暴露垃圾，无人清"}),
        ("垃", {"暴露垃圾，无人清", "单元门坏"}),
        ("清", {"暴露垃圾，无人清"}),
        ("垃圾无人", set()),
        ("垃圾，无人", {"暴露垃圾，无人清"}),
        ("垃圾 无人", {"暴露垃圾，无人清"}),
        ("垃圾 路灯", set()),
        ("soho", {"暴露垃圾，无人清"}),
        ("SoHo烟酒", {"暴露垃圾，无人清"}),
        ("soh", {"暴露垃圾，无人清"}),
        ("oho", set()),
        ("soh烟酒", set()),
        ("３楼", {"暴露垃圾，无人清"}),
        ("a12345", {"暴露垃圾，无人清"}),
        ("12345", {"暴露垃圾，无人清"}),
        ("2单元", set()),
        ("12单元", {"单元门坏"}),
        ("1单元", {"暴露垃圾，无人清"}),
        ("2号楼 单元", {"单元门坏"}),
        ("学苑社区 1号楼", {"路灯不亮"}),
        ("", set()),
        ("，。！", set()),
        ("😀", set()),
        ("垃圾 😀", {"暴露垃圾，无人清"}),
        ("垃圾\0", set()),
    ],
)
def test_words_find_text_as_people_read_it(three, words, found):
    assert titles(words) == found


def test_a_number_is_found_by_its_beginning_its_end_and_as_a_whole(three):
    number = three.number
    for words in (number, number[:12], number.replace("-", ""), number[-6:], number[-3:], f" {number} "):
        assert three in Event.objects.search(words), words
    assert three not in Event.objects.search(number[9:13] + "x")


# Places and people


def test_a_place_is_found_by_the_name_that_it_has_now(cast, three):
    assert titles("人民路") == titles("人民路街道") == {"暴露垃圾，无人清", "单元门坏", "路灯不亮"}
    assert titles("人民") == set()
    rename_grid(actor=None, grid=cast.tree.community, name="幸福社区")
    assert titles("幸福") == {"暴露垃圾，无人清", "单元门坏"}


def test_a_person_is_found_by_their_grid_and_by_what_they_filed_or_handle(cast, three):
    assert titles("王建国") == {"暴露垃圾，无人清"}
    assert titles("孙丽") == {"路灯不亮"}
    event = make_event(cast.worker, cast.tree.second_building, title="车位纠纷")
    take(event, "accept", "assign", handler=cast.police)
    assert "车位纠纷" not in titles("王建国")
    assert "车位纠纷" in titles("赵刚") & titles("乌兰")
    assert titles("王建") == set()


def test_the_patch_of_an_official_is_no_answer(cast, three):
    assert titles("陈静") == set()
    make_event(cast.city, cast.tree.community, title="市里交办")
    assert titles("陈静") == {"市里交办"}


def test_two_people_of_one_name_are_both_found(cast, three):
    make_post(make_user("王建国"), cast.tree.other_building, Role.CHIEF)
    assert titles("王建国") == {"暴露垃圾，无人清", "路灯不亮"}
    assert titles("王建国 路灯") == {"路灯不亮"}


def test_who_left_the_post_stands_for_the_grid_no_more(cast, three):
    end_post(actor=None, post=cast.chief.posts.get())
    assert titles("王建国") == set()


# Who may see


@pytest.fixture
def clue(cast):
    """Seen by the worker who reported it, the chief whose desk holds it and the police."""
    category = make_category("线索举报", is_confidential=True)
    return make_event(cast.worker, cast.tree.unit, category=category, title="疑似聚赌", description="夜里很吵")


@pytest.mark.parametrize("words", ["聚赌", "夜里", "健康社区", "王建国", "乌兰", "number"])
def test_a_clue_report_is_found_by_nobody_else(cast, clue, words):
    words = clue.number if words == "number" else words
    finders = {
        name
        for name in ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "admin")
        if clue in Event.objects.visible_to(getattr(cast, name)).search(words)
    }
    assert finders == {"worker", "chief", "police"}


# Pages of what was found


def found(user, words: str) -> Found:
    events = Event.objects.visible_to(user).order_by(F("filed_at").desc(), F("pk").desc())
    return Found(events, read_search(words))


@pytest.fixture
def many(cast):
    for number in range(12):
        title = f"垃圾{number}" if number % 3 else "路灯"
        make_event(cast.worker, cast.tree.building, title=title)
    return Event.objects.visible_to(cast.worker).order_by(F("filed_at").desc(), F("pk").desc())


@pytest.mark.parametrize("near", [1, 2, 5, 11, 12, 13, 5000])
@pytest.mark.parametrize("most", [3, 1000])
def test_near_or_far_the_same_is_found_in_the_same_order(cast, many, near, most, monkeypatch):
    monkeypatch.setattr(paging, "NEAR", near)
    monkeypatch.setattr(paging, "MANY", most)
    right = [event for event in many if "垃圾" in event.title][: most + 1]
    for start, stop in ((0, 3), (3, 6), (6, 20)):
        assert found(cast.worker, "垃圾")[start:stop] == right[start:stop]
    assert found(cast.worker, "垃圾").capped(most + 1) == len(right)


def test_by_due_time_the_same_holds(cast, many, monkeypatch):
    monkeypatch.setattr(paging, "NEAR", 2)
    events = Event.objects.all().order_by(F("due_at").asc(), F("pk").asc())
    assert Found(events, read_search("垃圾"))[0:20] == list(events.filter(title__startswith="垃圾"))


def test_what_was_found_is_asked_for_in_few_queries(cast, many, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        assert len(found(cast.worker, "垃圾")[0:3]) == 3
    with django_assert_max_num_queries(3):
        read_search("王建国 健康 孙丽 学苑 垃圾 路灯 不亮")


@pytest.mark.postgres
def test_rare_words_are_found_by_the_index(cast, many):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        newest = Event.objects.order_by(F("filed_at").desc(), F("pk").desc())
        plan = by_index(newest, read_search("垃圾3")).explain()
    assert "event_words" in plan


# Marks


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("暴露垃圾，垃圾", "垃圾", "暴露[垃圾]，[垃圾]"),
        ("在２１号楼1号楼", "1号楼", "在２１号楼[1号楼]"),
        ("去SOHO现代城", "soho现", "去[SOHO现]代城"),
        ("哈哈哈哈", "哈哈", "[哈哈哈哈]"),
        ("楼道灯", "楼道 道灯", "[楼道灯]"),
        ("垃圾 无人", "垃圾，无", "[垃圾 无]人"),
        ("㎡垃圾", "垃圾", "㎡[垃圾]"),
        ("㎡", "m", "[㎡]"),
    ],
)
def test_what_was_found_is_marked_where_it_stands(db, text, words, shown):
    for start, end in reversed(spans(text, read_search(words))):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    assert text == shown


# Against a slow, obvious reference

ALPHABET = "垃圾楼道灯一二3号１２0aBＣz ，。-（）\n😀ᠮᠣáЖ㎡"
TEXTS = st.text(alphabet=ALPHABET, max_size=12)
WORDS = st.text(alphabet=ALPHABET, min_size=1, max_size=5)
ANYTHING = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def kind(character: str) -> str:
    if character.isascii():
        return "digit" if character.isdigit() else "latin" if character.isalpha() else "sign"
    return "letter" if unicodedata.category(character)[0] in "LNM" else "sign"


def runs(text: str) -> list[str]:
    """Runs of one kind, in small letters; None for what separates them."""
    text = "".join(c.lower() if c.isascii() else c for c in unicodedata.normalize("NFKC", text))
    cut: list[list] = []
    for character in text:
        if cut and cut[-1][0] == kind(character):
            cut[-1][1] += character
        else:
            cut.append([kind(character), character])
    return [run for run_kind, run in cut if run_kind != "sign"]


def fits(event: Event, word: str) -> bool:
    """Read as a person would: run by run, the first may begin in the middle if it is no number and no Latin word."""
    wanted = runs(word)
    have = runs(" ".join([event.title, event.description, event.address, event.place_name]))
    for start in range(len(have) - len(wanted) + 1):
        here = have[start : start + len(wanted)]
        if len(wanted) == 1:
            inside = here[0].startswith(wanted[0]) if kind(wanted[0][0]) != "letter" else wanted[0] in here[0]
            if inside:
                return True
            continue
        first = here[0] == wanted[0] or (kind(wanted[0][0]) == "letter" and here[0].endswith(wanted[0]))
        if first and here[1:-1] == wanted[1:-1] and here[-1].startswith(wanted[-1]):
            return True
    return False


class AnyText(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_service_levels()
        cls.cast = make_cast()
        cls.event = make_event(cls.cast.worker, cls.cast.tree.unit)

    @settings(max_examples=150)
    @given(title=TEXTS, description=TEXTS, word=WORDS)
    def test_is_found_exactly_where_the_reference_reads_it(self, title, description, word):
        Event.objects.filter(pk=self.event.pk).update(title=title, description=description, number="x")
        self.event.refresh_from_db()
        wanted = [one for one in word.split() if runs(one)]
        right = bool(wanted) and all(fits(self.event, one) for one in wanted)
        assert Event.objects.search(word).exists() == right
        unindexed = Event.objects.filter(read_search(word).condition(is_indexed=False))
        assert unindexed.exists() == right

    @settings(max_examples=150)
    @given(text=ANYTHING)
    def test_is_read_alike_by_the_database_and_by_us(self, text):
        with connection.cursor() as cursor:
            cursor.execute("SELECT saihan_plain(%s, '', '', '')", [text])
            assert cursor.fetchone()[0] == plain(text, "", "", "")

    @given(text=ANYTHING, words=ANYTHING)
    def test_is_marked_without_losing_a_character(self, text, words):
        marked = spans(text, read_search(words))
        assert all(0 <= start < end <= len(text) for start, end in marked)
        assert marked == sorted(marked)

    @given(words=ANYTHING)
    def test_breaks_no_search(self, words):
        list(Event.objects.search(words))


def test_a_place_with_no_initials_breaks_nothing(cast):
    make_grid("150105001003", "、、社区")
    assert titles("、、") == set()
