"""What the hotline's categories mean here: as somebody said before, or where the very same name is one of ours."""

import re
from collections.abc import Iterable, Mapping

from events.models import Category
from grids.sheets import cells

CLUE = re.compile("举报|线索|涉黑|扫黑|涉恶|涉毒|涉赌|邪教")


class Words:
    """The categories in use, by what is remembered and by their own names."""

    def __init__(self, remembered: Mapping[str, Category], catch_all: Category) -> None:
        self.categories = list(Category.objects.filter(is_active=True))
        self.catch_all = catch_all
        self.remembered = remembered
        self.by_name: dict[str, Category | None] = {}
        for category in self.categories:
            for name in {cells.plain(text) for text in (category.minor, str(category), category.public_name) if text}:
                # Of a name that two of ours have, a person has to say which one is meant.
                self.by_name[name] = None if name in self.by_name else category

    def find(self, word: str) -> Category | None:
        """None where a person has to say; a row without a category is of the kind 其他诉求."""
        if not word:
            return self.catch_all
        return self.remembered.get(word) or self.by_name.get(cells.plain(word))

    def suggest(self, word: str) -> Category | None:
        """What a person will most likely say: one whose name is part of the word, or of which the word is a part.

        None where nothing is near: an answer that is filled in already is given without a look, and remembered. What
        sounds like a clue is offered as confidential: a slip should close a door rather than open one.
        """
        plain = cells.plain(word)
        if CLUE.search(plain) and (clues := [category for category in self.categories if category.is_confidential]):
            return clues[0]
        near = [
            category
            for category in self.categories
            if (minor := cells.plain(category.minor)) and (minor in plain or plain in minor)
        ]
        return max(near, key=lambda category: len(category.minor), default=None)


def named(text: str, categories: Iterable[Category]) -> Category | None:
    """The category that somebody typed or chose: by its whole name, or its minor where only one has it."""
    plain = cells.plain(text)
    found = [category for category in categories if plain in (cells.plain(str(category)), cells.plain(category.minor))]
    return found[0] if len(found) == 1 else None
