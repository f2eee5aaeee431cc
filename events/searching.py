"""What words in the box mean, and how the database finds them; all that only PostgreSQL can do for it is in this file.

PostgreSQL keeps the text of each event twice: `words`, a generated column that `saihan_plain` makes of what was
written, and the pairs of neighbouring characters in it, `saihan_pairs`, in a GIN index. The pairs find the rows that
may fit, also for words of two characters, and the column tells which do. No path of writing can forget either. pg_trgm
would need three characters, pg_bigm is no part of PostgreSQL, and tsearch knows no Chinese. Elsewhere the same text is
worked out row by row. Migration 0016 makes column, functions and index.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from django.db.models import BooleanField, Func, Q, TextField, Value
from django.db.models.functions import Reverse, StrIndex
from django.db.models.lookups import GreaterThan, StartsWith
from django.utils.translation import gettext_lazy as _

from grids.access import within
from grids.models import Grid, Level, Post, User
from grids.models.grid import initials_of

SEARCH_HELP = _(
    "Words that must all fit: of the text, two characters are enough; beginning or end of the number; a place; a person"
)
SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
# Latin letters and digits, other alphabets, Mongolian, kana, Chinese characters, Hangul; all else are signs.
LETTERS = (
    "0-9a-z\u00c0-\u167f\u1810-\u1fff\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
SIGNS = re.compile(f"[^{LETTERS}]+")
RUNS = re.compile("[0-9]+|[a-z]+")
SPACES = re.compile(" +")
# Of an event's number: its beginning, or at least three digits of its end.
BEGINNING = re.compile("[0-9]{4,8}|[0-9]{8}-[0-9]{0,6}")
END = re.compile("[0-9]{3,6}")
RUN_TOGETHER = re.compile("([0-9]{8})([0-9]{1,6})")
# What may follow the word in the name of a place: 健康 is 健康社区, and 人民 is not 人民路街道.
KINDS_OF_PLACE = re.compile(
    "(旗|县|区|市|街道|镇|乡|苏木|社区|小区|村|嘎查|办事处|居委会|村委会|居民委员会|村民委员会|委员会)*"
)
SHORTEST_NAME = 2


def plain(*written: str) -> str:
    """Text as it is searched: small letters, signs as spaces, and a space around numbers and Latin words.

    So 1号楼 is not found in 21号楼, and ２号楼 is the same as 2号楼. `saihan_plain` does this in PostgreSQL.
    """
    text = unicodedata.normalize("NFKC", f" {' '.join(written)} ").translate(SMALL)
    return SPACES.sub(" ", RUNS.sub(r" \g<0> ", SIGNS.sub(" ", text)))


@dataclass(frozen=True)
class Word:
    """A word of a search as it was typed, and what must stand in the plain text of an event."""

    written: str

    @property
    def pattern(self) -> str:
        """Chinese may stand inside of other text; a number or a Latin word is begun, with the space before it."""
        text = plain(self.written).strip()
        return f" {text}" if RUNS.match(text) else text

    @property
    def number(self) -> str:
        return RUN_TOGETHER.sub(r"\1-\2", unicodedata.normalize("NFKC", self.written))

    def is_name(self) -> bool:
        """Whether somebody or some place may be called so."""
        return len(self.written) >= SHORTEST_NAME and not RUNS.search(self.pattern) and bool(initials_of(self.written))

    def condition(self, called: "Called", is_indexed: bool) -> Q:
        """The events that fit; with `is_indexed` the index of PostgreSQL is asked first."""
        found = Q(GreaterThan(StrIndex(Words(), Value(self.pattern)), 0))
        if is_indexed:
            found &= Q(HasPairs(pairs_of(self.pattern)))
        if BEGINNING.fullmatch(self.number):
            found |= Q(number__startswith=self.number)
        if END.fullmatch(self.number):
            found |= Q(StartsWith(Reverse("number"), self.number[::-1]))
        return found | called.condition()

    def begins(self, number: str) -> bool:
        return bool(BEGINNING.fullmatch(self.number)) and number.startswith(self.number)

    def ends(self, number: str) -> bool:
        return bool(END.fullmatch(self.number)) and number.endswith(self.number)


@dataclass
class Called:
    """Who and what a word names: people, the posts of those who work in a community, and places above buildings.

    A dispatcher who types a person's name wants what happens on that person's patch, and what they handle or filed. An
    official's patch is a whole street or city, which would be no answer: of them, only what they handle or filed.
    """

    people: list[User] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    places: list[Grid] = field(default_factory=list)

    def condition(self) -> Q:
        if not self.people and not self.places:
            return Q()
        grids = [*self.places, *(post.grid for post in self.posts)]
        inside = within([(grid.lft, grid.rght) for grid in grids]) if grids else Q()
        return inside | (Q(handler__in=self.people) | Q(reporter__in=self.people) if self.people else Q())


@dataclass(frozen=True)
class Search:
    """Words, of which each must fit, and who or what each names; without any word nothing fits."""

    words: dict[Word, Called]

    def condition(self, *, is_indexed: bool = True) -> Q:
        found = Q() if self.words else Q(pk__in=[])
        for word, called in self.words.items():
            found &= word.condition(called, is_indexed)
        return found


def read_search(text: str) -> Search:
    """As `read_searches`, for one."""
    return read_searches([text])[text]


def read_searches(texts: Iterable[str]) -> dict[str, Search]:
    """The searches that were typed, with three queries at most for all of them."""
    # PostgreSQL takes no text with NUL, and none is stored.
    typed = {text: [] if "\0" in text else [Word(written) for written in text.split()] for text in texts}
    words = {word: Called() for line in typed.values() for word in line if word.pattern}
    names = {word.written: called for word, called in words.items() if word.is_name()}
    if names:
        _find_people(names)
        _find_places(names)
    return {text: Search({word: words[word] for word in line if word in words}) for text, line in typed.items()}


def _find_people(names: dict[str, Called]) -> None:
    people = {}
    for person in User.objects.filter(name__in=names).order_by("pk"):
        names[person.name].people.append(person)
        people[person.pk] = names[person.name]
    if people:
        posts = Post.objects.active().filter(user__in=people, grid__level__gte=Level.COMMUNITY)
        for post in posts.select_related("grid", "user").order_by("position", "pk"):
            people[post.user_id].posts.append(post)


def _find_places(names: dict[str, Called]) -> None:
    """The grids above buildings that are called so; by their initials, which have an index."""
    begun = Q(pk__in=[])
    for name in names:
        begun |= Q(initials__startswith=initials_of(name), name__startswith=name)
    for place in Grid.objects.filter(begun, level__lte=Level.COMMUNITY).order_by("lft"):
        for name, called in names.items():
            if place.name.startswith(name) and KINDS_OF_PLACE.fullmatch(place.name, len(name)):
                called.places.append(place)


def spans(text: str, search: Search) -> list[tuple[int, int]]:
    """Where the words stand in a text as it was written, in order, none inside of another."""
    characters, places = _unfolded(text)
    if characters != plain(text):  # marks that join to the letter before; to find them is enough
        return []
    found = []
    for word in search.words:
        start = characters.find(word.pattern)
        while start >= 0:
            within_text = [place for place in places[start : start + len(word.pattern)] if place >= 0]
            found.append((within_text[0], within_text[-1] + 1))
            start = characters.find(word.pattern, start + 1)
    return _merged(found)


def _unfolded(text: str) -> tuple[str, list[int]]:
    """The plain text, and for each of its characters the place in what was written, -1 for spaces."""
    characters, places = [" "], [-1]
    for place, written in enumerate(text):
        for character in unicodedata.normalize("NFKC", written).translate(SMALL):
            if SIGNS.match(character):
                character = " "
            if _kind(character) != _kind(characters[-1]) and " " not in (character, characters[-1]):
                characters.append(" ")
                places.append(-1)
            if (character, characters[-1]) != (" ", " "):
                characters.append(character)
                places.append(-1 if character == " " else place)
    if characters[-1] != " ":
        characters.append(" ")
        places.append(-1)
    return "".join(characters), places


def _kind(character: str) -> str:
    return "digit" if character in "0123456789" else "latin" if "a" <= character <= "z" else ""


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def pairs_of(pattern: str) -> str:
    """The tsquery of the pairs in a pattern, as `saihan_pairs` cuts them; a single character begins some pair."""
    characters = pattern.replace(" ", "")
    if len(characters) == 1:
        return f"'{characters}':*"
    pairs = dict.fromkeys(map("".join, pairwise(characters)))
    return " & ".join(f"'{pair}'" for pair in pairs)


class Words(Func):
    """The plain text of an event."""

    function = "saihan_plain"
    output_field = TextField()

    def __init__(self):
        super().__init__("title", "description", "address", "place_name")

    def as_postgresql(self, compiler, connection, **context):
        table = compiler.quote_name_unless_alias(self.source_expressions[0].alias)
        return f'{table}."words"', []


class HasPairs(Func):
    """Whether the pairs of the index fit a tsquery; on a database without that index no row is ruled out."""

    output_field = BooleanField()

    def __init__(self, query: str):
        super().__init__(Words(), Value(query))

    def as_sql(self, compiler, connection, **context):
        return "(1 = 1)", []

    def as_postgresql(self, compiler, connection):
        return super().as_sql(
            compiler, connection, template="(saihan_pairs(%(expressions)s::tsquery)", arg_joiner=") @@ "
        )


class Unindexed(Func):
    """A time to sort by after the rows were found: PostgreSQL must not walk down its index in search of a rare word."""

    template = "%(expressions)s"

    def as_postgresql(self, compiler, connection):
        return self.as_sql(compiler, connection, template="(%(expressions)s + interval '0')")


def compute_words(connection, **signal) -> None:
    """Give a new connection to SQLite the function that PostgreSQL has from the migration."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("saihan_plain", 4, plain, deterministic=True)
