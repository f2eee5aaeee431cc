"""The people whom a sheet names: who is known, who is new, and who has a namesake."""

import re
from collections import Counter, defaultdict

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from grids.models import User
from grids.services import bulk
from grids.sheets.kinds import Column, Kind, Row, Run, field_problem

MOST_NAMESAKES = 100  # as many people of one spelling can get a username without another query
Person = tuple[str, str]  # name and username as the sheet gives them


def take_note(row: Row, run: Run) -> None:
    """Which usernames the sheet gives, and the names that have one: a later row may name somebody again."""
    name, username = row.given.get("name"), row.given.get("username")
    if name and username:
        run.notes.setdefault(("username", username), name)
        run.notes.setdefault(("named", name), row.number)


def check_person(row: Row, kind: Kind) -> None:
    """Say what is wrong with name, username and address in themselves."""
    for key in ("name", "username", "email"):
        if row.given.get(key) and (problem := field_problem(User, key, row.given[key])):
            row.wrong(kind[key], problem)


def create_people(rows: list[Row], run: Run) -> dict[str, User]:
    """The people of the rows by username; those who are new are entered, with the first email that a row gives."""
    usernames = {row.values["username"] for row in rows}
    known = {user.username: user for user in User.objects.filter(username__in=usernames)}
    emails = {row.values["username"]: row.given.get("email") or "" for row in reversed(rows)}
    new = {row.values["username"]: row.values["name"] for row in rows if row.values["username"] not in known}
    created = bulk.create_people(
        people=[{"username": one, "name": name, "email": emails[one]} for one, name in new.items()]
    )
    ours = run.notes.setdefault("created", {})
    ours |= {username: user.pk for username, user in created.items()}
    for (name, username), user in run.notes.get("people", {}).items():
        if user.pk is None and user.username in ours:
            run.notes["people"][name, username] = created[user.username]
    for row in rows:
        row.created_user = ours.get(row.values["username"])
    return known | created


class People:
    """Who is known by username or name, for one chunk of rows; those who are new stay known through the whole run."""

    def __init__(self, rows: list[Row], run: Run, reachable: QuerySet[User], taken: str = "") -> None:
        """`reachable` are the people known already whom the sheet may name: it opens no way to others.

        `taken` is what a row is told that names somebody else by username.
        """
        self.run = run
        self.taken_text = taken or _("This username is taken. Write another one.")
        self.new: dict[Person, User] = run.notes.setdefault("people", {})
        usernames = {row.given.get("username") for row in rows} - {None, ""}
        self.by_username = {user.username: user for user in User.objects.filter(username__in=usernames)}
        ours = reachable.filter(username__in=usernames)
        self.reachable = set(ours.values_list("pk", flat=True))
        nameless = {row.given["name"] for row in rows if not row.given.get("username")}
        self.namesakes = self._namesakes(nameless)
        self.taken = self._taken([spell(name) for name in sorted(nameless - self.namesakes.keys())])

    def meant(self, row: Row, kind: Kind, there: list[User]) -> User | None:
        """Whom the row means, unsaved when new; None after saying what is wrong. A name alone is never guessed at.

        `there` are the people who are where the row says: a name alone means the one of them who has it.
        """
        name, username = row.given["name"], row.given.get("username") or ""
        if username:
            return self._by_username(row, kind["username"], name, username)
        if elsewhere := self.run.notes.get(("named", name)):
            row.wrong(
                kind["username"],
                _("Row %(number)d gives this name a username. Give one here too, the same for the same person.")
                % {"number": elsewhere},
            )
            return None
        holders = [user for user in there if user.name == name]
        if len(holders) == 1:
            return holders[0]
        if user := self.new.get((name, "")):
            return user
        if self.has_namesake(name):
            row.wrong(kind["username"], self.namesakes_text(name))
            return None
        return self.add(name, "", row)

    def _by_username(self, row: Row, column: Column, name: str, username: str) -> User | None:
        user = self.named(name, username, row)
        if not self.may_be_meant(user):
            row.wrong(column, self.taken_text)
            return None
        if user.name != name:
            row.wrong(column, _("The username belongs to %(name)s. Write another one.") % {"name": user.name})
            return None
        return user

    def named(self, name: str, username: str, row: Row) -> User:
        """Who has this username, by the database or an earlier row; somebody new otherwise."""
        if user := self.by_username.get(username):
            return user
        first = self.run.notes[("username", username)]
        return self.new.get((first, username)) or self.add(first, username, row)

    def may_be_meant(self, user: User) -> bool:
        """New, entered by this very sheet, or one whom it may name."""
        created = self.run.notes.get("created", {}).values()
        return user.pk is None or user.pk in self.reachable or user.pk in created

    def add(self, name: str, username: str, row: Row) -> User:
        user = User(name=name, username=username or self._free(spell(name)))
        self.new[name, username] = user
        self.taken.add(user.username)
        self.run.notes["usernames"].add(user.username)
        return user

    def has_namesake(self, name: str) -> bool:
        return name in self.namesakes

    def namesakes_text(self, name: str) -> str:
        known = [user.username for user in self.namesakes[name] if self._is_ours(user)]
        text = _("There is somebody of this name already. Give the username: theirs, or a new one for somebody else.")
        return text + (_("Known here: %(usernames)s.") % {"usernames": "、".join(known)} if known else "")

    def _is_ours(self, user: User) -> bool:
        """Usernames are only told of people in one's own area."""
        return any(self.run.is_inside(post.position) for post in user.posts.all() if post.ended_at is None)

    def _namesakes(self, names: set[str]) -> dict[str, list[User]]:
        ours = set(self.run.notes.get("created", {}).values())  # those whom this very sheet has entered a moment ago
        found: dict[str, list[User]] = defaultdict(list)
        for user in User.objects.filter(name__in=names).prefetch_related("posts").order_by("username"):
            if user.pk not in ours:
                found[user.name].append(user)
        return dict(found)

    def _taken(self, spelled: list[str]) -> set[str]:
        """Those of the stems that are usernames, in the database or the sheet, and what follows them there."""
        stems, several = set(spelled), {stem for stem, count in Counter(spelled).items() if count > 1}
        ours = self.run.notes.setdefault("usernames", set())
        given = {stem for stem in stems if ("username", stem) in self.run.notes}
        taken = ours | given | self._there(stems)
        return taken | self._there(
            {f"{stem}{number}" for stem in stems & taken | several for number in range(2, MOST_NAMESAKES)}
        )

    def _there(self, usernames: set[str]) -> set[str]:
        found = User.objects.filter(username__in=usernames).values_list("username", flat=True) if usernames else ()
        return set(found)

    def _free(self, stem: str) -> str:
        number = 1
        while True:
            username = f"{stem}{number if number > 1 else ''}"
            if username not in self.taken and ("username", username) not in self.run.notes:
                return username
            number += 1


def spell(name: str) -> str:
    """王建国 is wangjianguo; a name without any letter or digit is renyuan."""
    from pypinyin import lazy_pinyin  # as in `initials_of`: its dictionaries are large

    return re.sub(r"[^a-z0-9]", "", "".join(lazy_pinyin(name)).lower())[:100] or "renyuan"
