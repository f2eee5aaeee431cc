"""Photos in forms of the branches: a browser forgets chosen files, so what is good is kept when a form is refused."""

import base64
from contextlib import suppress

from django import forms
from django.core.exceptions import ValidationError

from branches import services
from branches.models import Picture
from grids.models import User
from grids.pictures import ACCEPT, CONTENT_TYPE


class PhotosInput(forms.FileInput):
    """Inputs of one name for files, and beside them the keys of what was kept; drawn by `branches/_photos.html`."""

    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name: str) -> tuple[list, list[str]]:
        return _all(files, name), _all(data, f"{name}_kept")


def _all(source, name: str) -> list:
    return source.getlist(name) if hasattr(source, "getlist") else source.get(name, [])


class PhotosField(forms.Field):
    """At most so many photos, none of them needed; a form sets `uploader` and hands the pictures to a service."""

    widget = PhotosInput
    accept = ACCEPT

    def __init__(self, *, most: int, **options):
        super().__init__(required=False, **options)
        self.most = most
        self.uploader: User | None = None
        self.kept: list[Picture] = []

    def clean(self, value: tuple[list, list[str]]) -> list[Picture]:
        files, keys = value
        self.kept, problems = services.receive_photos(files=files, keys=keys, uploader=self.uploader, most=self.most)
        if problems:
            raise ValidationError(problems)
        return self.kept

    def shown(self) -> list[dict]:
        """What was kept, by the value that brings it back, with the picture itself: it has no address yet."""
        return [{"name": each.name, "value": str(each.key), "picture": _picture(each)} for each in self.kept]


class PhotoField(PhotosField):
    """One photo; one that is chosen anew takes the place of the one before."""

    def __init__(self, **options):
        super().__init__(most=1, **options)

    def clean(self, value: tuple[list, list[str]]) -> Picture | None:
        files, keys = value
        pictures = super().clean((files, [] if files else keys))
        return pictures[0] if pictures else None


def _picture(picture: Picture) -> str:
    with suppress(FileNotFoundError), picture.thumbnail.open() as file:
        return f"data:{CONTENT_TYPE};base64,{base64.b64encode(file.read()).decode()}"
    return ""
